// SPDX-License-Identifier: GPL-2.0-or-later
//! From a million samples to what a plot can show.

pub mod correlation;
pub mod histogram;
pub mod lag;
pub mod over_time;
pub mod ranked;
pub mod restart_blocks;
mod shapes;
mod spectrum;

use ranked::Ranked;
use restart_blocks::Matrix;
pub use shapes::{Cells, Envelope, Histogram, Line, Plots};

/// Reduces one boot's raw noise and restart matrix.
#[must_use]
pub fn plots(delta_ticks: &[u64], ranked: &Ranked, matrix: Option<Matrix<'_>>) -> Plots {
    let clipped = clipped(delta_ticks, ranked);
    Plots {
        histogram: histogram::by_ratio(ranked),
        core: histogram::core(ranked),
        over_time: over_time::envelope(delta_ticks),
        lag: lag::cells(delta_ticks, ranked),
        autocorrelation: correlation::autocorrelation(&clipped),
        spectrum: spectrum::welch(&clipped),
        restarts: matrix.and_then(restart_blocks::blocks),
    }
}

/// Deltas with the rarest 0.1 % at either end pulled in: one interrupt in a million samples is a thousand times
/// as long as the rest, and would be all that a correlation or a spectrum shows.
#[must_use]
pub fn clipped(delta_ticks: &[u64], ranked: &Ranked) -> Vec<f64> {
    let (low, high) = (ranked.quantile(0.001), ranked.quantile(0.999));
    delta_ticks.iter().map(|delta| (*delta).clamp(low, high) as f64).collect()
}
