// SPDX-License-Identifier: GPL-2.0-or-later
//! Copies finished cells from another copy of a campaign's folder (a volume, a host without the shared file system)
//! into this one.

use std::path::Path;

use anyhow::Result;
use fs_err as fs;
use guest_run::ExitKind;

use crate::cell::State;
use crate::folder::{Campaign, CellState};
use measure::files;

/// The outcome of a collection.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Collected {
    pub brought: usize,
    /// Finished in both; the existing one is kept.
    pub here_already: usize,
    /// Reported, and not copied.
    pub damaged: Vec<String>,
}

/// Copies finished cells of `from` into `into`.
///
/// # Errors
/// Returns [`ExitKind::Usage`] if the plans differ, or an error if a cell is claimed here or cannot be copied.
pub fn collect(into: &Campaign, from: &Path) -> Result<Collected> {
    let other = Campaign::open(from)?;
    let differences = into.plan().differences(other.plan());
    if !differences.is_empty() {
        let text =
            format!("{} is of another plan:\n  {}", from.display(), differences.join("\n  "));
        return Err(ExitKind::Usage(text).into());
    }
    let mut collected = Collected::default();
    for cell in other.cells() {
        let record = match cell.state {
            CellState::Finished(record) => record,
            CellState::Torn(why) => {
                collected.damaged.push(why);
                continue;
            }
            CellState::Running(_) | CellState::Open => continue,
        };
        let place = other.place(cell.number);
        if record.state == State::Done
            && let Err(error) = files::read_all(&place.join("run"))
        {
            collected.damaged.push(format!("{error:#}"));
            continue;
        }
        let Some(attempt) = into.attempt(cell.number, false)? else {
            collected.here_already += 1;
            continue;
        };
        copy(&place, attempt.folder())?;
        if attempt.finish(&record)? {
            collected.brought += 1;
        } else {
            collected.here_already += 1;
        }
    }
    Ok(collected)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
