// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether samples are distributed alike at every position of a period. A sampling loop that does other work at some
//! positions of a block, a window or a request leaves a mark there; an attacker who counts samples knows the position. It
//! is not a part of SP 800-90B.
//!
//! **The test of one capture.** For each position of a period, and for each run of [`RUN`] neighbouring positions, the
//! share of each of the most frequent values is compared with its share in all samples. The chance of the difference is
//! bounded by Hoeffding's inequality (1963, theorem 1): at most `2 exp(-n D / (1 - n/N))` for `n` of `N` samples, where `D` is the
//! Kullback-Leibler divergence of the two shares. The bound holds for shares of any size and for samples whose
//! distribution drifts, as it does on a busy machine: every position of a round sees the same drift. A position deviates if the
//! bound, multiplied by the number of comparisons (Bonferroni), is below [`FALSE_ALARMS`], and the share differs by
//! [`EFFECT_FLOOR`] at least: with millions of samples, differences become significant that help no attacker.
//!
//! **The rule for a mark.** A disturbance from outside, such as another program that runs every few milliseconds, can keep
//! step with a period for a while. It knows nothing of positions and meets others in the next capture. So a mark is a
//! position that deviates in a capture and again in a fresh one ([`marks`]); in the second, the correction is for the positions
//! that are looked at again only. For independent samples without a mark, the chance of a failure is below
//! `FALSE_ALARMS` squared.

use std::collections::HashMap;

/// The smallest difference between two shares that counts.
pub const EFFECT_FLOOR: f64 = 0.01;
/// The chance that one capture of independent samples without any mark has a position that deviates.
pub const FALSE_ALARMS: f64 = 0.01;
/// Samples per position below which a period is not tested.
pub const SAMPLES_PER_POSITION: usize = 50;
/// Neighbouring positions that are also tested together: work before a block can touch several samples by a little.
pub const RUN: usize = 16;

/// Values that are counted one by one; all others count as one more.
const VALUES: usize = 7;
const CLASSES: usize = VALUES + 1;

type Counts = [u32; CLASSES];

/// A position whose samples are distributed in another way than all samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    pub period: usize,
    /// The first position, and how many neighbours are tested together with it (1 or [`RUN`]).
    pub position: usize,
    pub run: usize,
    /// Samples at that position.
    pub samples: usize,
    /// The value whose share differs; `None` if it is that of all rarer values together.
    pub value: Option<u64>,
    /// Its share at that position, and in all samples.
    pub share: f64,
    pub share_overall: f64,
    /// The bound of the chance of such a difference, before the correction.
    pub p_value: f64,
}

/// What a test of several periods found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Homogeneity {
    /// Positions and runs of positions tested, over all periods.
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
    let capture = Capture::of(samples);
    let (tested, periods_untested): (Vec<usize>, Vec<usize>) = periods
        .into_iter()
        .partition(|&period| period >= 2 && samples.len() / period >= SAMPLES_PER_POSITION);
    let positions_tested: usize = tested.iter().map(|&period| places(period).count()).sum();
    let mut deviations = Vec::new();
    for period in tested {
        let counts = capture.counts(period);
        for (run, position) in places(period) {
            deviations.extend(capture.deviation(&counts, position, run, positions_tested));
        }
    }
    deviations.sort_by(|one, other| one.p_value.total_cmp(&other.p_value));
    Homogeneity { positions_tested, periods_untested, deviations }
}

/// Tests a capture, and where positions deviate, those positions in a fresh capture: only what deviates in both is left.
///
/// # Errors
/// Returns an error if `record` does.
pub fn marks<E>(
    mut record: impl FnMut() -> Result<Vec<u64>, E>,
    periods: impl IntoIterator<Item = usize>,
) -> Result<Homogeneity, E> {
    let mut found = by_position(&record()?, periods);
    if found.deviations.is_empty() {
        return Ok(found);
    }
    let fresh = record()?;
    let capture = Capture::of(&fresh);
    let looked_at = found.deviations.len();
    let mut counts = HashMap::new();
    found.deviations.retain(|first| {
        let counts = counts.entry(first.period).or_insert_with(|| capture.counts(first.period));
        capture.deviation(counts, first.position, first.run, looked_at).is_some()
    });
    Ok(found)
}

/// Single positions, and runs of neighbours.
fn places(period: usize) -> impl Iterator<Item = (usize, usize)> {
    let runs = (0..period / RUN).map(|run| (RUN, run * RUN));
    // A run that is the whole period is all samples.
    (0..period).map(|position| (1, position)).chain(runs.filter(move |_| period > RUN))
}

/// Samples, each as the class of its value.
struct Capture {
    values: Vec<u64>,
    classes: Vec<u8>,
    overall: Counts,
}

impl Capture {
    fn of(samples: &[u64]) -> Self {
        let values = most_frequent(samples);
        let class = |sample| values.iter().position(|value| value == sample).unwrap_or(VALUES);
        let classes: Vec<u8> = samples.iter().map(|sample| class(sample) as u8).collect();
        let mut overall = [0; CLASSES];
        classes.iter().for_each(|&class| overall[usize::from(class)] += 1);
        Self { values, classes, overall }
    }

    /// How often each class occurs at each position.
    fn counts(&self, period: usize) -> Vec<Counts> {
        let mut counts = vec![[0; CLASSES]; period];
        for round in self.classes.chunks(period) {
            for (counts, &class) in counts.iter_mut().zip(round) {
                counts[usize::from(class)] += 1;
            }
        }
        counts
    }

    /// The most improbable share at a position, if it deviates.
    fn deviation(
        &self,
        counts: &[Counts],
        position: usize,
        run: usize,
        positions_tested: usize,
    ) -> Option<Deviation> {
        let mut here = [0; CLASSES];
        for counts in counts.get(position..position + run)? {
            here.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        let total = |counts: &Counts| counts.iter().map(|&count| f64::from(count)).sum::<f64>();
        let (samples, all) = (total(&here), total(&self.overall));
        // All samples contain those at the position.
        let scale = samples / (1.0 - samples / all);
        (0..CLASSES)
            .map(|class| {
                let share = f64::from(here[class]) / samples;
                let share_overall = f64::from(self.overall[class]) / all;
                Deviation {
                    period: counts.len(),
                    position,
                    run,
                    samples: samples as usize,
                    value: self.values.get(class).copied(),
                    share,
                    share_overall,
                    p_value: (2.0 * (-scale * divergence(share, share_overall)).exp()).min(1.0),
                }
            })
            .filter(|it| (it.share - it.share_overall).abs() >= EFFECT_FLOOR)
            .filter(|it| it.p_value * ((positions_tested * CLASSES) as f64) < FALSE_ALARMS)
            .min_by(|one, other| one.p_value.total_cmp(&other.p_value))
    }
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

/// Kullback and Leibler's, of two events with these probabilities, in nats.
fn divergence(share: f64, expected: f64) -> f64 {
    let part =
        |share: f64, expected: f64| if share > 0.0 { share * (share / expected).ln() } else { 0.0 };
    part(share, expected) + part(1.0 - share, 1.0 - expected)
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
        seeded(0x9E37_79B9_7F4A_7C15, count, share)
    }

    fn seeded(seed: u64, count: usize, share: impl Fn(usize) -> f64) -> Vec<u64> {
        let mut uniform = Uniform(seed);
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
        let positions =
            (2..=4096).map(|period| if period > RUN { period + period / RUN } else { period });
        assert_eq!(found.positions_tested, positions.sum::<usize>());
    }

    #[test]
    fn the_first_loops_window_is_seen_at_its_positions() {
        for (usual, marked) in [(0.38, 0.565), (0.31, 0.67)] {
            let found = by_position(&first_loop(usual, marked), [256, 512, 1024]);
            let places: Vec<(usize, usize, usize)> =
                found.deviations.iter().map(|it| (it.period, it.position, it.run)).collect();
            assert!(
                places.contains(&(512, 505, 1)) && places.contains(&(512, 506, 1)),
                "{places:?}"
            );
            let wrong = places.iter().filter(|(_, position, run)| {
                // The mark's place in blocks of 256, in which every other one has it.
                !(*position..position + run).any(|at| matches!(at % 256, 249 | 250))
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
        assert!(!found.deviations.is_empty());
        assert!(found.deviations.iter().all(|it| it.position == 0), "{:?}", found.deviations);
    }

    #[test]
    fn a_mark_that_many_neighbours_share_is_seen_where_one_of_them_would_not_be() {
        // As under an emulator that had lost the buffer's pages: the first samples of a block by 1 to 5 points.
        let share = |at: usize| 0.72 - 0.03 * f64::from(u8::from(at % 256 < 16));
        let found = by_position(&samples(1_000_000, share), [256]);
        let runs: Vec<_> = found.deviations.iter().map(|it| (it.position, it.run)).collect();
        assert!(runs.contains(&(0, RUN)), "{runs:?}");
    }

    #[test]
    fn a_mark_is_what_deviates_in_two_captures() {
        let mut seed = 0;
        let mut record = |share: &dyn Fn(usize, u64) -> f64| {
            seed += 1;
            Ok::<_, ()>(seeded(seed, 400_000, |at| share(at, seed)))
        };
        let mark = |at: usize, _| if at % 256 == 1 { 0.58 } else { 0.72 };
        let found = marks(|| record(&mark), [128, 256]).unwrap();
        assert!(!found.holds());
        assert!(found.deviations.iter().all(|it| it.position % 128 < RUN), "{found:?}");
        assert!(found.deviations.iter().any(|it| (it.period, it.position, it.run) == (256, 1, 1)));
        // Something outside keeps step with the period, each time at another position.
        let outside =
            |at: usize, seed: u64| if at % 256 == seed as usize * 40 { 0.58 } else { 0.72 };
        assert!(!by_position(&record(&outside).unwrap(), [256]).holds());
        assert!(marks(|| record(&outside), [256]).unwrap().holds());
        assert_eq!(marks(|| Err::<Vec<u64>, _>("no counter"), [2]), Err("no counter"));
    }

    #[test]
    fn a_machine_that_is_busy_now_and_then_has_no_marks() {
        // Bursts of 300 to 20,000 samples, in which the shares are others.
        let mut uniform = Uniform(7);
        let mut busy = vec![false; 250_000];
        let mut at = 0;
        while at < busy.len() {
            let end = busy.len().min(at + 300 + (uniform.next() * 20_000.0) as usize);
            busy[at..end].fill(uniform.next() < 0.3);
            at = end;
        }
        let mut seed = 0;
        let record = || {
            seed += 1;
            Ok::<_, ()>(seeded(seed, busy.len(), |at| if busy[at] { 0.45 } else { 0.72 }))
        };
        let found = marks(record, 2..=4096).unwrap();
        assert!(found.holds(), "{:?}", found.deviations);
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
