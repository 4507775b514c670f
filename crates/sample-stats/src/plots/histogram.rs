// SPDX-License-Identifier: GPL-2.0-or-later
//! Histograms of deltas: all of them by ratio, the common ones by width.

use std::ops::Range;

use super::{Histogram, Ranked};

/// Bins to each doubling. The edges are the same for every target, so that plots can be laid side by side.
const BINS_PER_OCTAVE: i32 = 8;
/// Bins of the common deltas, at most.
const CORE_BINS: u128 = 64;

/// All deltas, in bins of equal ratio. A delta of 0 has no place on a log axis and is counted as outside.
#[must_use]
pub fn by_ratio(ranked: &Ranked) -> Option<Histogram> {
    let zeros = ranked.sorted.partition_point(|delta| *delta == 0);
    let (low, high) = (*ranked.sorted.get(zeros)?, *ranked.sorted.last()?);
    Some(count(ranked, (bin(low)..=bin(high) + 1).map(edge_ticks).collect()))
}

/// From the lower edge of the first bin of [`by_ratio`] to the upper edge of the last, for deltas from `low` to `high`.
#[must_use]
pub fn span_ticks(low: u64, high: u64) -> Range<f64> {
    edge_ticks(bin(low.max(1)))..edge_ticks(bin(high.max(1)) + 1)
}

fn bin(ticks: u64) -> i32 {
    ((ticks as f64).log2() * f64::from(BINS_PER_OCTAVE)).floor() as i32
}

fn edge_ticks(edge: i32) -> f64 {
    (f64::from(edge) / f64::from(BINS_PER_OCTAVE)).exp2()
}

/// Deltas from the 1st to the 99th percentile, in bins of a whole number of steps.
#[must_use]
pub fn core(ranked: &Ranked) -> Option<Histogram> {
    if ranked.sorted.is_empty() {
        return None;
    }
    // 128 bits, because deltas of a clock that ran backwards reach up to 2^64.
    let step = u128::from(ranked.step_ticks);
    let (low, high) = (u128::from(ranked.quantile(0.01)), u128::from(ranked.quantile(0.99)));
    let width = ((high - low) / step + 1).div_ceil(CORE_BINS) * step;
    let bins = (high - low) / width + 1;
    let edges_ticks = (0..=bins).map(|bin| (low + bin * width) as f64).collect();
    Some(count(ranked, edges_ticks))
}

fn count(ranked: &Ranked, edges_ticks: Vec<f64>) -> Histogram {
    let below: Vec<usize> = edges_ticks
        .iter()
        .map(|edge| ranked.sorted.partition_point(|delta| (*delta as f64) < *edge))
        .collect();
    let counts: Vec<u64> = below.windows(2).map(|pair| (pair[1] - pair[0]) as u64).collect();
    let outside = ranked.sorted.len() as u64 - counts.iter().sum::<u64>();
    Histogram { edges_ticks, counts, outside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_delta_is_in_one_bin_or_outside() {
        let ranked = Ranked::new(&[0, 1, 2, 3, 4, 1000, 1_000_000, u64::MAX], 1);
        let all = by_ratio(&ranked).expect("there are deltas");
        assert_eq!(all.counts.iter().sum::<u64>() + all.outside, 8);
        assert_eq!(all.outside, 1, "only the delta of 0");
        let core = core(&ranked).expect("there are deltas");
        assert_eq!(core.counts.iter().sum::<u64>() + core.outside, 8);
    }

    #[test]
    fn core_bins_are_whole_steps_and_few() {
        let deltas: Vec<u64> = (0..10_000).map(|i| 500 + 26 * (i % 1000)).collect();
        let core = core(&Ranked::new(&deltas, 26)).expect("there are deltas");
        assert!(core.counts.len() <= 65);
        let width = core.edges_ticks[1] - core.edges_ticks[0];
        assert_eq!(width % 26.0, 0.0);
    }

    #[test]
    fn one_value_is_one_bin() {
        let core = core(&Ranked::new(&[42; 100], 42)).expect("there are deltas");
        assert_eq!(core.counts, [100]);
    }
}
