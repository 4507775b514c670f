// SPDX-License-Identifier: GPL-2.0-or-later
//! Restart check of one boot's matrix: does noise after a restart begin alike?

use super::cutoff::restart_cutoff;
use super::{assess, digest};
use crate::format::{bits, count};
use crate::result::{RestartResult, Sanity, WorstLine};
use crate::taken::{RestartMatrix, TakenRun};
use crate::verdict::{Status, Verdict};

/// SP 800-90B §3.1.4.1: this many restarts, and this many samples after each.
const SIDE: usize = 1_000;

const METHOD: &str = "re-initialisation of the engine within one boot, not a reboot";
const FORMULA: &str = "sanity (SP 800-90B §3.1.4.3): the most frequent symbol of any row or column stays below the \
     cutoff at significance 0.01 for p = 2^−H_I; then min(H_r, H_c) ≥ H_I / 2 and H = min(H_I, H_r, H_c)";
const FALSE_ALARM: &str = "by design, 1 good source in 100 fails the sanity check";

/// Judges the matrix of `run` against `h_initial`, its assessed min-entropy in bits per sample.
pub(crate) fn result(
    run: &TakenRun,
    raw_gcd: u64,
    h_initial: Option<f64>,
) -> Option<RestartResult> {
    let matrix = run.restarts.as_ref()?;
    let mut result = RestartResult {
        rows: matrix.rows as u64,
        columns: matrix.columns as u64,
        sha256: digest::of_ticks(&matrix.delta_ticks),
        method: METHOD.to_owned(),
        sanity: Sanity::Invalid,
        h_initial,
        cutoff: None,
        worst_row: None,
        worst_column: None,
        h_rows: None,
        h_columns: None,
        min_entropy_bits_per_sample: None,
        verdict: Verdict::new(Status::Invalid, "", FORMULA),
    };
    let symbols = symbols(matrix, raw_gcd);
    result.worst_row =
        worst(matrix.rows, matrix.columns, |row, column| symbols[row * matrix.columns + column]);
    result.worst_column =
        worst(matrix.columns, matrix.rows, |column, row| symbols[row * matrix.columns + column]);
    if matrix.rows != SIDE || matrix.columns != SIDE {
        result.verdict.text = format!(
            "{} restarts of {} samples are not the {} x {} that SP 800-90B §3.1.4.1 asks for; nothing follows.",
            count(result.rows),
            count(result.columns),
            count(SIDE as u64),
            count(SIDE as u64)
        );
        return Some(result);
    }
    let Some(h_initial) = h_initial.filter(|h| *h > 0.0) else {
        result.verdict.text =
            "Without an assessed min-entropy of the run above 0 there is nothing to check against."
                .into();
        return Some(result);
    };
    let cutoff = restart_cutoff(h_initial, SIDE as u64);
    let worst =
        result.worst_row.into_iter().chain(result.worst_column).map(|line| line.count).max();
    let highest = worst.unwrap_or(0);
    result.cutoff = Some(cutoff);
    result.sanity = if highest < cutoff { Sanity::Passed } else { Sanity::Failed };
    let (status, text) = if run.isolated {
        // No precondition for a credit holds where another boot gives the same matrix.
        let outcome = if highest < cutoff { "passes" } else { "fails" };
        let text = format!(
            "The sanity check {outcome} here, and it means nothing: this boot was isolated, and another one gives \
             the same matrix again. A restart was {METHOD}."
        );
        (Status::Caution, text)
    } else if highest >= cutoff {
        let text = format!(
            "One value occurs {} times in a row or column of {}; at {} bits per sample fewer than {} are expected. \
             Noise after a restart is more alike than a long run suggests, so no min-entropy may be credited; the \
             run's figure is an upper limit only. A restart was {METHOD}.",
            count(highest),
            count(SIDE as u64),
            bits(h_initial),
            count(cutoff)
        );
        (Status::Failed, text)
    } else {
        credit(&mut result, symbols, h_initial)
    };
    result.verdict = Verdict::new(status, text, FORMULA).false_alarm(FALSE_ALARM);
    Some(result)
}

/// Assesses the row and the column data set of a matrix that passed the sanity check, and what they leave of
/// `h_initial`.
fn credit(result: &mut RestartResult, symbols: Vec<u8>, h_initial: f64) -> (Status, String) {
    let by_column =
        (0..SIDE).flat_map(|column| symbols.iter().skip(column).step_by(SIDE).copied()).collect();
    let assessed = |symbols| assess::assess_bytes(symbols).and_then(|assessed| assessed.h_bits);
    result.h_columns = assessed(by_column);
    result.h_rows = assessed(symbols);
    let (Some(rows), Some(columns)) = (result.h_rows, result.h_columns) else {
        return (Status::Invalid, "Rows and columns could not be assessed.".to_owned());
    };
    let lower = rows.min(columns);
    if lower < h_initial / 2.0 {
        let text = format!(
            "No value is too frequent, but rows or columns are assessed at {} bits per sample, below half of the \
             run's {}: no min-entropy may be credited. A restart was {METHOD}.",
            bits(lower),
            bits(h_initial)
        );
        return (Status::Failed, text);
    }
    let credited = h_initial.min(lower);
    result.min_entropy_bits_per_sample = Some(credited);
    let text = format!(
        "Noise after a restart is as varied as in a long run: {} bits per sample stand. A restart was {METHOD}; \
         reboots are not covered by this.",
        bits(credited)
    );
    (Status::Passed, text)
}

/// Low 8 bits after the divisor that run and matrix have in common, so that both have the same symbols.
fn symbols(matrix: &RestartMatrix, raw_gcd: u64) -> Vec<u8> {
    let divisor = assess::gcd(matrix.delta_ticks.iter().chain([&raw_gcd])).max(1);
    matrix.delta_ticks.iter().map(|delta| ((delta / divisor) & 0xff) as u8).collect()
}

/// The line (row or column) with the most frequent symbol; the first of several.
fn worst(lines: usize, length: usize, symbol: impl Fn(usize, usize) -> u8) -> Option<WorstLine> {
    let mut worst: Option<WorstLine> = None;
    for line in 0..lines {
        let mut counts = [0u64; 256];
        (0..length).for_each(|at| counts[usize::from(symbol(line, at))] += 1);
        let count = counts.into_iter().max().unwrap_or(0);
        if worst.is_none_or(|w| count > w.count) {
            worst = Some(WorstLine { index: line as u64, count });
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(delta_ticks: Vec<u64>, rows: usize, columns: usize) -> TakenRun {
        let restarts = Some(RestartMatrix { rows, columns, delta_ticks });
        TakenRun { restarts, ..TakenRun::default() }
    }

    /// 1,000,000 deltas of 8 even bits.
    fn even() -> Vec<u64> {
        let mut x = 1u64;
        std::iter::repeat_with(|| {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            x >> 56
        })
        .take(1_000_000)
        .collect()
    }

    #[test]
    fn even_noise_passes_and_is_credited_no_more_than_the_run() {
        let result = result(&run(even(), 1_000, 1_000), 1, Some(2.0)).expect("there is a matrix");
        assert_eq!(result.sanity, Sanity::Passed);
        assert_eq!(result.min_entropy_bits_per_sample, Some(2.0));
    }

    #[test]
    fn one_column_that_repeats_fails() {
        let mut deltas = even();
        deltas.iter_mut().skip(3).step_by(1_000).for_each(|delta| *delta = 77);
        let result = result(&run(deltas, 1_000, 1_000), 1, Some(2.0)).expect("there is a matrix");
        assert_eq!(result.sanity, Sanity::Failed);
        assert_eq!(result.worst_column, Some(WorstLine { index: 3, count: 1_000 }));
        assert_eq!(result.min_entropy_bits_per_sample, None);
    }

    #[test]
    fn a_small_matrix_is_invalid_never_failed() {
        let result = result(&run(vec![7; 100], 10, 10), 1, Some(2.0)).expect("there is a matrix");
        assert_eq!((result.sanity, result.verdict.status), (Sanity::Invalid, Status::Invalid));
    }
}
