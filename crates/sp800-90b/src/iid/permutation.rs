// SPDX-License-Identifier: MIT OR Apache-2.0
//! Permutation tests, SP 800-90B §5.1: is the order of the samples special among 10,000 shuffles?

use super::measure::{Scale, Workspace};
use super::median;
use super::shuffle::{Generator, shuffle};
use super::statistic::{COUNT, Statistic};
use crate::control::{Control, Progress};
use crate::parallel::{self, Task};
use crate::{Outcome, Symbols};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Shuffles that a statistic is compared with, unless it is decided sooner (§5.1 step 2).
pub const SHUFFLES: usize = 10_000;
/// A rank of this or less at either end fails (§5.1 step 3).
const EXTREME: u64 = 5;

/// Figures of the permutation tests.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Permutation {
    /// Whether all statistics passed.
    pub passed: bool,
    /// The seed of the shuffles.
    pub seed: u64,
    /// Shuffles that were made before every statistic was decided; all of them with full ranks.
    pub shuffles: u64,
    /// Whether every statistic was counted in every shuffle, so that its ranks are exact.
    #[cfg_attr(feature = "serde", serde(default))]
    pub full_ranks: bool,
    /// The statistics, in the order of §5.1.
    pub statistics: Vec<StatisticResult>,
}

/// How one statistic ranks among the shuffles.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StatisticResult {
    /// Which one.
    pub statistic: Statistic,
    /// Its value in the original order.
    pub original: f64,
    /// Shuffles with a larger value (`C[i][0]`), up to the decision or in all of them.
    pub above: u64,
    /// Shuffles with the same value (`C[i][1]`).
    pub equal: u64,
    /// Shuffles with a smaller value (`C[i][2]`).
    pub below: u64,
    /// Whether the original is not among the extremes.
    pub passed: bool,
}

impl StatisticResult {
    fn count(&mut self, shuffled: f64) {
        if shuffled > self.original {
            self.above += 1;
        } else if shuffled == self.original {
            self.equal += 1;
        } else {
            self.below += 1;
        }
        // Both ranks only grow: once they are large enough the statistic has passed, and is not counted on.
        self.passed = self.above + self.equal > EXTREME && self.equal + self.below > EXTREME;
    }
}

/// Runs the permutation tests, which need 32 samples, 249 if they are binary, and two different symbols. Reports the
/// shuffles of [`SHUFFLES`] that are counted or no longer needed.
#[must_use]
pub fn permutation_tests(
    symbols: &Symbols,
    seed: u64,
    control: &Control<'_>,
) -> Outcome<Permutation> {
    match super::untestable(symbols) {
        Some(invalid) => Outcome::Invalid(invalid),
        None => Outcome::Value(permutations(symbols, seed, control)),
    }
}

/// [`permutation_tests`] of symbols that can be tested.
pub(super) fn permutations(symbols: &Symbols, seed: u64, control: &Control<'_>) -> Permutation {
    let literal = symbols.literal();
    let scale = Scale::new(symbols, median(literal, symbols.alphabet_size()));
    let mut original = [0.0; COUNT];
    scale.measure(literal, &[true; COUNT], &mut original, &mut Workspace::default());
    let tally = Mutex::new(Tally::new(original, control.wants_full_ranks()));
    let done = |done| control.report(Progress { done, total: SHUFFLES, step: "shuffles" });
    let count_shuffles = || {
        let mut workspace = Workspace::default();
        let mut shuffled = Vec::new();
        while !control.is_cancelled() {
            let next = lock(&tally).next_shuffle();
            let Some((number, wanted)) = next else { break };
            shuffled.clear();
            shuffled.extend_from_slice(literal);
            shuffle(&mut shuffled, &mut Generator::new(seed, number as u64));
            let mut values = [0.0; COUNT];
            scale.measure(&shuffled, &wanted, &mut values, &mut workspace);
            let mut tally = lock(&tally);
            tally.count(number, values);
            done(tally.counted);
        }
    };
    let tasks = (0..parallel::threads()).map(|_| Box::new(&count_shuffles) as Task<'_>).collect();
    parallel::run_all(tasks);
    done(SHUFFLES);
    let Tally { counted, statistics, full_ranks, .. } =
        tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let passed = statistics.iter().all(|result| result.passed);
    Permutation { passed, seed, shuffles: counted as u64, full_ranks, statistics }
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the shuffles have shown so far. They are counted in the order of their numbers, no matter which thread finishes
/// its own first, so that the result does not depend on the threads.
struct Tally {
    statistics: Vec<StatisticResult>,
    full_ranks: bool,
    /// Shuffles given out.
    begun: usize,
    /// Shuffles counted.
    counted: usize,
    /// Shuffles that wait for one before them.
    waiting: BTreeMap<usize, [f64; COUNT]>,
}

impl Tally {
    fn new(original: [f64; COUNT], full_ranks: bool) -> Self {
        let statistics = Statistic::ALL.into_iter().zip(original);
        let statistics = statistics
            .map(|(statistic, original)| StatisticResult {
                statistic,
                original,
                above: 0,
                equal: 0,
                below: 0,
                passed: false,
            })
            .collect();
        Self { statistics, full_ranks, begun: 0, counted: 0, waiting: BTreeMap::new() }
    }

    /// Whether a statistic is no longer counted.
    fn is_decided(&self, result: &StatisticResult) -> bool {
        result.passed && !self.full_ranks
    }

    fn all_decided(&self) -> bool {
        self.statistics.iter().all(|result| self.is_decided(result))
    }

    /// The number of the next shuffle, and which statistics may be needed of it.
    fn next_shuffle(&mut self) -> Option<(usize, [bool; COUNT])> {
        if self.begun == SHUFFLES || self.all_decided() {
            return None;
        }
        let number = self.begun;
        self.begun += 1;
        let mut wanted = [false; COUNT];
        for (wanted, result) in wanted.iter_mut().zip(&self.statistics) {
            *wanted = !self.is_decided(result);
        }
        Some((number, wanted))
    }

    fn count(&mut self, number: usize, values: [f64; COUNT]) {
        self.waiting.insert(number, values);
        while !self.all_decided()
            && let Some(values) = self.waiting.remove(&self.counted)
        {
            self.counted += 1;
            for (result, value) in self.statistics.iter_mut().zip(values) {
                if !result.passed || self.full_ranks {
                    result.count(value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_ranks_count_every_shuffle_and_decide_the_same() {
        let mut state = 5_u32;
        let raw = (0..300).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 30) as u8
        });
        let symbols = Symbols::new(raw.collect(), 2).unwrap();
        let ranks = |full| permutations(&symbols, 3, &Control::default().full_ranks(full));
        let (short, full) = (ranks(false), ranks(true));
        assert!(short.shuffles < SHUFFLES as u64 && full.shuffles == SHUFFLES as u64);
        for (short, full) in short.statistics.iter().zip(&full.statistics) {
            assert_eq!(full.above + full.equal + full.below, SHUFFLES as u64);
            assert_eq!((short.passed, short.original), (full.passed, full.original));
            assert!(short.above <= full.above && short.below <= full.below);
        }
    }
}
