// SPDX-License-Identifier: MIT OR Apache-2.0
//! Restart tests, SP 800-90B §3.1.4: does a source repeat itself after each start?
//!
//! The matrix has one row per restart. The row data set is the rows one after another, the column data set the
//! columns; both are assessed, and neither may fall below half of what the source was assessed at.
//!
//! Both data sets are assessed as literal symbols only, as NIST's tool does, so that `H_r` and `H_c` can be higher than
//! what the non-IID track gives for the same bytes: that takes the bitstring into account, too.

mod cutoff;
mod verdict;

use crate::control::Control;
use crate::estimators::mcv;
use crate::iid::{IidTests, iid_tests};
use crate::math::readable;
use crate::parallel::join;
use crate::track::literal_estimators;
use crate::{Estimators, Outcome, Symbols};
use cutoff::largest_count_cutoff;

/// What §3.1.4.1 asks for: 1,000 samples from each of 1,000 restarts.
const WANTED: usize = 1000;

/// The result of the restart tests.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RestartAssessment {
    /// How the tests ended.
    pub status: RestartStatus,
    /// Restarts.
    pub rows: u64,
    /// Samples from each.
    pub columns: u64,
    /// Whether there are fewer than the 1,000 restarts or 1,000 samples that §3.1.4.1 asks for.
    pub short: bool,
    /// The initial estimate that is tested, bits per sample (`H_I`).
    pub h_i: f64,
    /// The sanity check of §3.1.4.3.
    pub sanity: Sanity,
    /// The estimators on the row data set; absent where the sanity check failed.
    pub row: Option<Estimators>,
    /// The estimators on the column data set; absent where the sanity check failed.
    pub column: Option<Estimators>,
    /// The tests of §5 on both data sets, for a source that is claimed to be IID (§3.1.2); absent otherwise, and where
    /// the sanity check failed.
    #[cfg_attr(feature = "serde", serde(default, skip_serializing_if = "Option::is_none"))]
    pub iid: Option<RestartIidTests>,
    /// The least estimate on the row data set, bits per sample (`H_r`).
    pub h_r: Option<f64>,
    /// The least estimate on the column data set, bits per sample (`H_c`).
    pub h_c: Option<f64>,
    /// `min(H_r, H_c, H_I)`, bits per sample; absent unless the tests passed.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// How the value follows.
    pub formula: String,
    /// The answer in words.
    pub verdict: String,
    /// What a reader must know before using the figures.
    #[cfg_attr(feature = "serde", serde(default))]
    pub warnings: Vec<String>,
}

/// The tests of §5 on the row data set and on the column data set.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RestartIidTests {
    /// On the rows one after another.
    pub row: Outcome<IidTests>,
    /// On the columns one after another.
    pub column: Outcome<IidTests>,
}

/// How the restart tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RestartStatus {
    /// Both tests passed.
    Passed,
    /// Some row or column is more concentrated than `H_I` allows.
    SanityFailed,
    /// `min(H_r, H_c)` is below half of `H_I`.
    ValidationFailed,
    /// A test of §5 shows that the row or the column data set is not IID, so that the source may not be claimed to be.
    NotIid,
    /// Only one symbol occurs: no entropy is awarded.
    Constant,
    /// There are too few samples to estimate `H_r` and `H_c`, or too few restarts for the sanity check to fail.
    Invalid,
}

/// The restart sanity check, §3.1.4.3.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Sanity {
    /// Whether no row and no column has a symbol more often than its cutoff.
    pub passed: bool,
    /// False-alarm probability per row or column, `1 - 0.99^(1 / (rows + columns))`.
    pub alpha: f64,
    /// The largest count of one symbol in any row.
    pub x_r: u64,
    /// The largest count of one symbol in any column.
    pub x_c: u64,
    /// The largest count that a row may have.
    pub cutoff_r: u64,
    /// The largest count that a column may have.
    pub cutoff_c: u64,
}

/// A matrix or an `H_I` that cannot be tested.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RestartError {
    /// The symbols do not fill the matrix.
    #[error("{symbols} symbols do not fill a matrix of {rows} rows and {columns} columns, which needs {}", rows.saturating_mul(*columns))]
    Shape {
        /// Symbols given.
        symbols: usize,
        /// Rows stated.
        rows: usize,
        /// Columns stated.
        columns: usize,
    },
    /// The matrix is empty.
    #[error(
        "an empty matrix cannot be tested; SP 800-90B §3.1.4.1 asks for 1,000 samples from each of 1,000 restarts"
    )]
    Empty,
    /// `H_I` not above 0, or above the width.
    #[error(
        "H_I = {} bits/sample is not above 0 and at most {bits}: it is the initial assessment of the same {bits}-bit \
         source, and a source without entropy has nothing to validate",
        readable(*h_i)
    )]
    InitialEstimate {
        /// What was given.
        h_i: f64,
        /// The width of a symbol.
        bits: u8,
    },
}

/// Runs the restart tests on a matrix given row by row, against the initial estimate `h_i` in bits per sample.
///
/// # Errors
/// Returns an error if the matrix or `h_i` cannot be tested. A failed test is not an error but a [`RestartStatus`].
pub fn assess(
    matrix: &Symbols,
    rows: usize,
    columns: usize,
    h_i: f64,
) -> Result<RestartAssessment, RestartError> {
    run(matrix, rows, columns, h_i, None)
}

/// [`assess`] for a source that is claimed to be IID: both data sets must pass the tests of §5 (§3.1.2), and their most
/// common value is what counts (§3.1.4.2). `seed` names the shuffles of the permutation tests.
///
/// # Errors
/// Returns an error if the matrix or `h_i` cannot be tested, as [`assess`] does.
pub fn assess_iid(
    matrix: &Symbols,
    rows: usize,
    columns: usize,
    h_i: f64,
    seed: u64,
) -> Result<RestartAssessment, RestartError> {
    run(matrix, rows, columns, h_i, Some(seed))
}

fn run(
    matrix: &Symbols,
    rows: usize,
    columns: usize,
    h_i: f64,
    iid_seed: Option<u64>,
) -> Result<RestartAssessment, RestartError> {
    if matrix.is_empty() {
        return Err(RestartError::Empty);
    }
    if rows.checked_mul(columns) != Some(matrix.len()) {
        return Err(RestartError::Shape { symbols: matrix.len(), rows, columns });
    }
    let bits = matrix.bits_per_symbol();
    if !(h_i > 0.0 && h_i <= f64::from(bits)) {
        return Err(RestartError::InitialEstimate { h_i, bits });
    }
    let column_matrix = matrix.reordered(transpose(matrix.raw(), rows, columns));
    let sanity = sanity_check(matrix.literal(), column_matrix.literal(), rows, columns, h_i);
    let mut result = RestartAssessment {
        status: RestartStatus::SanityFailed,
        rows: rows as u64,
        columns: columns as u64,
        short: rows < WANTED || columns < WANTED,
        h_i,
        sanity,
        row: None,
        column: None,
        iid: None,
        h_r: None,
        h_c: None,
        min_entropy_bits_per_sample: None,
        formula: "min(H_r, H_c, H_I), if min(H_r, H_c) >= H_I / 2 (SP 800-90B §3.1.4)".to_owned(),
        verdict: String::new(),
        warnings: warnings(matrix),
    };
    if matrix.alphabet_size() == 1 {
        result.status = RestartStatus::Constant;
    } else if sanity.passed {
        match iid_seed {
            None => estimate(&mut result, matrix, &column_matrix),
            Some(seed) => test_iid(&mut result, matrix, &column_matrix, seed),
        }
        result.status = validate(&result, matrix, &column_matrix);
        if result.status == RestartStatus::Passed {
            let (h_r, h_c) = (result.h_r.unwrap_or(0.0), result.h_c.unwrap_or(0.0));
            result.min_entropy_bits_per_sample = Some(h_r.min(h_c).min(h_i));
        }
    }
    result.verdict = verdict::in_words(&result);
    Ok(result)
}

/// The non-IID estimates of both data sets.
fn estimate(result: &mut RestartAssessment, row_data: &Symbols, column_data: &Symbols) {
    let width = f64::from(row_data.bits_per_symbol());
    let (row, column) = join(|| literal_estimators(row_data), || literal_estimators(column_data));
    let least = |set: &Estimators| {
        (!set.lacks_figures()).then(|| set.least().map(|(_, h)| h.min(width))).flatten()
    };
    (result.h_r, result.h_c) = (least(&row), least(&column));
    (result.row, result.column) = (Some(row), Some(column));
}

/// The most common value of both data sets, and the tests of §5.
fn test_iid(result: &mut RestartAssessment, row_data: &Symbols, column_data: &Symbols, seed: u64) {
    let width = f64::from(row_data.bits_per_symbol());
    // Both data sets are the same samples, and so have the same most common value.
    let only = Estimators { mcv: Some(mcv(row_data.literal())), ..Estimators::default() };
    let h = only.least().map(|(_, h)| h.min(width));
    (result.h_r, result.h_c) = (h, h);
    (result.row, result.column) = (Some(only.clone()), Some(only));
    result.iid = Some(RestartIidTests {
        row: iid_tests(row_data, seed, &Control::default()),
        column: iid_tests(column_data, seed, &Control::default()),
    });
}

/// §3.1.2 and §3.1.4.2, once the sanity check has passed.
fn validate(
    result: &RestartAssessment,
    row_data: &Symbols,
    column_data: &Symbols,
) -> RestartStatus {
    let sanity = &result.sanity;
    if let Some(RestartIidTests { row, column }) = &result.iid {
        for (tests, data) in [(row, row_data), (column, column_data)] {
            match tests.value() {
                Some(tests) if tests.too_few(data).is_some() => return RestartStatus::Invalid,
                Some(tests) if !tests.passed => return RestartStatus::NotIid,
                Some(_) => {}
                None => return RestartStatus::Invalid,
            }
        }
    }
    match (result.h_r, result.h_c) {
        (Some(h_r), Some(h_c)) if h_r.min(h_c) < result.h_i / 2.0 => {
            RestartStatus::ValidationFailed
        }
        // A whole matrix is what the standard asks for, whatever its cutoffs.
        (Some(_), Some(_)) if result.short && !sanity.can_fail(result.rows, result.columns) => {
            RestartStatus::Invalid
        }
        (Some(_), Some(_)) => RestartStatus::Passed,
        _ => RestartStatus::Invalid,
    }
}

impl Sanity {
    /// Whether some row and some column of such a matrix could exceed its cutoff.
    fn can_fail(&self, rows: u64, columns: u64) -> bool {
        self.cutoff_r < columns && self.cutoff_c < rows
    }
}

fn warnings(matrix: &Symbols) -> Vec<String> {
    let bits = matrix.bits_per_symbol();
    let narrow = matrix.used_bits_if_fewer().map(|used| {
        format!(
            "the symbols use only {used} of the stated {bits} bits; H_I must be the assessment of the same symbols"
        )
    });
    narrow.into_iter().collect()
}

fn sanity_check(
    row_data: &[u8],
    column_data: &[u8],
    rows: usize,
    columns: usize,
    h_i: f64,
) -> Sanity {
    // So that a good source passes all rows and columns with probability 0.99.
    let alpha = -(0.99_f64.ln() / (rows + columns) as f64).exp_m1();
    let x_r = largest_count(row_data, columns);
    let x_c = largest_count(column_data, rows);
    let cutoff_r = largest_count_cutoff(columns, h_i, alpha) as u64;
    let cutoff_c =
        if rows == columns { cutoff_r } else { largest_count_cutoff(rows, h_i, alpha) as u64 };
    Sanity { passed: x_r <= cutoff_r && x_c <= cutoff_c, alpha, x_r, x_c, cutoff_r, cutoff_c }
}

/// The largest count of one symbol in any piece of `len` symbols.
fn largest_count(symbols: &[u8], len: usize) -> u64 {
    let mut largest = 0;
    for piece in symbols.chunks(len) {
        let mut counts = [0_u64; 256];
        for &symbol in piece {
            counts[usize::from(symbol)] += 1;
        }
        largest = counts.into_iter().fold(largest, u64::max);
    }
    largest
}

/// The matrix column by column.
fn transpose(row_data: &[u8], rows: usize, columns: usize) -> Vec<u8> {
    let mut column_data = Vec::with_capacity(row_data.len());
    for column in 0..columns {
        column_data.extend((0..rows).map(|row| row_data[row * columns + column]));
    }
    column_data
}

#[cfg(test)]
mod tests;
