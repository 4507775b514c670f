// SPDX-License-Identifier: GPL-2.0-or-later
//! Changes to the store: labels, rows of another store, removal.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use arrow::array::{Array as _, ArrayRef, BooleanArray, RecordBatch, StringArray};
use arrow::compute::filter_record_batch;
use fs_err as fs;
use guest_run::ExitKind;

use crate::index::{self, Folders};
use crate::segment::Segment;
use crate::store::Store;
use crate::table;

/// The newest run.
pub(crate) const LATEST: &str = "latest";

/// A run named by the user.
#[derive(Debug)]
struct Named {
    path: String,
    /// The other store from which its rows came.
    origin: Option<String>,
    campaign: Option<String>,
}

/// The runs of these names, or of these paths below the runs folder.
fn named(rows: &RecordBatch, names: &[String]) -> Result<Vec<Named>> {
    let column = |name| table::texts(rows, name);
    let (run, path) = (column("run")?, column("path")?);
    let (origin, campaign) = (column("origin")?, column("campaign")?);
    let text = |array, row| table::text(array, row).map(str::to_owned);
    let mut found: Vec<Named> = Vec::new();
    for name in names {
        let matches = |row: &usize| {
            table::text(run, *row) == Some(name.as_str())
                || table::text(path, *row) == Some(name.as_str())
        };
        let mut rows = (0..rows.num_rows()).filter(matches).peekable();
        if rows.peek().is_none() {
            let text =
                format!("there is no run {name} in the store (`uchaos runs list` shows the runs)");
            return Err(ExitKind::Usage(text).into());
        }
        for row in rows {
            let (path, origin) = (text(path, row).unwrap_or_default(), text(origin, row));
            if !found.iter().any(|known| known.path == path && known.origin == origin) {
                found.push(Named { path, origin, campaign: text(campaign, row) });
            }
        }
    }
    Ok(found)
}

/// Labels runs; an empty label removes it.
pub(crate) fn label(store: &Store, label: &str, names: &[String]) -> Result<()> {
    store.write()?.change(|rows| {
        let chosen = named(&rows, names)?;
        let (path, origin) = (table::texts(&rows, "path")?, table::texts(&rows, "origin")?);
        let old = table::texts(&rows, "label")?;
        let labels: StringArray = (0..rows.num_rows())
            .map(|row| {
                let is_chosen = chosen.iter().any(|run| {
                    Some(run.path.as_str()) == table::text(path, row)
                        && run.origin.as_deref() == table::text(origin, row)
                });
                if is_chosen {
                    Some(label).filter(|label| !label.is_empty())
                } else {
                    table::text(old, row)
                }
            })
            .collect();
        with_column(&rows, "label", Arc::new(labels))
    })
}

/// Adds the rows of another store, or of a Parquet file that `export` wrote. Returns how many were added, and how many
/// already existed.
pub(crate) fn merge(store: &Store, from: &Path) -> Result<(usize, usize)> {
    let whole = fs::canonicalize(from)?;
    let rows = if whole.is_file() {
        let segment =
            Segment::open(&whole).with_context(|| format!("reading {}", from.display()))?;
        segment.read(None)?
    } else {
        let folders: Folders = index::folders(&whole, None);
        let other = Store::of(&folders.runs);
        let read = [other.read(None)?, index::pending(&other, &folders)?];
        arrow::compute::concat_batches(&table::schema(), &read)?
    };
    ensure!(
        rows.num_rows() > 0,
        "{} has no runs: give a runs folder, or a file that `uchaos runs export` wrote",
        from.display()
    );
    let here = whole.to_string_lossy();
    let origin: StringArray =
        table::texts(&rows, "origin")?.iter().map(|origin| Some(origin.unwrap_or(&here))).collect();
    let rows = with_column(&rows, "origin", Arc::new(origin))?;
    let writing = store.write()?;
    let before = store.read(Some(&["key"]))?;
    let mut keys: HashSet<Option<&str>> = table::texts(&before, "key")?.iter().collect();
    let added: BooleanArray =
        table::texts(&rows, "key")?.iter().map(|key| Some(keys.insert(key))).collect();
    let fresh = filter_record_batch(&rows, &added)?;
    writing.append(&fresh)?;
    Ok((fresh.num_rows(), rows.num_rows() - fresh.num_rows()))
}

/// Removes runs: their rows, and the folders of those recorded here. Without `confirmed` it only reports this.
pub(crate) fn remove(
    store: &Store,
    folders: &Folders,
    names: &[String],
    confirmed: bool,
) -> Result<()> {
    let writing = store.write()?;
    let chosen = named(&store.read(None)?, names)?;
    let doomed = chosen
        .iter()
        .map(|run| match (&run.origin, &run.campaign) {
            (Some(_), _) => Ok(None),
            (None, Some(campaign)) => Err(ExitKind::Usage(format!(
                "{} is a cell of the campaign {campaign}, which would be incomplete without it: remove the folder of the whole campaign",
                run.path
            ))
            .into()),
            (None, None) => inside(&folders.runs, &run.path),
        })
        .collect::<Result<Vec<Option<PathBuf>>>>()?;
    if !confirmed {
        let lines: Vec<String> = chosen
            .iter()
            .zip(&doomed)
            .map(|(run, folder)| match folder {
                Some(folder) => {
                    format!("\n  the folder {} with its samples, and its rows", folder.display())
                }
                None => format!("\n  the rows of {} (its folder is not in this store)", run.path),
            })
            .collect();
        let text = format!("nothing was removed; with --yes this would remove{}", lines.concat());
        return Err(ExitKind::Usage(text).into());
    }
    // Rows are removed first: an interrupted removal leaves a folder that is read again, never rows without a folder.
    writing.change(|rows| {
        let (path, origin) = (table::texts(&rows, "path")?, table::texts(&rows, "origin")?);
        let kept = (0..rows.num_rows()).map(|row| {
            let (path, origin) = (table::text(path, row), table::text(origin, row));
            Some(
                !chosen
                    .iter()
                    .any(|run| Some(&*run.path) == path && run.origin.as_deref() == origin),
            )
        });
        Ok(filter_record_batch(&rows, &kept.collect::<BooleanArray>())?)
    })?;
    for folder in doomed.into_iter().flatten() {
        // Renamed first, so that it disappears at once even if removing the samples takes long.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let going = folder.with_file_name(format!(".partial-{name}-{}", std::process::id()));
        fs::rename(&folder, &going)?;
        fs::remove_dir_all(&going)?;
    }
    let latest = folders.runs.join(LATEST);
    if latest.is_symlink() && !latest.exists() {
        fs::remove_file(latest)?;
    }
    Ok(())
}

/// The folder of a run directly below `runs`: nothing else is ever removed. None if it is gone.
fn inside(runs: &Path, path: &str) -> Result<Option<PathBuf>> {
    let plain =
        matches!(Path::new(path).components().collect::<Vec<_>>()[..], [Component::Normal(_)]);
    let folder = runs.join(path);
    let Ok(about) = folder.symlink_metadata() else { return Ok(None) };
    let real = about.is_dir() && folder.join("result.json").is_file();
    ensure!(
        plain && real,
        "{} is not the folder of a run in {}: nothing was removed",
        folder.display(),
        runs.display()
    );
    Ok(Some(folder))
}

fn with_column(rows: &RecordBatch, name: &str, array: ArrayRef) -> Result<RecordBatch> {
    let schema = rows.schema();
    let at = schema.index_of(name)?;
    let mut arrays = rows.columns().to_vec();
    ensure!(arrays[at].len() == array.len(), "the column {name} has another length");
    arrays[at] = array;
    Ok(RecordBatch::try_new(schema, arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_folder_of_a_run_directly_below_the_store_is_removed() {
        let top = tempfile::tempdir().unwrap();
        let runs = top.path().join("runs");
        for folder in ["runs/one", "runs/empty", "outside"] {
            fs::create_dir_all(top.path().join(folder)).unwrap();
        }
        for run in ["runs/one", "outside"] {
            fs::write(top.path().join(run).join("result.json"), "{}").unwrap();
        }
        std::os::unix::fs::symlink("../outside", runs.join("link")).unwrap();
        assert_eq!(inside(&runs, "one").unwrap(), Some(runs.join("one")));
        assert_eq!(inside(&runs, "gone").unwrap(), None);
        let absolute = top.path().join("outside");
        for path in ["../outside", "link", "empty", ".", "one/..", &absolute.to_string_lossy()] {
            assert!(inside(&runs, path).is_err(), "{path}");
        }
    }
}
