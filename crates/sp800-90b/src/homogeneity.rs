// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether samples are distributed alike at every position of a period. A sampling loop that does other work at some
//! positions of a block, a window or a request leaves a mark there; an attacker who counts samples knows the position. It
//! is not a part of SP 800-90B.
//!
//! **The test of one capture.** For each position of a period, the share of each of the most frequent values is compared
//! with its share in all samples. The chance of the difference is bounded by Hoeffding's inequality (1963, theorem 1): at most
//! `2 exp(-n D / (1 - n/N))` for `n` of `N` samples, where `D` is the Kullback-Leibler divergence of the two shares. The bound
//! holds for shares of any size and for samples whose distribution drifts, as it does on a busy machine: every position of
//! a round sees the same drift. Where there are [`ROUNDS_FOR_RUNS`] rounds of the period, runs of [`RUN`] neighbouring positions are
//! compared as well. Neighbours depend on each other, so that a run counts once per round, with the variance that its
//! share has from round to round: `2 exp(-z^2/2)`. A position or run deviates if the bound, multiplied by the number of
//! comparisons (Bonferroni), is below [`FALSE_ALARMS`], and the share differs by [`EFFECT_FLOOR`] at least: with millions of
//! samples, differences become significant that help no attacker.
//!
//! **The rule for a mark.** A disturbance from outside, such as another program that runs every few milliseconds, can keep
//! step with a period for a while. It knows nothing of positions and meets others in the next capture. So a mark is a
//! position that deviates in a capture and again in a fresh one ([`marks`]); in the second, the correction is for the positions
//! that are looked at again only. For independent samples without a mark, the chance of a failure is below
//! `FALSE_ALARMS` squared.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

/// The smallest difference between two shares that counts.
pub const EFFECT_FLOOR: f64 = 0.01;
/// The chance that one capture of independent samples without any mark has a position that deviates.
pub const FALSE_ALARMS: f64 = 0.01;
/// Samples per position below which a period is not tested.
pub const SAMPLES_PER_POSITION: usize = 50;
/// Neighbouring positions that are also tested together: work before a block can touch several samples by a little.
pub const RUN: usize = 16;
/// Rounds of a period from which the normal distribution holds for the mean share of a run.
pub const ROUNDS_FOR_RUNS: usize = 1_000;

/// Values that are counted one by one; all others count as one more.
const VALUES: usize = 7;
const CLASSES: usize = VALUES + 1;

/// How often each class occurs.
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
    /// Positions and runs of positions that were tested, over all periods.
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
    let positions_tested = tested.iter().map(|&period| period + capture.runs(period)).sum();
    let mut deviations = Vec::new();
    for period in tested {
        deviations.extend(capture.deviations(period, positions_tested));
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
    let mut again = HashMap::new();
    found.deviations.retain(|first| {
        let again = again
            .entry(first.period)
            .or_insert_with(|| capture.deviations(first.period, looked_at));
        again.iter().any(|second| (second.position, second.run) == (first.position, first.run))
    });
    Ok(found)
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

    /// Runs of positions that are tested for a period.
    fn runs(&self, period: usize) -> usize {
        // A run that is the whole period is all samples.
        let enough = period > RUN && self.classes.len() / period >= ROUNDS_FOR_RUNS;
        if enough { period / RUN } else { 0 }
    }

    /// Positions and runs of a period that deviate.
    fn deviations(&self, period: usize, positions_tested: usize) -> Vec<Deviation> {
        let (positions, runs) = self.count(period);
        let comparisons = (positions_tested * CLASSES) as f64;
        let all = self.classes.len() as f64;
        let here =
            |position, run, samples: f64, p_values: [f64; CLASSES], shares: [f64; CLASSES]| {
                (0..CLASSES)
                    .map(|class| Deviation {
                        period,
                        position,
                        run,
                        samples: samples as usize,
                        value: self.values.get(class).copied(),
                        share: shares[class],
                        share_overall: self.share(class),
                        p_value: p_values[class].min(1.0),
                    })
                    .filter(|it| (it.share - it.share_overall).abs() >= EFFECT_FLOOR)
                    .filter(|it| it.p_value * comparisons < FALSE_ALARMS)
                    .min_by(|one, other| one.p_value.total_cmp(&other.p_value))
            };
        let singles = positions.iter().enumerate().filter_map(|(position, counts)| {
            let samples = counts.iter().map(|&count| f64::from(count)).sum::<f64>();
            // All samples contain those at the position.
            let scale = samples / (1.0 - samples / all);
            let shares = counts.map(|count| f64::from(count) / samples);
            let p_value =
                |class| 2.0 * (-scale * divergence(shares[class], self.share(class))).exp();
            here(position, 1, samples, std::array::from_fn(p_value), shares)
        });
        let rounds = self.classes.len() / period;
        let together = runs.iter().enumerate().filter_map(|(number, sums)| {
            let samples = (rounds * RUN) as f64;
            let shares = sums.map(|(sum, _)| sum as f64 / samples);
            let p_value = |class: usize| {
                let (sum, squares) = sums[class];
                let mean = sum as f64 / rounds as f64;
                let variance = squares as f64 / rounds as f64 - mean * mean;
                let difference = (shares[class] - self.share(class)) * RUN as f64;
                2.0 * (-0.5 * rounds as f64 * difference.powi(2) / variance).exp()
            };
            here(number * RUN, RUN, samples, std::array::from_fn(p_value), shares)
        });
        singles.chain(together).collect()
    }

    fn share(&self, class: usize) -> f64 {
        f64::from(self.overall[class]) / self.classes.len() as f64
    }

    /// How often each class occurs at each position; and for each run, the sum and the sum of squares over the rounds.
    fn count(&self, period: usize) -> (Vec<Counts>, Vec<[(u64, u64); CLASSES]>) {
        let mut positions = vec![[0; CLASSES]; period];
        for round in self.classes.chunks(period) {
            for (counts, &class) in positions.iter_mut().zip(round) {
                counts[usize::from(class)] += 1;
            }
        }
        let mut runs = vec![[(0, 0); CLASSES]; self.runs(period)];
        for round in self.classes.chunks_exact(period) {
            for (sums, run) in runs.iter_mut().zip(round.chunks_exact(RUN)) {
                let mut counts = [0_u64; CLASSES];
                run.iter().for_each(|&class| counts[usize::from(class)] += 1);
                for ((sum, squares), count) in sums.iter_mut().zip(counts) {
                    *sum += count;
                    *squares += count * count;
                }
            }
        }
        (positions, runs)
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
