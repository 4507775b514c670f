// SPDX-License-Identifier: GPL-2.0-or-later
//! Restart tests, SP 800-90B §3.1.4: does a source repeat itself after each start?
//!
//! The matrix has one row per restart. The row data set is the rows one after another, the column data set the
//! columns; both are assessed, and neither may fall below half of what the source was assessed at.

mod cutoff;
mod verdict;

use crate::track::literal_estimators;
use crate::{Estimators, Symbols};
use cutoff::largest_count_cutoff;
use serde::{Deserialize, Serialize};

/// What §3.1.4.1 asks for: 1,000 samples from each of 1,000 restarts.
const WANTED: usize = 1000;

/// The result of the restart tests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}

/// How the restart tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestartStatus {
    /// Both tests passed.
    Passed,
    /// Some row or column is more concentrated than `H_I` allows.
    SanityFailed,
    /// `min(H_r, H_c)` is below half of `H_I`.
    ValidationFailed,
    /// There are too few samples to estimate `H_r` and `H_c`.
    Invalid,
}

/// The restart sanity check, §3.1.4.3.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
    /// `H_I` outside `0..=bits`.
    #[error(
        "H_I = {h_i} bits/sample is not in 0..={bits}: it is the initial assessment of the same {bits}-bit source"
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
/// [`RestartError`] where the matrix or `h_i` cannot be tested. A failed test is not an error but a
/// [`RestartStatus`].
pub fn assess(
    matrix: &Symbols,
    rows: usize,
    columns: usize,
    h_i: f64,
) -> Result<RestartAssessment, RestartError> {
    if matrix.is_empty() {
        return Err(RestartError::Empty);
    }
    if rows.checked_mul(columns) != Some(matrix.len()) {
        return Err(RestartError::Shape { symbols: matrix.len(), rows, columns });
    }
    let bits = matrix.bits_per_symbol();
    if !(0.0..=f64::from(bits)).contains(&h_i) {
        return Err(RestartError::InitialEstimate { h_i, bits });
    }
    let row_data = matrix.literal();
    let column_data = transpose(row_data, rows, columns);
    let sanity = sanity_check(row_data, &column_data, rows, columns, h_i);
    let mut result = RestartAssessment {
        status: RestartStatus::SanityFailed,
        rows: rows as u64,
        columns: columns as u64,
        short: rows < WANTED || columns < WANTED,
        h_i,
        sanity,
        row: None,
        column: None,
        h_r: None,
        h_c: None,
        min_entropy_bits_per_sample: None,
        formula: "min(H_r, H_c, H_I), if min(H_r, H_c) >= H_I / 2 (SP 800-90B §3.1.4)".to_owned(),
        verdict: String::new(),
    };
    if sanity.passed {
        validate(&mut result, row_data, &column_data, matrix);
    }
    result.verdict = verdict::in_words(&result);
    Ok(result)
}

/// §3.1.4.2: the estimates of both data sets, and the comparison with `H_I`.
fn validate(result: &mut RestartAssessment, row_data: &[u8], column_data: &[u8], matrix: &Symbols) {
    let alphabet_size = matrix.alphabet_size();
    let width = f64::from(matrix.bits_per_symbol());
    let (row, column) = rayon::join(
        || literal_estimators(row_data, alphabet_size),
        || literal_estimators(column_data, alphabet_size),
    );
    let least = |set: &Estimators| {
        (!set.lacks_samples()).then(|| set.least().map(|(_, h)| h.min(width))).flatten()
    };
    (result.h_r, result.h_c) = (least(&row), least(&column));
    (result.row, result.column) = (Some(row), Some(column));
    result.status = match (result.h_r, result.h_c) {
        (Some(h_r), Some(h_c)) if h_r.min(h_c) < result.h_i / 2.0 => {
            RestartStatus::ValidationFailed
        }
        (Some(h_r), Some(h_c)) => {
            result.min_entropy_bits_per_sample = Some(h_r.min(h_c).min(result.h_i));
            RestartStatus::Passed
        }
        _ => RestartStatus::Invalid,
    };
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
mod tests {
    use super::*;

    fn noise(len: usize, bits: u8) -> Vec<u8> {
        let mut state = 99_u64;
        (0..len)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (state >> (64 - u32::from(bits))) as u8
            })
            .collect()
    }

    #[test]
    fn a_good_source_passes() {
        let matrix = Symbols::new(noise(10_000, 4), 4).unwrap();
        let result = assess(&matrix, 100, 100, 3.0).unwrap();
        assert!(result.sanity.passed && result.short, "{result:?}");
        assert_eq!(result.status, RestartStatus::Passed, "{}", result.verdict);
        let (h_r, h_c) = (result.h_r.unwrap(), result.h_c.unwrap());
        assert_eq!(result.min_entropy_bits_per_sample, Some(h_r.min(h_c).min(3.0)));
    }

    #[test]
    fn a_source_that_restarts_alike_fails_on_its_columns() {
        let row = noise(100, 4);
        let matrix = Symbols::new(row.repeat(100), 4).unwrap();
        let result = assess(&matrix, 100, 100, 3.0).unwrap();
        assert_eq!(result.status, RestartStatus::SanityFailed);
        assert_eq!(result.sanity.x_c, 100);
        assert_eq!((result.h_r, result.min_entropy_bits_per_sample), (None, None));
    }

    #[test]
    fn too_little_is_invalid_and_nonsense_is_an_error() {
        let matrix = Symbols::new(noise(100, 4), 4).unwrap();
        assert_eq!(assess(&matrix, 10, 10, 3.0).unwrap().status, RestartStatus::Invalid);
        assert!(matches!(assess(&matrix, 10, 11, 3.0), Err(RestartError::Shape { .. })));
        assert!(matches!(assess(&matrix, 10, 10, 4.5), Err(RestartError::InitialEstimate { .. })));
        let empty = Symbols::new(vec![], 4).unwrap();
        assert_eq!(assess(&empty, 0, 0, 1.0), Err(RestartError::Empty));
    }

    #[test]
    fn columns_are_columns() {
        assert_eq!(transpose(&[1, 2, 3, 4, 5, 6], 2, 3), [1, 4, 2, 5, 3, 6]);
    }
}
