// SPDX-License-Identifier: GPL-2.0-or-later
//! IID track, SP 800-90B §5: may the samples be taken for independent and identically distributed?
//!
//! Three kinds of test must all pass: permutation tests (§5.1), chi-square tests (§5.2.1 to §5.2.4) and the length of
//! the longest repeated substring (§5.2.5). None of them proves that a source is IID; each can only show that it is
//! not.

mod bins;
mod chi_square;
mod gamma;
mod lrs_length;
mod measure;
mod permutation;
mod shuffle;
mod sign_runs;
mod statistic;

pub use chi_square::{ChiSquare, goodness_of_fit, independence};
pub use lrs_length::{LrsLength, lrs_length};
pub use permutation::{Permutation, SHUFFLES, StatisticResult, permutation_tests};
pub use statistic::Statistic;

use crate::{Outcome, Symbols};
use serde::{Deserialize, Serialize};

/// Symbols that the statistics of §5.1 need: 33 blocks of 8 bits for the largest lag on binary data.
const NEEDED: usize = 33 * 8;

/// Figures of the IID track's tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IidTests {
    /// Whether all tests passed.
    pub passed: bool,
    /// Mean of the symbols as they came.
    pub raw_mean: f64,
    /// Median of the symbols mapped down; 1/2 for two different symbols (§5.1.5).
    pub median: f64,
    /// Chi-square test of independence (§5.2.1, §5.2.3).
    pub independence: ChiSquare,
    /// Chi-square test of goodness of fit (§5.2.2, §5.2.4).
    pub goodness_of_fit: ChiSquare,
    /// Length of the longest repeated substring (§5.2.5).
    pub lrs_length: LrsLength,
    /// Permutation tests (§5.1).
    pub permutation: Permutation,
}

/// Runs all tests of §5; `done` hears of each shuffle that was counted or is not needed any more.
///
/// The same `seed` gives the same shuffles, whatever the number of threads.
pub fn iid_tests(symbols: &Symbols, seed: u64, done: &(dyn Fn(usize) + Sync)) -> Outcome<IidTests> {
    if symbols.alphabet_size() < 2 {
        return Outcome::not_applicable("one symbol has nothing to shuffle");
    }
    if symbols.len() < NEEDED {
        return Outcome::too_few(format!(
            "the statistics of §5.1 need {NEEDED} samples or more, and there are {}",
            symbols.len()
        ));
    }
    let literal = symbols.literal();
    let alphabet_size = symbols.alphabet_size();
    let independence = independence(literal, alphabet_size);
    let goodness_of_fit = goodness_of_fit(literal, alphabet_size);
    let lrs_length = match lrs_length(literal, alphabet_size) {
        Ok(figures) => figures,
        Err(invalid) => return Outcome::Invalid(invalid),
    };
    let permutation = permutation_tests(symbols, seed, done);
    let passed =
        independence.passed && goodness_of_fit.passed && lrs_length.passed && permutation.passed;
    let raw_sum: u64 = symbols.raw().iter().map(|&symbol| u64::from(symbol)).sum();
    Outcome::Value(IidTests {
        passed,
        raw_mean: raw_sum as f64 / symbols.len() as f64,
        median: median(literal, alphabet_size),
        independence,
        goodness_of_fit,
        lrs_length,
        permutation,
    })
}

/// The median; 1/2 for two different symbols, as §5.1.5 and §5.1.6 say.
fn median(symbols: &[u8], alphabet_size: usize) -> f64 {
    if alphabet_size == 2 {
        return 0.5;
    }
    let mut sorted = symbols.to_vec();
    sorted.sort_unstable();
    let half = sorted.len() / 2;
    match (sorted.get(half), half.checked_sub(1).and_then(|below| sorted.get(below))) {
        (Some(&middle), Some(&below)) if sorted.len().is_multiple_of(2) => {
            f64::midpoint(middle.into(), below.into())
        }
        (Some(&middle), _) => middle.into(),
        _ => 0.0,
    }
}
