// SPDX-License-Identifier: GPL-2.0-or-later
//! Permutation tests, SP 800-90B §5.1: is the order of the samples special among 10,000 shuffles?

use super::median;
use super::shuffle::{Generator, shuffle};
use super::statistics::{COUNT, Scale, Statistic};
use crate::Symbols;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Shuffles that a statistic is compared with, unless it is decided sooner (§5.1 step 2).
pub const SHUFFLES: usize = 10_000;
/// A rank of this or less at either end fails (§5.1 step 3).
const EXTREME: u64 = 5;

/// Figures of the permutation tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Permutation {
    /// Whether all statistics passed.
    pub passed: bool,
    /// The seed of the shuffles.
    pub seed: u64,
    /// Shuffles that were made before every statistic was decided.
    pub shuffles: u64,
    /// The statistics, in the order of §5.1.
    pub statistics: Vec<StatisticResult>,
}

/// How one statistic ranks among the shuffles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatisticResult {
    /// Which one.
    pub statistic: Statistic,
    /// Its value in the original order.
    pub original: f64,
    /// Shuffles with a larger value (`C[i][0]`), up to the decision.
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

/// Runs the permutation tests. `symbols` has 264 samples or more, and two different ones; `done` hears how many
/// shuffles of [`SHUFFLES`] need not be waited for any more.
pub fn permutation_tests(
    symbols: &Symbols,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
) -> Permutation {
    let literal = symbols.literal();
    let scale = Scale::new(symbols, median(literal, symbols.alphabet_size()));
    let mut original = [0.0; COUNT];
    scale.measure(literal, &[true; COUNT], &mut original);
    let mut statistics: Vec<StatisticResult> = Statistic::ALL
        .into_iter()
        .zip(original)
        .map(|(statistic, original)| StatisticResult {
            statistic,
            original,
            above: 0,
            equal: 0,
            below: 0,
            passed: false,
        })
        .collect();
    let mut shuffles = 0;
    while shuffles < SHUFFLES {
        let mut wanted = [false; COUNT];
        for (wanted, result) in wanted.iter_mut().zip(&statistics) {
            *wanted = !result.passed;
        }
        if !wanted.contains(&true) {
            break;
        }
        let batch = rayon::current_num_threads().min(SHUFFLES - shuffles);
        let measured: Vec<[f64; COUNT]> = (shuffles..shuffles + batch)
            .into_par_iter()
            .map(|number| {
                let mut shuffled = literal.to_vec();
                shuffle(&mut shuffled, &mut Generator::new(seed, number as u64));
                let mut values = [0.0; COUNT];
                scale.measure(&shuffled, &wanted, &mut values);
                values
            })
            .collect();
        // Counted in the order of the shuffles, so that the result does not depend on the batch.
        for values in &measured {
            if statistics.iter().all(|result| result.passed) {
                break;
            }
            shuffles += 1;
            for (result, &value) in statistics.iter_mut().zip(values) {
                if !result.passed {
                    result.count(value);
                }
            }
        }
        done(shuffles);
    }
    done(SHUFFLES);
    let passed = statistics.iter().all(|result| result.passed);
    Permutation { passed, seed, shuffles: shuffles as u64, statistics }
}
