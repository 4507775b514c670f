// SPDX-License-Identifier: GPL-2.0-or-later
//! Restart check of one boot's matrix: do samples at the same position repeat from restart to restart?

use crate::result::{RestartResult, Sanity};
use crate::taken::{RestartMatrix, TakenRun};
use crate::verdict::Verdict;
use sample_stats::{digest, restart_lines};
use sp800_90b::Symbols;
use sp800_90b::restart;
use sp800_90b::symbols::CounterStep;

/// SP 800-90B §3.1.4.1: this many restarts, and this many samples after each.
const SIDE: usize = 1_000;

const REINITIALISATION: &str = "re-initialisation of the engine within one boot, not a reboot";
const POWER_ON: &str = "a power-on boot of the guest";
const COMPUTER_RESTART: &str = "a restart of the computer";
const PROCESS_START: &str = "a start of the process";
const FORMULA: &str = "sanity (SP 800-90B §3.1.4.3): the most frequent symbol of any row or column stays within the \
     cutoff at significance 0.01 for p = 2^−H_I; then min(H_r, H_c) ≥ H_I / 2 and H = min(H_I, H_r, H_c)";
const FALSE_ALARM: &str = "by design, 1 good source in 100 fails the sanity check";

/// Checks the matrix of re-initialisations in `run` against `h_initial`, its assessed min-entropy in bits per sample.
pub(crate) fn reinitialised(
    run: &TakenRun,
    raw_step: Option<&CounterStep>,
    h_initial: Option<f64>,
) -> Option<RestartResult> {
    result(run, run.restarts.as_ref()?, REINITIALISATION, raw_step, h_initial)
}

/// The same for the matrix of true starts.
pub(crate) fn started(
    run: &TakenRun,
    raw_step: Option<&CounterStep>,
    h_initial: Option<f64>,
) -> Option<RestartResult> {
    let method = match run.accel.as_str() {
        "host" => PROCESS_START,
        "hardware" => COMPUTER_RESTART,
        _ => POWER_ON,
    };
    result(run, run.starts.as_ref()?, method, raw_step, h_initial)
}

fn result(
    run: &TakenRun,
    matrix: &RestartMatrix,
    method: &str,
    raw_step: Option<&CounterStep>,
    h_initial: Option<f64>,
) -> Option<RestartResult> {
    let mut result = RestartResult {
        rows: matrix.rows as u64,
        columns: matrix.columns as u64,
        sha256: digest::of_ticks(&matrix.delta_ticks),
        method: method.to_owned(),
        sanity: Sanity::Invalid,
        h_initial,
        cutoff: None,
        worst_row: None,
        worst_column: None,
        h_rows: None,
        h_columns: None,
        min_entropy_bits_per_sample: None,
        verdict: Verdict::unstated(FORMULA).false_alarm(FALSE_ALARM),
    };
    let symbols = restart_lines::symbols(&matrix.delta_ticks, raw_step);
    result.worst_row = restart_lines::worst_row(&symbols, matrix.columns);
    result.worst_column = restart_lines::worst_column(&symbols, matrix.columns);
    if matrix.rows != SIDE || matrix.columns != SIDE {
        return Some(result);
    }
    let Some(h_initial) = h_initial.filter(|h| *h > 0.0) else { return Some(result) };
    let tested = Symbols::new(symbols, 8)
        .ok()
        .and_then(|symbols| restart::assess(&symbols, SIDE, SIDE, h_initial).ok());
    let Some(tested) = tested else { return Some(result) };
    result.cutoff = Some(tested.sanity.cutoff_r);
    result.sanity = if tested.sanity.passed { Sanity::Passed } else { Sanity::Failed };
    result.h_rows = tested.h_r;
    result.h_columns = tested.h_c;
    // No precondition for a credit holds where another boot gives the same matrix.
    result.min_entropy_bits_per_sample =
        tested.min_entropy_bits_per_sample.filter(|_| !run.isolated);
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::WorstLine;

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
        let result =
            reinitialised(&run(even(), 1_000, 1_000), None, Some(2.0)).expect("there is a matrix");
        assert_eq!(result.sanity, Sanity::Passed);
        assert_eq!(result.min_entropy_bits_per_sample, Some(2.0));
    }

    #[test]
    fn one_column_that_repeats_fails() {
        let mut deltas = even();
        deltas.iter_mut().skip(3).step_by(1_000).for_each(|delta| *delta = 77);
        let result =
            reinitialised(&run(deltas, 1_000, 1_000), None, Some(2.0)).expect("there is a matrix");
        assert_eq!(result.sanity, Sanity::Failed);
        assert_eq!(result.worst_column, Some(WorstLine { index: 3, count: 1_000 }));
        assert_eq!(result.min_entropy_bits_per_sample, None);
    }

    #[test]
    fn a_small_matrix_is_invalid_never_failed() {
        let result =
            reinitialised(&run(vec![7; 100], 10, 10), None, Some(2.0)).expect("there is a matrix");
        assert_eq!((result.sanity, result.held()), (Sanity::Invalid, None));
    }

    #[test]
    fn a_matrix_of_true_starts_is_checked_like_any_and_names_its_method() {
        let mut starts = run(even(), 1_000, 1_000);
        starts.starts = starts.restarts.take();
        assert!(reinitialised(&starts, None, Some(2.0)).is_none());
        let guest = started(&starts, None, Some(2.0)).expect("there is a matrix");
        assert_eq!((guest.sanity, guest.method.as_str()), (Sanity::Passed, POWER_ON));
        starts.accel = "host".to_owned();
        let host = started(&starts, None, Some(2.0)).expect("there is a matrix");
        assert_eq!(host.method, PROCESS_START);
    }
}
