// SPDX-License-Identifier: GPL-2.0-or-later
//! Deltas in rising order.

use crate::distance::sorted;

/// Deltas in rising order, with the counter's step: what several reductions need.
#[derive(Debug)]
pub struct Ranked {
    pub(super) sorted: Vec<u64>,
    pub(super) step_ticks: u64,
}

impl Ranked {
    /// Ranks `delta_ticks`; the counter's step is known already: for a fraction of a tick the ticks of several steps.
    #[must_use]
    pub fn new(delta_ticks: &[u64], step_ticks: u64) -> Self {
        Self { sorted: sorted(delta_ticks), step_ticks: step_ticks.max(1) }
    }

    /// The delta below which `share` (0 to 1) of all lie; 0 where there are none.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let last = self.sorted.len().saturating_sub(1);
        let at = (share * last as f64).round() as usize;
        self.sorted.get(at.min(last)).copied().unwrap_or(0)
    }

    /// How many different values there are.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.sorted.chunk_by(|a, b| a == b).count() as u64
    }
}

/// The median, of deltas of which nothing else is needed; none of none.
#[must_use]
pub fn median(delta_ticks: &[u64]) -> Option<u64> {
    let mut deltas = delta_ticks.to_vec();
    let middle = deltas.len() / 2;
    (!deltas.is_empty()).then(|| *deltas.select_nth_unstable(middle).1)
}
