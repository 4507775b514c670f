// SPDX-License-Identifier: GPL-2.0-or-later
//! From a million samples to what a plot can show.

pub(crate) mod correlation;
pub(crate) mod histogram;
pub(crate) mod lag;
pub(crate) mod over_time;
mod restarts;
mod spectrum;

use crate::result::Plots;
use crate::taken::RestartMatrix;

/// Deltas in rising order, with the counter's step: what several reductions need.
#[derive(Debug)]
pub(crate) struct Ranked {
    sorted: Vec<u64>,
    step_ticks: u64,
}

impl Ranked {
    /// Ranks `delta_ticks`; the counter's step is known already: for a fraction of a tick the ticks of several steps.
    pub(crate) fn new(delta_ticks: &[u64], step_ticks: u64) -> Self {
        let mut sorted = delta_ticks.to_vec();
        sorted.sort_unstable();
        Self { sorted, step_ticks: step_ticks.max(1) }
    }

    /// The delta below which `share` (0 to 1) of all lie; 0 where there are none.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        let last = self.sorted.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.sorted.get(at.min(last)).copied().unwrap_or(0)
    }

    /// How many different values there are.
    pub(crate) fn distinct(&self) -> u64 {
        self.sorted.chunk_by(|a, b| a == b).count() as u64
    }
}

/// Reduces one boot's raw noise and restart matrix.
pub(crate) fn plots(delta_ticks: &[u64], ranked: &Ranked, matrix: Option<&RestartMatrix>) -> Plots {
    let clipped = clipped(delta_ticks, ranked);
    Plots {
        histogram: histogram::by_ratio(ranked),
        core: histogram::core(ranked),
        over_time: over_time::envelope(delta_ticks),
        lag: lag::cells(delta_ticks, ranked),
        autocorrelation: correlation::autocorrelation(&clipped),
        spectrum: spectrum::welch(&clipped),
        restarts: matrix.and_then(restarts::blocks),
    }
}

/// Deltas with the rarest 0.1 % at either end pulled in: one interrupt in a million samples is a thousand times
/// as long as the rest, and would be all that a correlation or a spectrum shows.
pub(crate) fn clipped(delta_ticks: &[u64], ranked: &Ranked) -> Vec<f64> {
    let (low, high) = (ranked.quantile(0.001), ranked.quantile(0.999));
    delta_ticks.iter().map(|delta| (*delta).clamp(low, high) as f64).collect()
}
