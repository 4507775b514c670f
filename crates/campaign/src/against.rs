// SPDX-License-Identifier: GPL-2.0-or-later
//! Compares two campaigns of one plan. Equal means: the same cells with the same coordinates and states, and
//! for isolated cells, whose time is a count of instructions, the same samples, stream and restart rows (by SHA-256), the
//! same assessed min-entropy and the same restart check. Figures of ordinary cells are measurements and are not compared.

use crate::cell::{CellRecord, State};
use crate::folder::{Campaign, CellState};

/// The differences, a line each; empty for equal campaigns.
#[must_use]
pub fn differences(one: &Campaign, other: &Campaign) -> Vec<String> {
    let plans: Vec<String> = one.plan().differences(other.plan());
    if !plans.is_empty() {
        return plans.into_iter().map(|line| format!("the plans differ: {line}")).collect();
    }
    let cells = one.cells().into_iter().zip(other.cells());
    cells
        .filter_map(|(one, other)| {
            let what = difference(&one.state, &other.state)?;
            Some(format!("cell {} ({}): {what}", one.number, one.coordinates))
        })
        .collect()
}

fn difference(one: &CellState, other: &CellState) -> Option<String> {
    let (one, other) = match (one, other) {
        (CellState::Finished(one), CellState::Finished(other)) => (one, other),
        (CellState::Finished(_), other) => {
            return Some(format!("finished here, {} there", word(other)));
        }
        (one, _) => return Some(format!("{} here", word(one))),
    };
    if one.state != other.state {
        let word = |record: &CellRecord| match record.state {
            State::Done => "done",
            State::Failed => "failed",
        };
        return Some(format!("{} here, {} there", word(one), word(other)));
    }
    if !one.coordinates.is_isolated() {
        return None;
    }
    let figures = |record: &CellRecord| {
        let figures = record.figures.as_ref();
        figures.map(|of| {
            [
                ("samples", format!("{} {:?}", of.samples, of.raw_sha256)),
                ("stream", format!("{:?}", of.stream_sha256)),
                ("restart rows", format!("{:?}", of.restarts_sha256)),
                ("assessed min-entropy", format!("{:?}", of.h)),
                ("restart check", of.restarts.text().to_owned()),
            ]
        })
    };
    let pairs = figures(one).into_iter().flatten().zip(figures(other).into_iter().flatten());
    let differing: Vec<String> = pairs
        .filter(|(one, other)| one != other)
        .map(|((what, one), (_, other))| format!("{what}: {one} here, {other} there"))
        .collect();
    (!differing.is_empty()).then(|| differing.join("; "))
}

fn word(state: &CellState) -> &'static str {
    match state {
        CellState::Finished(_) => "finished",
        CellState::Running(_) => "running",
        CellState::Open => "open",
        CellState::Torn(_) => "damaged",
    }
}
