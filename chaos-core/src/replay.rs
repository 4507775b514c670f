// SPDX-License-Identifier: GPL-2.0-or-later
//! A clock that plays recorded deltas, for looking at a run again: the same deltas give the same bytes.

use crate::clock::{Clock, ClockKind};

/// Recorded deltas as a clock. Each read of the counter advances by one delta; after the last it stands still, which the
/// engine answers with [`crate::Error::ClockStuck`].
#[derive(Debug, Clone)]
pub struct ReplayClock<'a> {
    delta_ticks: core::slice::Iter<'a, u64>,
    now: u64,
}

impl<'a> ReplayClock<'a> {
    /// Plays deltas in ticks, as [`crate::EntropySource::raw`] gives them, from a counter value of `begin_ticks`.
    #[must_use]
    pub fn new(delta_ticks: &'a [u64], begin_ticks: u64) -> Self {
        Self { delta_ticks: delta_ticks.iter(), now: begin_ticks }
    }

    /// Deltas that were not played yet.
    #[must_use]
    pub fn left(&self) -> usize {
        self.delta_ticks.len()
    }
}

impl Clock for ReplayClock<'_> {
    fn begin(&mut self) -> u64 {
        self.now
    }

    fn ticks(&mut self) -> u64 {
        let delta = self.delta_ticks.next().copied().unwrap_or(0);
        self.now = self.now.wrapping_add(delta);
        self.now
    }

    fn relax(&mut self) {}

    /// The clock that was recorded passed the check; its ticks would not be here otherwise.
    fn time_work(&mut self, units: u32) -> u64 {
        u64::from(units)
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Replay
    }
}
