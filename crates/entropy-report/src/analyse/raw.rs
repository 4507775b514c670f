// SPDX-License-Identifier: GPL-2.0-or-later
//! Raw noise of one boot: statistics, assessed min-entropy, and what it means under this accelerator.

use super::assess::{self, Assessed};
use super::{digest, reduce::Ranked};
use crate::format::{bits, count};
use crate::result::RawResult;
use crate::taken::TakenRun;
use crate::verdict::{Status, Verdict};
use sp800_90b::symbols::TickSymbols;

/// SP 800-90B §3.1.1: at least this many samples of one run.
pub(crate) const LEAST_SAMPLES: usize = 1_000_000;

const FORMULA: &str = "symbol = low 8 bits of delta / the counter's step; H = min over the estimators of SP 800-90B §6.3 that \
     are in the table; for the most common value, H = −log2(p + 2.576·√(p(1−p)/(n−1))), p = its share of n symbols";
const FALSE_ALARM: &str = "each bound is taken at 99 % confidence (two-sided), so an estimator puts about 1 run \
     in 200 above its own limit; a figure is an upper bound for what these estimators can see";

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
        verdict: verdict(run, assessed.as_ref(), h),
        estimators: assessed.map(|a| a.estimators).unwrap_or_default(),
    }
}

fn verdict(run: &TakenRun, assessed: Option<&Assessed>, h: Option<f64>) -> Verdict {
    let samples = count(run.raw.len() as u64);
    let (Some(assessed), Some(h)) = (assessed, h) else {
        let text = format!(
            "{samples} samples are too few: SP 800-90B §3.1.1 asks for {} of one run. No figure follows; the \
             estimators are shown only to give an idea.",
            count(LEAST_SAMPLES as u64)
        );
        return Verdict::new(Status::Invalid, text, FORMULA);
    };
    let figure = bits(h);
    let (status, text) = if run.isolated {
        let text = format!(
            "Looked at alone, this run seems to hold {figure} bits per sample. It is a count of instructions: \
             a second boot repeats it. What counts is the figure in the section on isolation."
        );
        (Status::Caution, text)
    } else if h < 0.001 {
        let text = format!(
            "The next delta can be foretold nearly always, as the estimator {} shows. No seed can be made from this \
             noise.",
            assess::title(assessed.binding.as_deref().unwrap_or_default())
        );
        (Status::Caution, text)
    } else {
        let text = format!(
            "A sample holds at most {figure} bits of min-entropy: the best single guess is right about {} of \
             the time. The estimator that binds is {}.",
            crate::format::share((-h).exp2()),
            assess::title(assessed.binding.as_deref().unwrap_or_default()),
        );
        (Status::Stated, text)
    };
    Verdict::new(status, text, FORMULA).false_alarm(FALSE_ALARM)
}
