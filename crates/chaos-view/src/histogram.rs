// SPDX-License-Identifier: GPL-2.0-or-later
//! A text histogram of deltas: equal bins over the bulk of the samples, and one more for the tail, so that a rare
//! interrupt does not squeeze everything else into one bar.

use core::fmt::{self, Write};

/// Bars of the bulk.
pub const BINS: usize = 20;
/// Characters of the longest bar.
const BAR_CHARS: u64 = 48;
/// Logarithmic bins for finding the bulk: 8 per octave.
const FINE_BINS: usize = 64 * 8;

/// Summary of the samples, in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub samples: usize,
    pub min_ticks: u64,
    pub max_ticks: u64,
    /// Mean delta, rounded down.
    pub mean_ticks: u64,
    /// The exact greatest common divisor of all deltas shown. One odd delta lowers it below the counter's step.
    pub gcd_ticks: u64,
}

impl Summary {
    /// Summarises `deltas`; `None` if there are none.
    #[must_use]
    pub fn of(deltas: &[u64]) -> Option<Self> {
        let min_ticks = *deltas.iter().min()?;
        let max_ticks = *deltas.iter().max()?;
        let sum: u128 = deltas.iter().map(|delta| u128::from(*delta)).sum();
        let mean_ticks = u64::try_from(sum / deltas.len() as u128).unwrap_or(u64::MAX);
        let gcd_ticks = deltas.iter().fold(0, |gcd, delta| greatest_common_divisor(gcd, *delta));
        Some(Self { samples: deltas.len(), min_ticks, max_ticks, mean_ticks, gcd_ticks })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { samples, min_ticks, max_ticks, mean_ticks, gcd_ticks } = self;
        write!(
            f,
            "samples {samples}  ticks: min {min_ticks}  mean {mean_ticks}  max {max_ticks}  gcd {gcd_ticks}"
        )
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Histogram {
    /// Where the first bin begins.
    pub first_ticks: u64,
    /// Ticks per bin, a multiple of the greatest common divisor.
    pub bin_ticks: u64,
    pub counts: [u64; BINS],
    /// Samples beyond the last bin.
    pub above: u64,
}

impl Histogram {
    /// Counts `deltas`, whose summary is `summary`. The bins reach from the smallest delta to just beyond the 98th
    /// percentile.
    #[must_use]
    pub fn of(deltas: &[u64], summary: &Summary) -> Self {
        let first_ticks = summary.min_ticks;
        let end_ticks = bulk_end(deltas, first_ticks).min(summary.max_ticks).saturating_add(1);
        let step = summary.gcd_ticks.max(1);
        let wanted = (end_ticks - first_ticks).div_ceil(BINS as u64).max(1);
        let bin_ticks = wanted.checked_next_multiple_of(step).unwrap_or(wanted);
        let mut histogram = Self { first_ticks, bin_ticks, counts: [0; BINS], above: 0 };
        for delta in deltas {
            let bin = (delta - first_ticks) / bin_ticks;
            match usize::try_from(bin).ok().and_then(|bin| histogram.counts.get_mut(bin)) {
                Some(count) => *count += 1,
                None => histogram.above += 1,
            }
        }
        histogram
    }

    /// Draws the histogram, one line per bin up to the last one that has samples.
    ///
    /// # Errors
    /// Returns an error if `out` does.
    pub fn draw(&self, out: &mut dyn Write) -> fmt::Result {
        let most = self.counts.iter().copied().max().unwrap_or(0).max(self.above).max(1);
        let shown = self.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        for (index, count) in self.counts[..shown].iter().enumerate() {
            let from = self.first_ticks + index as u64 * self.bin_ticks;
            draw_bar(out, ' ', from, *count, most)?;
        }
        if self.above > 0 {
            draw_bar(out, '>', self.first_ticks + BINS as u64 * self.bin_ticks, self.above, most)?;
        }
        Ok(())
    }
}

fn draw_bar(out: &mut dyn Write, mark: char, from: u64, count: u64, most: u64) -> fmt::Result {
    write!(out, "{mark}{from:>10} {count:>9} ")?;
    // A bin that is not empty shows at least one mark.
    let chars = (count * BAR_CHARS).div_ceil(most);
    for _ in 0..chars {
        out.write_char('#')?;
    }
    out.write_char('\n')
}

/// A delta that about 98 % of the samples stay below, from logarithmic bins of the distance to the smallest.
fn bulk_end(deltas: &[u64], first_ticks: u64) -> u64 {
    let mut counts = [0_usize; FINE_BINS];
    for delta in deltas {
        counts[fine_bin(delta - first_ticks)] += 1;
    }
    let wanted = deltas.len() - deltas.len() / 50;
    let mut seen = 0;
    for (bin, count) in counts.iter().enumerate() {
        seen += count;
        if seen >= wanted {
            return first_ticks.saturating_add(fine_bin_end(bin));
        }
    }
    u64::MAX
}

/// Three bits below the leading one: bins of an eighth of an octave; distances below 16 have one each.
fn fine_bin(distance: u64) -> usize {
    if distance < 16 {
        return distance as usize;
    }
    let octave = distance.ilog2() as usize;
    octave * 8 - 16 + ((distance >> (octave - 3)) & 7) as usize
}

/// The largest distance in a bin.
fn fine_bin_end(bin: usize) -> u64 {
    if bin < 16 {
        return bin as u64;
    }
    let octave = (bin + 16) / 8;
    let eighth = ((bin + 16) % 8) as u64;
    let end = (u128::from(8 + eighth + 1) << (octave - 3)) - 1;
    u64::try_from(end).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(deltas: &[u64]) -> Histogram {
        Histogram::of(deltas, &Summary::of(deltas).unwrap())
    }

    #[test]
    fn fine_bins_cover_every_distance_once_and_in_order() {
        let mut last = 0;
        for distance in 0..100_000_u64 {
            let bin = fine_bin(distance);
            assert!(bin == last || bin == last + 1, "{distance}");
            assert!(distance <= fine_bin_end(bin));
            assert!(bin == 0 || distance > fine_bin_end(bin - 1), "{distance}");
            last = bin;
        }
        assert!(fine_bin(u64::MAX) < FINE_BINS);
        assert_eq!(fine_bin_end(fine_bin(u64::MAX)), u64::MAX);
    }

    #[test]
    fn the_summary_is_exact() {
        let summary = Summary::of(&[12, 30, 18, u64::MAX / 6 * 6]).unwrap();
        assert_eq!((summary.min_ticks, summary.gcd_ticks), (12, 6));
        assert_eq!(Summary::of(&[3, 4]).unwrap().mean_ticks, 3);
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn every_sample_is_in_one_bin_and_a_far_outlier_does_not_widen_them() {
        let mut deltas: Vec<u64> = (0..10_000).map(|index| 1000 + index % 40 * 2).collect();
        deltas.push(50_000_000);
        let histogram = histogram(&deltas);
        assert_eq!(histogram.counts.iter().sum::<u64>() + histogram.above, 10_001);
        assert_eq!(histogram.above, 1);
        assert!(histogram.bin_ticks <= 6 && histogram.bin_ticks.is_multiple_of(2), "{histogram:?}");
    }

    #[test]
    fn extreme_and_constant_deltas_are_drawn_too() {
        for deltas in [&[7; 100][..], &[0, u64::MAX], &[0], &[u64::MAX; 3]] {
            let mut text = String::new();
            let histogram = histogram(deltas);
            assert_eq!(histogram.counts.iter().sum::<u64>() + histogram.above, deltas.len() as u64);
            histogram.draw(&mut text).unwrap();
            assert!(text.contains('#'));
        }
    }

    #[test]
    fn a_single_sample_in_a_bin_is_visible_next_to_many() {
        let mut deltas = vec![100; 100_000];
        deltas.push(103);
        let mut text = String::new();
        histogram(&deltas).draw(&mut text).unwrap();
        let bars: Vec<usize> = text.lines().map(|line| line.matches('#').count()).collect();
        assert_eq!(bars.iter().max(), Some(&48));
        assert_eq!(bars.iter().filter(|chars| **chars == 1).count(), 1, "{text}");
    }
}
