// SPDX-License-Identifier: GPL-2.0-or-later
//! The result of a campaign: a row for each setting, with median and range over its boots, and the best setting.

mod heat;
mod text;

pub use heat::heat_map;
pub use text::{to_csv, to_terminal};

use std::collections::BTreeMap;

use chaos_wire::{Parameter, Workload};
use entropy_report::result::Spread;
use serde::Serialize;

use crate::cell::{CellRecord, Figures, Restarts, State};
use crate::folder::{Campaign, CellState};
use crate::plan::{Axis, Coordinates, Value};

/// The rule by which the best setting is chosen; printed with it.
pub const RULE: &str = "best: of the settings that pass, the one with the highest median of assessed bits per second. \
    A setting passes if all its boots are done, it is not isolated, its workload may be credited, every boot has an \
    assessed min-entropy H (the smaller of SP 800-90B's and, from 1,000,000 samples on, the informed one), the restart \
    check held in every boot, and its claim is at most half of the lowest H.";

/// The table of a campaign.
#[derive(Debug, Clone, Serialize)]
pub struct Table {
    pub campaign: String,
    pub plan_sha256: String,
    pub cells: usize,
    pub done: usize,
    pub failed: usize,
    /// Cells that are open, running or damaged.
    pub unfinished: usize,
    /// Axes with a single value, and that value.
    pub fixed: BTreeMap<&'static str, Value>,
    /// Keys of the axes with more.
    pub varying: Vec<&'static str>,
    pub rows: Vec<Row>,
    /// Index of the best row; null if none passes.
    pub best: Option<usize>,
    pub rule: &'static str,
}

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub setting: Coordinates,
    /// Its cells, by boot.
    pub cells: Vec<usize>,
    pub done: usize,
    pub failed: usize,
    /// Assessed min-entropy in bits per sample.
    pub h: Option<Spread>,
    pub samples_per_s: Option<Spread>,
    /// Assessed bits per second.
    pub bits_per_s: Option<Spread>,
    /// The worst of its boots.
    pub restarts: Restarts,
    /// Why it does not pass; null if it does.
    pub fails: Option<String>,
    /// For isolated settings, whose samples must repeat: SHA-256 of each boot's raw samples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub raw_sha256: Vec<String>,
}

impl Table {
    #[must_use]
    pub fn of(campaign: &Campaign) -> Self {
        let cells = campaign.cells();
        let plan = campaign.plan();
        let mut by_setting: BTreeMap<Coordinates, Vec<(usize, Option<CellRecord>)>> =
            BTreeMap::new();
        let (mut done, mut failed) = (0, 0);
        for cell in cells {
            let record = match cell.state {
                CellState::Finished(record) => Some(*record),
                CellState::Running(_) | CellState::Open | CellState::Torn(_) => None,
            };
            match record.as_ref().map(|record| record.state) {
                Some(State::Done) => done += 1,
                Some(State::Failed) => failed += 1,
                None => {}
            }
            by_setting.entry(cell.coordinates.setting()).or_default().push((cell.number, record));
        }
        let settings = plan.settings();
        let rows: Vec<Row> = settings
            .into_iter()
            .map(|setting| {
                let cells = by_setting.remove(&setting).unwrap_or_default();
                Row::of(setting, &cells)
            })
            .collect();
        let rate = |row: &Row| row.bits_per_s.map_or(0.0, |spread| spread.median);
        let passing = rows.iter().enumerate().filter(|(_, row)| row.fails.is_none());
        // Of equal settings, use the first in the plan.
        let best = passing.fold(None, |best: Option<(usize, &Row)>, (index, row)| match best {
            Some((_, held)) if rate(held) >= rate(row) => best,
            _ => Some((index, row)),
        });
        let best = best.map(|(index, _)| index);
        let varying = plan.varying();
        let fixed = Axis::all().filter(|axis| !varying.contains(axis));
        // Isolated settings observe their health tests, whatever the plan's own value.
        let fixed = fixed.filter_map(|axis| {
            let values: Vec<_> = rows.iter().filter_map(|row| row.setting.get(axis)).collect();
            let first = (*values.first()?).clone();
            values.iter().all(|value| **value == first).then_some((axis.key(), first))
        });
        let fixed = fixed.collect();
        Self {
            campaign: campaign.name().to_owned(),
            plan_sha256: campaign.plan_sha256().to_owned(),
            cells: campaign.cell_count(),
            done,
            failed,
            unfinished: campaign.cell_count() - done - failed,
            fixed,
            varying: varying.into_iter().map(Axis::key).collect(),
            rows,
            best,
            rule: RULE,
        }
    }
}

impl Row {
    fn of(setting: Coordinates, cells: &[(usize, Option<CellRecord>)]) -> Self {
        let records = || cells.iter().filter_map(|(_, record)| record.as_ref());
        let figures: Vec<&Figures> =
            records().filter_map(|record| record.figures.as_ref()).collect();
        let count = |state| records().filter(|record| record.state == state).count();
        let (done, failed) = (count(State::Done), count(State::Failed));
        let spread =
            |figure: fn(&Figures) -> Option<f64>| Spread::of(figures.iter().map(|of| figure(of)));
        let restarts = figures.iter().map(|of| of.restarts).min().unwrap_or_default();
        let isolated = setting.is_isolated();
        let hashes = figures.iter().filter(|_| isolated).filter_map(|of| of.raw_sha256.clone());
        let mut row = Self {
            cells: cells.iter().map(|(number, _)| *number).collect(),
            done,
            failed,
            h: spread(|of| of.h),
            samples_per_s: spread(|of| of.samples_per_s),
            bits_per_s: spread(|of| of.bits_per_s),
            restarts,
            fails: None,
            raw_sha256: hashes.collect(),
            setting,
        };
        let reason = records().find(|record| record.state == State::Failed);
        row.fails = row.why_not(reason.map(CellRecord::short_reason), figures.len());
        row
    }

    /// Why the setting does not pass, by [`RULE`].
    fn why_not(&self, failure: Option<&str>, with_figures: usize) -> Option<String> {
        if let Some(reason) = failure {
            return Some(format!("{} of {} boots failed: {reason}", self.failed, self.cells.len()));
        }
        if self.done < self.cells.len() {
            return Some(format!("{} of {} boots done", self.done, self.cells.len()));
        }
        if self.setting.is_isolated() {
            return Some("isolated: time is a count of instructions".to_owned());
        }
        let workload = Workload::from_word(&self.setting.text(Axis::Engine(Parameter::Workload)));
        if !workload.is_some_and(Workload::is_credited) {
            return Some("the workload is a lesson and is never credited".to_owned());
        }
        let Some(h) = self.h.filter(|h| h.boots as usize == with_figures) else {
            return Some("no assessed min-entropy (it needs 1,000,000 samples)".to_owned());
        };
        match self.restarts {
            Restarts::Failed => return Some("the restart check failed".to_owned()),
            Restarts::NotChecked => return Some("the restart check was not made".to_owned()),
            Restarts::Held => {}
        }
        let claim = match self.setting.get(Axis::Engine(Parameter::Claim)) {
            Some(Value::Number(millibits)) => *millibits as f64 / 1000.0,
            _ => f64::INFINITY,
        };
        (claim > h.low / 2.0).then(|| {
            format!("the claim of {claim} bits is more than half of the lowest H, {:.3}", h.low)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    fn records(workload: &str, condition: &str, figures: &[Figures]) -> Row {
        let plan = format!(
            "boots = {}\n[grid]\nguest = \"linux\"\nworkload = \"{workload}\"\ncondition = \"{condition}\"\n",
            figures.len()
        );
        let plan = Plan::parse(&plan, "plan").unwrap();
        let cells: Vec<_> = plan
            .cells()
            .into_iter()
            .zip(figures)
            .enumerate()
            .map(|(cell, (coordinates, figures))| {
                let record = CellRecord {
                    schema: 1,
                    plan_sha256: String::new(),
                    cell,
                    coordinates,
                    state: State::Done,
                    reason: None,
                    started_utc: String::new(),
                    ended_utc: String::new(),
                    seconds: 1.0,
                    host: String::new(),
                    figures: Some(figures.clone()),
                };
                (cell, Some(record))
            })
            .collect();
        Row::of(plan.settings().remove(0), &cells)
    }

    fn figures(h: f64, restarts: Restarts) -> Figures {
        Figures { h: Some(h), bits_per_s: Some(h * 1000.0), restarts, ..Figures::default() }
    }

    #[test]
    fn a_setting_passes_by_the_rule_and_by_nothing_else() {
        let held = |h| figures(h, Restarts::Held);
        let row = records("dram", "ordinary", &[held(2.0), held(0.25)]);
        assert_eq!(row.fails, None);
        assert_eq!(
            row.bits_per_s.map(|rate| (rate.low, rate.median, rate.high)),
            Some((250.0, 1125.0, 2000.0))
        );
        let fails = |row: Row| row.fails.unwrap();
        assert!(
            fails(records("dram", "ordinary", &[held(2.0), held(0.24)])).contains("more than half")
        );
        assert!(
            fails(records("hash-branchy", "ordinary", &[held(2.0)])).contains("never credited")
        );
        assert!(fails(records("dram", "isolated", &[held(2.0)])).contains("isolated"));
        let one_failed = [held(2.0), figures(2.0, Restarts::Failed)];
        assert!(fails(records("dram", "ordinary", &one_failed)).contains("restart check failed"));
        let unchecked = [held(2.0), figures(2.0, Restarts::NotChecked)];
        assert!(fails(records("dram", "ordinary", &unchecked)).contains("not made"));
        let short = [held(2.0), Figures { restarts: Restarts::Held, ..Figures::default() }];
        assert!(fails(records("dram", "ordinary", &short)).contains("1,000,000"));
    }

    #[test]
    fn an_open_or_failed_boot_keeps_its_setting_from_passing() {
        let row = records("dram", "ordinary", &[figures(2.0, Restarts::Held)]);
        let open = Row { cells: vec![0, 1], ..row.clone() };
        assert_eq!(open.why_not(None, 1).as_deref(), Some("1 of 2 boots done"));
        let failed = Row { failed: 1, ..open };
        assert!(
            failed
                .why_not(Some("no memory"), 1)
                .unwrap()
                .contains("1 of 2 boots failed: no memory")
        );
    }
}
