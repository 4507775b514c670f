// SPDX-License-Identifier: GPL-2.0-or-later
//! Where runs are: folders below `runs/`, and cells of campaigns.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rayon::prelude::*;

use crate::cell::CELL_FILE;

/// Detects a changed run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    pub bytes: i64,
    pub mtime_ns: i64,
}

/// A folder with rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Of the run, relative to the runs folder.
    pub path: String,
    /// The run's folder; it does not exist for a failed cell.
    pub folder: PathBuf,
    /// The run's cell.
    pub cell: Option<CellPlace>,
    pub stamp: Stamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellPlace {
    pub campaign: String,
    pub folder: PathBuf,
}

/// Every run below `runs` and every cell below `campaigns` that ended, in order.
///
/// # Errors
/// Returns an error if a folder cannot be read.
pub fn places(runs: &Path, campaigns: &Path) -> Result<Vec<Place>> {
    let mut found: Vec<Place> = folders(runs)?
        .into_par_iter()
        .filter(|name| !name.starts_with('.') && !name.starts_with("failed-"))
        .filter_map(|name| {
            let folder = runs.join(&name);
            // `latest` is a symbolic link to a run that is already in the list.
            let real = folder.symlink_metadata().is_ok_and(|about| about.is_dir());
            let stamp = stamp(&folder.join("result.json")).filter(|_| real)?;
            Some(Place { path: name, folder, cell: None, stamp })
        })
        .collect();
    for campaign in folders(campaigns)? {
        found.extend(cells(runs, &campaigns.join(campaign))?);
    }
    Ok(found)
}

/// Every cell of the campaign in `folder` that ended, sorted by number.
///
/// # Errors
/// Returns an error if the folder cannot be read.
pub fn cells(runs: &Path, folder: &Path) -> Result<Vec<Place>> {
    let campaign = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let cells = folder.join("cells");
    let names = folders(&cells)?;
    Ok(names
        .into_par_iter()
        .filter_map(|name| {
            let cell = cells.join(name);
            let of_cell = stamp(&cell.join(CELL_FILE))?;
            let folder = cell.join("run");
            let stamp = stamp(&folder.join("result.json")).map_or(of_cell, |of_run| Stamp {
                bytes: of_run.bytes + of_cell.bytes,
                mtime_ns: of_run.mtime_ns.max(of_cell.mtime_ns),
            });
            let path = relative(runs, &folder);
            let cell = CellPlace { campaign: campaign.clone(), folder: cell };
            Some(Place { path, folder, cell: Some(cell), stamp })
        })
        .collect())
}

/// `folder` relative to `runs` if both have the same parent, else its full path.
fn relative(runs: &Path, folder: &Path) -> String {
    let near = runs.parent().and_then(|both| folder.strip_prefix(both).ok());
    near.map_or_else(|| folder.to_path_buf(), |below| Path::new("..").join(below))
        .to_string_lossy()
        .into_owned()
}

/// The names in a folder, sorted; none if it does not exist.
fn folders(folder: &Path) -> Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.with_context(|| format!("listing {}", folder.display()))?,
    };
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| format!("listing {}", folder.display()))?;
    names.sort();
    Ok(names)
}

fn stamp(file: &Path) -> Option<Stamp> {
    let about: Metadata = file.metadata().ok().filter(Metadata::is_file)?;
    let mtime_ns = about.mtime().saturating_mul(1_000_000_000).saturating_add(about.mtime_nsec());
    Some(Stamp { bytes: i64::try_from(about.len()).unwrap_or(i64::MAX), mtime_ns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_ended_cells_are_found_and_nothing_else() {
        let top = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = top.path().join(path);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, "{}").unwrap();
        };
        for path in [
            "runs/b/result.json",
            "runs/a/result.json",
            "runs/.partial-c-1/result.json",
            "runs/failed-d/result.json",
            "runs/without/console.log",
            "runs/file",
            "campaigns/one/plan.toml",
            "campaigns/one/cells/00002/cell.json",
            "campaigns/one/cells/00001/cell.json",
            "campaigns/one/cells/00001/run/result.json",
            "campaigns/one/cells/00003/run/result.json",
        ] {
            write(path);
        }
        std::os::unix::fs::symlink("b", top.path().join("runs/latest")).unwrap();
        let (runs, campaigns) = (top.path().join("runs"), top.path().join("campaigns"));
        let found = places(&runs, &campaigns).unwrap();
        let paths: Vec<&str> = found.iter().map(|place| place.path.as_str()).collect();
        let cell = |number| format!("../campaigns/one/cells/{number}/run");
        assert_eq!(paths, ["a", "b", &cell("00001"), &cell("00002")]);
        assert_eq!(found[2].stamp.bytes, 4, "of both files");
        assert_eq!(found[2].cell.as_ref().unwrap().campaign, "one");
        assert!(places(&top.path().join("none"), &top.path().join("none")).unwrap().is_empty());
    }
}
