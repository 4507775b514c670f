// SPDX-License-Identifier: MIT OR Apache-2.0
//! IID track, SP 800-90B §5: may the samples be taken for independent and identically distributed?
//!
//! Three kinds of test must all pass: permutation tests (§5.1), chi-square tests (§5.2.1 to §5.2.4) and the length of
//! the longest repeated substring (§5.2.5). None of them proves that a source is IID; each can only show that it is
//! not.

mod bins;
mod chi_square;
mod gamma;
mod measure;
mod permutation;
mod shuffle;
mod sign_runs;
mod statistic;

pub use chi_square::{ChiSquare, goodness_of_fit, independence};
use permutation::permutations;
pub use permutation::{Permutation, SHUFFLES, StatisticResult, permutation_tests};
pub use statistic::Statistic;

use crate::control::Control;
use crate::estimators::Repeats;
use crate::{Invalid, InvalidStatus, Outcome, Symbols};

/// Symbols below which the tests are not enough for a verdict: 33 blocks of 8 bits for the largest lag on binary data.
const ENOUGH: usize = 33 * 8;

/// Samples below which the chi-square test of independence (§5.2.1) rejects IID sources much more often than its
/// significance of 0.001 says, for an alphabet of `alphabet_size` symbols.
///
/// The expected count of each pair comes from the same samples. With `s` samples and `k` symbols, the score of uniform
/// samples lies 8 standard deviations too high at `s = 0.08 k²`, where it rejects every source, 1.7 at `k²` and 1.1 at
/// `1.5 k²`. Pairs of bits are always tested with enough counts (§5.2.3 step 2).
#[must_use]
pub fn samples_for_independence(alphabet_size: usize) -> usize {
    if alphabet_size <= 2 {
        ENOUGH
    } else {
        (alphabet_size * alphabet_size * 3).div_ceil(2).max(ENOUGH)
    }
}

/// Figures of the length of the longest repeated substring test (§5.2.5).
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LrsLength {
    /// The probability that two samples of the source are equal.
    pub p_col: f64,
    /// The length of the longest repeated substring.
    pub w: u64,
    /// The probability that an IID source repeats a substring of that length.
    pub probability: f64,
    /// Whether that is at least 0.001.
    pub passed: bool,
}

/// Tests whether a substring repeats that is longer than an IID source would repeat (§5.2.5).
///
/// # Errors
/// Returns an error if there are no symbols, or 2^31 - 1 of them or more.
pub fn lrs_length(symbols: &Symbols) -> Result<LrsLength, Invalid> {
    let samples = symbols.len();
    let mut counts = [0_u64; 256];
    for &symbol in symbols.literal() {
        counts[usize::from(symbol)] += 1;
    }
    let p_col: f64 = counts[..symbols.alphabet_size()]
        .iter()
        .map(|&count| (count as f64 / samples as f64).powi(2))
        .sum();
    let w = Repeats::count(&symbols.literal_sequence())?.longest();
    let strings = (samples - w + 1) as f64;
    let pairs = strings * (strings - 1.0) / 2.0;
    // ln of the probability that no pair of substrings collides, were they independent.
    let log_no_collision = pairs * (-p_col.powf(w as f64)).ln_1p();
    Ok(LrsLength {
        p_col,
        w: w as u64,
        probability: -log_no_collision.exp_m1(),
        passed: log_no_collision <= 0.999_f64.ln(),
    })
}

/// Figures of the IID track's tests.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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

impl IidTests {
    /// Why the tests say nothing about so few symbols; nothing where there are enough.
    pub(crate) fn too_few(&self, symbols: &Symbols) -> Option<String> {
        let (samples, alphabet_size) = (symbols.len(), symbols.alphabet_size());
        let needed = samples_for_independence(alphabet_size);
        (samples < needed).then(|| {
            format!(
                "iid.independence: with {alphabet_size} different symbols the chi-square test of §5.2.1 rejects IID \
                 sources, too, on fewer than {needed} samples, and there are {samples}"
            )
        })
    }
}

/// Runs all tests of §5, and reports each shuffle that was counted or is no longer needed.
///
/// The same `seed` gives the same shuffles, whatever the number of threads. Where it was cancelled the permutation tests
/// have counted only some of them, and have not passed.
#[must_use]
pub fn iid_tests(symbols: &Symbols, seed: u64, control: &Control<'_>) -> Outcome<IidTests> {
    if let Some(invalid) = untestable(symbols) {
        return Outcome::Invalid(invalid);
    }
    let literal = symbols.literal();
    let alphabet_size = symbols.alphabet_size();
    let independence = independence(symbols);
    let goodness_of_fit = goodness_of_fit(symbols);
    let lrs_length = match lrs_length(symbols) {
        Ok(figures) => figures,
        Err(invalid) => return Outcome::Invalid(invalid),
    };
    let permutation = permutations(symbols, seed, control);
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

/// Why the statistics of §5.1 are not defined for some symbols; nothing if they are.
fn untestable(symbols: &Symbols) -> Option<Invalid> {
    // As many as the largest lag; of binary data, that many groups of 8 bits, the last of which may be short.
    let needed = if symbols.alphabet_size() == 2 { 31 * 8 + 1 } else { 32 };
    if symbols.len() < needed {
        return Some(Invalid {
            status: InvalidStatus::TooFew,
            reason: format!(
                "the statistics of §5.1 need {needed} samples or more, and there are {}",
                symbols.len()
            ),
        });
    }
    if symbols.len() > u32::MAX as usize {
        return Some(Invalid {
            status: InvalidStatus::TooLarge,
            reason: format!("{} samples are more than are shuffled (2^32 - 1)", symbols.len()),
        });
    }
    (symbols.alphabet_size() < 2).then(|| Invalid {
        status: InvalidStatus::NotApplicable,
        reason: "one symbol has nothing to shuffle".to_owned(),
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
