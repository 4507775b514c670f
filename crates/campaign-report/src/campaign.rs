// SPDX-License-Identifier: GPL-2.0-or-later
//! A campaign read from its folder: cells that ended, and the number planned.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use rayon::prelude::*;
use run_store::{Cell, CellState, Place, Row};
use serde::Deserialize;

/// Cells of one plan.
#[derive(Debug, Default)]
pub(crate) struct Campaign {
    pub name: String,
    pub plan_sha256: String,
    /// Number of cells in the plan; `None` if `campaign.json` does not say.
    pub planned: Option<usize>,
    /// Sorted by number.
    pub items: Vec<Item>,
    /// Cells whose files could not be read, with the reason.
    pub torn: Vec<String>,
}

/// One cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Item {
    pub cell: i64,
    /// The name of its folder.
    pub folder: String,
    pub coordinates: BTreeMap<String, String>,
    /// Assessed min-entropy, bits per sample.
    pub h: Option<f64>,
    /// The restart check: true if it passed.
    pub held: Option<bool>,
    /// Why there is no figure.
    pub reason: Option<String>,
    pub failed: bool,
    /// When it ended, seconds since 1970.
    pub ended_s: Option<i64>,
    pub cpu: String,
    pub accelerator: String,
    pub guest: String,
    pub has_report: bool,
}

#[derive(Debug, Default, Deserialize)]
struct About {
    cells: Option<usize>,
}

const UNKNOWN: &str = "unknown";

/// Reads a campaign.
///
/// # Errors
/// Returns an error if the folder has no cells that ended.
pub(crate) fn read(folder: &Path) -> Result<Campaign> {
    let whole = fs_err::canonicalize(folder)?;
    let places = run_store::cells(Path::new("runs"), &whole)?;
    ensure!(
        !places.is_empty(),
        "{} has no cell that ended (cells/NNNNN/cell.json): give the folder of a campaign, or run it first",
        folder.display()
    );
    let found: Vec<Result<(Item, String)>> = places.par_iter().map(item).collect();
    let mut torn = Vec::new();
    let mut items = Vec::new();
    let mut plan_sha256 = String::new();
    for cell in found {
        match cell {
            Ok((item, plan)) => {
                items.push(item);
                plan_sha256 = plan;
            }
            Err(error) => torn.push(format!("{error:#}")),
        }
    }
    items.sort_by_key(|item| item.cell);
    let about = std::fs::read(whole.join("campaign.json")).ok();
    let about =
        about.and_then(|text| serde_json::from_slice::<About>(&text).ok()).unwrap_or_default();
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Campaign { name, plan_sha256, planned: about.cells, items, torn })
}

fn item(place: &Place) -> Result<(Item, String)> {
    let of = place.cell.as_ref().context("a place of a campaign has a cell")?;
    let cell = Cell::read(&of.folder)?;
    let coordinates: BTreeMap<String, String> = cell
        .coordinates
        .keys()
        .filter_map(|key| Some((key.clone(), cell.coordinate(key)?)))
        .collect();
    let one_of = |names: &[&str]| names.iter().find_map(|name| coordinates.get(*name)).cloned();
    let mut item = Item {
        cell: cell.cell,
        folder: of.folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        ended_s: cell.ended_utc.as_deref().and_then(seconds),
        cpu: one_of(&["cpu"]).unwrap_or_else(|| UNKNOWN.into()),
        accelerator: one_of(&["accelerator", "accel"]).unwrap_or_else(|| UNKNOWN.into()),
        guest: one_of(&["guest", "target"]).unwrap_or_else(|| UNKNOWN.into()),
        failed: cell.state == CellState::Failed,
        reason: cell.reason.clone(),
        has_report: place.folder.join("report.html").is_file(),
        ..Item::default()
    };
    item.coordinates = coordinates;
    if item.failed {
        item.reason.get_or_insert_with(|| "no reason recorded".into());
    } else if let Some(figures) = &cell.figures {
        item.h = figures.h_assessed;
        item.held = match figures.restarts.as_deref() {
            Some("held" | "passed") => Some(true),
            Some("failed") => Some(false),
            _ => None,
        };
        if let Some(cpu) = &figures.cpu_brand {
            item.cpu.clone_from(cpu);
        }
        if let Some(accelerator) = &figures.accelerator {
            item.accelerator.clone_from(accelerator);
        }
    } else {
        of_run(&mut item, &run_store::rows(place)?);
    }
    if item.h.is_none() && item.reason.is_none() {
        item.reason = Some(
            "no assessed min-entropy: too few samples, or a condition that is not assessed".into(),
        );
    }
    Ok((item, cell.plan_sha256))
}

/// Uses the figures of the run if the cell itself has none.
fn of_run(item: &mut Item, rows: &[Row]) {
    let row = rows.iter().find(|row| row.h.is_some()).or(rows.first());
    let Some(row) = row else { return };
    item.failed = row.state.as_deref() == Some("failed");
    item.h = row.h;
    item.held = row.restarts.as_deref().map(|verdict| verdict == "passed");
    item.reason.clone_from(&row.reason);
    for (known, found) in [(&mut item.cpu, &row.cpu), (&mut item.accelerator, &row.accelerator)] {
        if let Some(found) = found {
            known.clone_from(found);
        }
    }
}

fn seconds(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_second)
}

/// The relative URL from the folder `from` to `to`: empty, or ending with a slash.
pub(crate) fn route(from: &Path, to: &Path) -> Result<String> {
    let (from, to) = (fs_err::canonicalize(from)?, fs_err::canonicalize(to)?);
    let common =
        from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(common)).collect();
    let pieces = way.components().map(|piece| encoded(&piece.as_os_str().to_string_lossy()));
    Ok(pieces.map(|piece| piece + "/").collect())
}

/// Escapes a name for a URL.
fn encoded(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_campaign_is_relative_and_has_no_blank() {
        let top = tempfile::tempdir().unwrap();
        let campaign = top.path().join("campaigns/my fleet");
        fs_err::create_dir_all(&campaign).unwrap();
        fs_err::create_dir_all(top.path().join("pages")).unwrap();
        assert_eq!(route(&campaign, &campaign).unwrap(), "");
        assert_eq!(
            route(&top.path().join("pages"), &campaign).unwrap(),
            "../campaigns/my%20fleet/"
        );
        assert_eq!(route(top.path(), &campaign).unwrap(), "campaigns/my%20fleet/");
    }
}
