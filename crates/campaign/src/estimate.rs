// SPDX-License-Identifier: GPL-2.0-or-later
//! Estimates the remaining time of a campaign: from the finished cells, or before the first one from the plan.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::folder::{Campaign, Cell, CellState};
use crate::plan::Axis;

impl Campaign {
    /// Time for the unfinished cells, one at a time; `None` while nothing is known. The guests differ
    /// most, so each is estimated from its own cells if it has any.
    #[must_use]
    pub fn remaining(&self, cells: &[Cell]) -> Option<Duration> {
        let mut by_guest: BTreeMap<String, (f64, usize)> = BTreeMap::new();
        let mut open: BTreeMap<String, usize> = BTreeMap::new();
        for cell in cells {
            let guest = cell.coordinates.text(Axis::Guest);
            match &cell.state {
                CellState::Finished(record) => {
                    let entry = by_guest.entry(guest).or_default();
                    *entry = (entry.0 + record.seconds, entry.1 + 1);
                }
                CellState::Running(_) | CellState::Open => *open.entry(guest).or_default() += 1,
                CellState::Torn(_) => {}
            }
        }
        let (seconds, count) =
            by_guest.values().fold((0.0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        let overall =
            (count > 0).then(|| seconds / count as f64).or(self.plan().seconds_per_boot)?;
        let total: f64 = open
            .iter()
            .map(|(guest, open)| {
                let own = by_guest.get(guest).map(|(seconds, count)| seconds / *count as f64);
                own.unwrap_or(overall) * *open as f64
            })
            .sum();
        Some(Duration::from_secs_f64(total))
    }
}
