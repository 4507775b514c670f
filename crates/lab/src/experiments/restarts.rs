// SPDX-License-Identifier: GPL-2.0-or-later
//! 8: the first samples after each of many starts: isolated and ordinary reboots, compared with re-initialisation.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};

use crate::{Found, Guests};

/// Boots under each condition.
const BOOTS: usize = 20;
/// Samples per start that are compared.
const COLUMNS: usize = 1000;

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let arguments = format!("uchaos.job=raw:{COLUMNS} uchaos.health=observe");
    let mut reboots = |isolated| -> Result<Vec<Vec<u64>>> {
        let commands = found.commands.len();
        let rows: Result<Vec<_>> = (0..BOOTS)
            .map(|_| guests.bare(&mut found, isolated, &arguments).map(|run| run.raw))
            .collect();
        // They are all the same.
        found.commands.truncate(commands + 1);
        rows
    };
    let (ordinary, isolated) = (reboots(false)?, reboots(true)?);
    let arguments = format!("uchaos.job=restart:{BOOTS}x{COLUMNS} uchaos.health=observe");
    let matrix =
        guests.bare(&mut found, false, &arguments)?.restarts.context("no restart matrix")?;
    let again: Vec<Vec<u64>> = matrix.delta_ticks.chunks(COLUMNS).map(<[u64]>::to_vec).collect();
    let mut rows = Vec::new();
    let mut constant = Vec::new();
    for (name, starts) in [
        ("reboots, ordinary", &ordinary),
        ("reboots, isolated", &isolated),
        ("re-initialisations in one boot", &again),
    ] {
        let seen = Seen::of(starts);
        rows.push(vec![
            name.to_owned(),
            seen.different.to_string(),
            format!("{} of {BOOTS}", seen.most_at_first),
            format!("{} of {COLUMNS}", seen.constant_columns),
            format!("{} of {COLUMNS}", seen.most_in_row),
            format!("{} of {BOOTS}", seen.most_in_column),
        ]);
        constant.push(seen.different);
    }
    let heads = [
        "starts",
        "different rows",
        "most common first sample",
        "columns that never change",
        "most common value in a row, worst case",
        "most common value in a column, worst case",
    ];
    let caption = format!("{BOOTS} starts of each kind, {COLUMNS} samples after each");
    found.table(&caption, &heads, rows);
    let (rows_ordinary, rows_isolated) = (ordinary, isolated);
    let [ordinary, isolated, again] = constant[..] else {
        anyhow::bail!("there must be three kinds of starts")
    };
    found.conclusion = format!(
        "Of {BOOTS} starts, {ordinary} differ among ordinary reboots, {isolated} among isolated ones, and {again} among \
         re-initialisations of one boot. An ordinary reboot has {} different values in {COLUMNS} samples, an isolated one {}.",
        different_in_first(&rows_ordinary),
        different_in_first(&rows_isolated)
    );
    Ok(found)
}

/// The findings in a set of starts.
struct Seen {
    /// Rows that differ from all earlier rows.
    different: usize,
    most_at_first: usize,
    constant_columns: usize,
    most_in_row: usize,
    most_in_column: usize,
}

impl Seen {
    fn of(starts: &[Vec<u64>]) -> Self {
        let columns: Vec<Vec<u64>> = (0..COLUMNS)
            .map(|column| starts.iter().filter_map(|row| row.get(column)).copied().collect())
            .collect();
        let worst = |lines: &[Vec<u64>]| lines.iter().map(|line| most(line)).max().unwrap_or(0);
        Self {
            different: starts.iter().collect::<BTreeSet<_>>().len(),
            most_at_first: columns.first().map_or(0, |column| most(column)),
            constant_columns: columns.iter().filter(|column| most(column) == starts.len()).count(),
            most_in_row: worst(starts),
            most_in_column: worst(&columns),
        }
    }
}

/// Different values in the first row.
fn different_in_first(rows: &[Vec<u64>]) -> usize {
    rows.first().map_or(0, |row| row.iter().collect::<BTreeSet<_>>().len())
}

/// How often the most common value occurs.
fn most(values: &[u64]) -> usize {
    let mut counts = BTreeMap::new();
    values.iter().for_each(|value| *counts.entry(value).or_insert(0) += 1);
    counts.into_values().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_that_repeat_are_seen() {
        let row: Vec<u64> = (0..COLUMNS as u64).collect();
        let same = Seen::of(&vec![row.clone(); BOOTS]);
        assert_eq!(
            (same.different, same.most_at_first, same.constant_columns),
            (1, BOOTS, COLUMNS)
        );
        assert_eq!((same.most_in_row, same.most_in_column), (1, BOOTS));
        let shifted: Vec<Vec<u64>> =
            (0..BOOTS as u64).map(|by| row.iter().map(|value| value + by).collect()).collect();
        let shifted = Seen::of(&shifted);
        assert_eq!(
            (shifted.different, shifted.most_at_first, shifted.constant_columns),
            (BOOTS, 1, 0)
        );
    }
}
