// SPDX-License-Identifier: GPL-2.0-or-later
//! Raw noise of one boot: statistics and assessed min-entropy.

use super::assess;
use crate::claim::LEAST_SAMPLES;
use crate::result::RawResult;
use crate::taken::TakenRun;
use crate::verdict::Verdict;
use sample_stats::{Ranked, digest, plots::ranked};
use sp800_90b::symbols::TickSymbols;

const FORMULA: &str = "symbol = low 8 bits of delta / the counter's step; H = min over the estimators of SP 800-90B §6.3 that \
     are in the table; for the most common value, H = −log2(p + 2.576·√(p(1−p)/(n−1))), p = its share of n symbols";
/// Assesses the raw noise of `run`; `made` are the symbols of its deltas.
pub(crate) fn result(run: &TakenRun, made: &TickSymbols, ranked: &Ranked) -> RawResult {
    let assessed = assess::assess(&made.symbols);
    let enough = run.raw.len() >= LEAST_SAMPLES;
    let h = assessed.as_ref().filter(|_| enough).and_then(|a| a.h_bits);
    RawResult {
        samples: run.raw.len() as u64,
        sha256: digest::of_ticks(&run.raw),
        gcd_ticks: made.step.gcd_ticks,
        step: made.step,
        min_delta_ticks: ranked.quantile(0.0),
        median_delta_ticks: ranked.quantile(0.5),
        max_delta_ticks: ranked.quantile(1.0),
        distinct: ranked.distinct(),
        min_entropy_bits_per_sample: h,
        binding: assessed.as_ref().and_then(|a| a.binding.clone()),
        verdict: Verdict::unstated(FORMULA),
        estimators: assessed.map(|a| a.estimators).unwrap_or_default(),
    }
}

/// Assessed min-entropy and median delta of a boot of which nothing else is shown.
pub(crate) fn figures(run: &TakenRun, made: &TickSymbols) -> (Option<f64>, Option<u64>) {
    let enough = run.raw.len() >= LEAST_SAMPLES;
    let h = assess::assess(&made.symbols).filter(|_| enough).and_then(|a| a.h_bits);
    (h, ranked::median(&run.raw))
}
