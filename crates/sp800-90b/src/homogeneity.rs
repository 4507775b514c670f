// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether samples are distributed alike at every position of a period. A sampling loop that does other work at some
//! positions of a block, a window or a request leaves a mark there; an attacker who counts samples knows the position. It
//! is not a part of SP 800-90B.
//!
//! For each position of a period, a chi-square test compares how often the most frequent values occur there and
//! elsewhere. A position deviates if that is significant after Bonferroni's correction for all positions of all periods,
//! and if some value's share differs by [`EFFECT_FLOOR`] at least: with millions of samples, differences become significant
//! that help no attacker.

use std::collections::HashMap;

use crate::iid::chi_square_upper_tail;

/// The smallest difference between two shares that counts.
pub const EFFECT_FLOOR: f64 = 0.01;
/// The chance that independent samples without any mark fail, over all positions of all periods together. It is small
/// because samples of a busy machine are not independent; a mark that matters exceeds it by many orders of magnitude.
pub const FALSE_ALARMS: f64 = 1e-6;
/// Samples per position below which a period is not tested.
pub const SAMPLES_PER_POSITION: usize = 50;

/// Values that are counted one by one; all others count as one more.
const VALUES: usize = 7;
const CLASSES: usize = VALUES + 1;
/// The chi-square distribution holds for expected counts from here on; rarer classes are joined.
const LEAST_EXPECTED: f64 = 5.0;

/// A position whose samples are distributed in another way than the rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    pub period: usize,
    pub position: usize,
    /// Samples at that position.
    pub samples: usize,
    /// The value whose share differs most; `None` if it is that of all rarer values together.
    pub value: Option<u64>,
    /// Its share at that position, and in all samples.
    pub share: f64,
    pub share_overall: f64,
    /// Of the chi-square test, before the correction.
    pub p_value: f64,
}

/// What a test of several periods found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Homogeneity {
    /// Positions tested, over all periods.
    pub positions_tested: usize,
    /// Periods for which there were too few samples.
    pub periods_untested: Vec<usize>,
    /// Positions that deviate, the least probable first.
    pub deviations: Vec<Deviation>,
}

impl Homogeneity {
    /// Whether every period was tested and no position deviates.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.positions_tested > 0 && self.periods_untested.is_empty() && self.deviations.is_empty()
    }
}

/// Tests the samples' distribution by position, for each of the periods. The first sample is at position 0.
#[must_use]
pub fn by_position(samples: &[u64], periods: impl IntoIterator<Item = usize>) -> Homogeneity {
    let values = most_frequent(samples);
    let classes: Vec<u8> = samples
        .iter()
        .map(|sample| values.iter().position(|value| value == sample).unwrap_or(VALUES) as u8)
        .collect();
    let (tested, untested): (Vec<usize>, Vec<usize>) = periods
        .into_iter()
        .partition(|&period| period >= 2 && samples.len() / period >= SAMPLES_PER_POSITION);
    let positions_tested: usize = tested.iter().sum();
    let overall = counts(&classes, 1).first().copied().unwrap_or_default();
    let mut deviations = Vec::new();
    for period in tested {
        for (position, here) in counts(&classes, period).iter().enumerate() {
            let (p_value, class, share) = compare(here, &overall);
            let share_overall = f64::from(overall[class]) / samples.len() as f64;
            if p_value * (positions_tested as f64) < FALSE_ALARMS
                && (share - share_overall).abs() >= EFFECT_FLOOR
            {
                deviations.push(Deviation {
                    period,
                    position,
                    samples: here.iter().sum::<u32>() as usize,
                    value: values.get(class).copied(),
                    share,
                    share_overall,
                    p_value,
                });
            }
        }
    }
    deviations.sort_by(|one, other| one.p_value.total_cmp(&other.p_value));
    Homogeneity { positions_tested, periods_untested: untested, deviations }
}

fn most_frequent(samples: &[u64]) -> Vec<u64> {
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for sample in samples {
        *counts.entry(*sample).or_default() += 1;
    }
    let mut values: Vec<(u32, u64)> =
        counts.into_iter().map(|(value, count)| (count, value)).collect();
    values.sort_unstable_by(|one, other| other.cmp(one));
    values.into_iter().take(VALUES).map(|(_, value)| value).collect()
}

/// How often each class occurs at each position.
fn counts(classes: &[u8], period: usize) -> Vec<[u32; CLASSES]> {
    let mut counts = vec![[0; CLASSES]; period];
    for round in classes.chunks(period) {
        for (counts, &class) in counts.iter_mut().zip(round) {
            counts[usize::from(class)] += 1;
        }
    }
    counts
}

/// The chi-square test of one position against all others: the chance of such a difference, the class with the
/// largest one, and its share here.
fn compare(here: &[u32; CLASSES], overall: &[u32; CLASSES]) -> (f64, usize, f64) {
    let total = |counts: &[u32; CLASSES]| counts.iter().map(|&count| f64::from(count)).sum::<f64>();
    let (samples, all) = (total(here), total(overall));
    let shares = |class: usize| (f64::from(here[class]) / samples, f64::from(overall[class]) / all);
    let difference = |class: usize| (shares(class).0 - shares(class).1).abs();
    let largest = (0..CLASSES)
        .max_by(|&one, &other| difference(one).total_cmp(&difference(other)))
        .unwrap_or_default();
    let (mut score, mut cells) = (0.0, 0.0);
    let (mut rare_observed, mut rare_expected) = (0.0, 0.0);
    for (class, &count) in here.iter().enumerate() {
        let (observed, expected) = (f64::from(count), shares(class).1 * samples);
        if expected < LEAST_EXPECTED {
            rare_observed += observed;
            rare_expected += expected;
        } else {
            score += (observed - expected).powi(2) / expected;
            cells += 1.0;
        }
    }
    if rare_expected >= LEAST_EXPECTED {
        score += (rare_observed - rare_expected).powi(2) / rare_expected;
        cells += 1.0;
    }
    // The expected counts are those of all samples, this position's included.
    score /= 1.0 - samples / all;
    let p_value = if cells < 2.0 { 1.0 } else { chi_square_upper_tail(score, cells - 1.0) };
    (p_value, largest, shares(largest).0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marsaglia's xorshift64*: a uniform number below 1.
    struct Uniform(u64);

    impl Uniform {
        fn next(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    /// Samples whose most frequent value has a share by position, the other values sharing what is left.
    fn samples(count: usize, share: impl Fn(usize) -> f64) -> Vec<u64> {
        let mut uniform = Uniform(0x9E37_79B9_7F4A_7C15);
        (0..count)
            .map(|at| {
                if uniform.next() < share(at) {
                    1_014
                } else {
                    1_014 + 26 * (1 + (uniform.next() * 6.0) as u64)
                }
            })
            .collect()
    }

    /// The engine's first sampling loop as it was measured: at positions 505 and 506 of its health tests' window of 512,
    /// the most frequent value had a share of 0.57 and 0.56 where it has 0.38 (workload pause), 0.67 and 0.81 where it has
    /// 0.31 (memory).
    fn first_loop(usual: f64, marked: f64) -> Vec<u64> {
        samples(1_000_000, |at| if matches!(at % 512, 505 | 506) { marked } else { usual })
    }

    #[test]
    fn samples_without_a_mark_pass_every_period() {
        let found = by_position(&samples(400_000, |_| 0.38), 2..=4096);
        assert!(found.holds(), "{:?}", found.deviations);
        assert_eq!(found.positions_tested, (2..=4096).sum::<usize>());
    }

    #[test]
    fn the_first_loops_window_is_seen_at_its_positions() {
        for (usual, marked) in [(0.38, 0.565), (0.31, 0.67)] {
            let found = by_position(&first_loop(usual, marked), [256, 512, 1024]);
            let places: Vec<(usize, usize)> =
                found.deviations.iter().map(|it| (it.period, it.position)).collect();
            assert!(places.contains(&(512, 505)) && places.contains(&(512, 506)), "{places:?}");
            let wrong = places.iter().filter(|(period, position)| {
                ![(256, 249), (256, 250)].contains(&(*period, *position))
                    && !matches!(position % 512, 505 | 506)
            });
            assert_eq!(wrong.count(), 0, "{places:?}");
        }
    }

    #[test]
    fn a_sweep_over_all_periods_sees_it_too() {
        let found = by_position(&first_loop(0.38, 0.565), 2..=4096);
        assert_eq!(
            (found.deviations[0].period, found.deviations[0].position % 512 / 2),
            (512, 252)
        );
        assert_eq!(found.deviations[0].value, Some(1_014));
    }

    #[test]
    fn a_first_sample_of_each_block_that_stands_out_is_seen() {
        // As measured on blocks of 64: 0.41 to 0.43 where the others had 0.60.
        let noise = samples(100_000, |at| if at % 64 == 0 { 0.42 } else { 0.60 });
        let found = by_position(&noise, [64]);
        assert_eq!(found.deviations.len(), 1, "{:?}", found.deviations);
        assert_eq!(found.deviations[0].position, 0);
    }

    #[test]
    fn a_difference_below_the_floor_does_not_count_and_a_short_capture_is_not_tested() {
        let noise = samples(2_000_000, |at| if at % 2 == 0 { 0.380 } else { 0.388 });
        let found = by_position(&noise, [2]);
        assert!(found.holds(), "{:?}", found.deviations);
        let found = by_position(&samples(1_000, |_| 0.38), [2, 512]);
        assert_eq!(found.periods_untested, [512]);
        assert!(!found.holds());
        assert!(!by_position(&[], [2]).holds());
    }
}
