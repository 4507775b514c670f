// SPDX-License-Identifier: MIT OR Apache-2.0
//! The informed assessment: what is left of the noise for an attacker who knows the program.
//!
//! SP 800-90B's estimators see the numbers only. What the program itself determines (its paths, addresses, positions,
//! the counter's phase) varies the timing too, and they count it as entropy. Here predictors guess each sample from
//! everything that came before it and from side information: the past at orders 0 to 16, lags, positions, formulas,
//! columns that the program determines, other boots of the same machine, and for each sample the predictor that has
//! been the most reliable in its place. They are trained on the first half of the samples and scored on the second,
//! where each sample is guessed before it is learnt.
//!
//! `H = -log2(max(p, 1/k))`, where `k` is the number of different symbols and `p` the upper confidence bound of the
//! best predictor's hit rate: Clopper and Pearson's, one-sided, at 99 % over all predictors together (Bonferroni: at
//! `1 - 0.01/m` for each of `m`). The smaller of this figure and SP 800-90B's counts.
//!
//! Like those estimators this finds what it looks for and nothing else: a figure is an upper bound on what an attacker
//! has to guess, as far as these predictors see.

mod bound;
mod contexts;
mod field;
mod formula;
mod guesses;
mod knowledge;
mod predictors;
mod repeats;
mod scan;
mod side;

pub use knowledge::Knowledge;

use crate::math::min_entropy_bits;
use bound::clopper_pearson_upper;

/// Fewer samples than this are not assessed.
pub const LEAST_SAMPLES: usize = 1_000;
/// Samples from which the figure means something for a source of several bits.
const WANTED_SAMPLES: usize = 1_000_000;
/// The probability that the true hit rate of some predictor is above its bound.
const ALPHA: f64 = 0.01;

/// Why there is no informed assessment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InformedError {
    /// Too few samples to train and score predictors.
    #[error(
        "{samples} samples are too few to train and score predictors; {LEAST_SAMPLES} are needed, and 1,000,000 are \
         recommended"
    )]
    TooFew {
        /// Samples that there are.
        samples: usize,
    },
    /// A column that does not fit the samples.
    #[error(
        "column `{name}` has {values} values for {samples} samples; give one value per sample, in the order of the \
         samples"
    )]
    ColumnLength {
        /// The column.
        name: String,
        /// Its values.
        values: usize,
        /// The samples.
        samples: usize,
    },
}

/// What one predictor did on the scored half.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Score {
    /// What it guesses from.
    pub predictor: String,
    /// Samples that it guessed right.
    pub hits: u64,
    /// Share of the scored samples that it guessed right.
    pub hit_rate: f64,
    /// The upper confidence bound of its hit rate.
    pub hit_rate_bound: f64,
    /// `-log2(max(hit_rate_bound, 1/k))`, bits per sample.
    pub min_entropy: f64,
}

/// The informed assessment of one sequence of samples.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct InformedAssessment {
    /// Samples in all.
    pub samples: u64,
    /// Samples that predictors were trained on.
    pub trained: u64,
    /// Samples that were guessed and scored.
    pub trials: u64,
    /// The width of a symbol in bits.
    pub bits_per_symbol: u8,
    /// How many different symbols occur.
    pub alphabet_size: u64,
    /// Whether there are fewer than 1,000,000 samples.
    pub short: bool,
    /// The best predictor.
    pub best: Score,
    /// The figure: min-entropy that the best predictor leaves, bits per sample.
    pub min_entropy_bits_per_sample: f64,
    /// Confidence of the bound over all predictors together.
    pub confidence: f64,
    /// How the figure follows from the hits.
    pub formula: String,
    /// The answer in a sentence.
    pub verdict: String,
    /// Every predictor that was tried, in the order in which they were.
    pub predictors: Vec<Score>,
}

/// The memory in bytes that [`assess`] takes at most, next to what is known: contexts of several orders and lags at a
/// time, and the guesses of two predictors.
#[must_use]
pub fn memory_needed(samples: usize) -> u64 {
    samples as u64 * 80
}

/// Tries every predictor on what is known.
///
/// # Errors
/// Returns an error if there are fewer than [`LEAST_SAMPLES`] samples.
pub fn assess(known: &Knowledge) -> Result<InformedAssessment, InformedError> {
    let samples = known.samples();
    if samples < LEAST_SAMPLES {
        return Err(InformedError::TooFew { samples });
    }
    let begin = samples / 2;
    let trials = (samples - begin) as u64;
    let tried = predictors::all(known, begin);
    let alpha = ALPHA / tried.len() as f64;
    let chance = 1.0 / known.symbols.alphabet_size() as f64;
    let predictors: Vec<Score> = tried
        .into_iter()
        .map(|tried| {
            let hit_rate_bound = clopper_pearson_upper(tried.hits, trials, alpha);
            Score {
                predictor: tried.name,
                hits: tried.hits,
                hit_rate: tried.hits as f64 / trials as f64,
                hit_rate_bound,
                min_entropy: min_entropy_bits(hit_rate_bound.max(chance)),
            }
        })
        .collect();
    let mut best = predictors[0].clone();
    for score in &predictors {
        if score.hits > best.hits {
            best = score.clone();
        }
    }
    Ok(InformedAssessment {
        samples: samples as u64,
        trained: begin as u64,
        trials,
        bits_per_symbol: known.symbols.bits_per_symbol(),
        alphabet_size: known.symbols.alphabet_size() as u64,
        short: samples < WANTED_SAMPLES,
        min_entropy_bits_per_sample: best.min_entropy,
        confidence: 1.0 - ALPHA,
        formula: format!(
            "H = -log2(max(p, 1/{})), p = upper bound of the best hit rate (Clopper and Pearson 1934, one-sided, \
             confidence 1 - {ALPHA}/{} for each of {} predictors)",
            known.symbols.alphabet_size(),
            predictors.len(),
            predictors.len()
        ),
        verdict: verdict(&best, trials, predictors.len()),
        best,
        predictors,
    })
}

fn verdict(best: &Score, trials: u64, tried: usize) -> String {
    format!(
        "{:.6} bits/sample: of {tried} predictors the best guesses {:.2} % of the samples right ({} of {trials}, at most \
         {:.2} % with 99 % confidence). It uses: {}.",
        best.min_entropy,
        best.hit_rate * 100.0,
        best.hits,
        best.hit_rate_bound * 100.0,
        best.predictor
    )
}
