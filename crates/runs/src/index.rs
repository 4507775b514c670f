// SPDX-License-Identifier: GPL-2.0-or-later
//! Updates the store from the folders: only new or changed ones are read.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use arrow::array::{Array as _, BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use rayon::prelude::*;
use run_store::{Place, Row, Stamp, places, rows};

use crate::store::Store;
use crate::table;

/// Where runs and campaigns are.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    pub runs: PathBuf,
    pub campaigns: PathBuf,
}

/// The store's knowledge of a folder on this machine.
struct Known {
    stamp: Stamp,
    label: Option<String>,
}

const COLUMNS: [&str; 6] = ["key", "path", "origin", "label", "result_bytes", "result_mtime_ns"];
/// From this number of folders on, a progress line is printed.
const MANY: usize = 20;

/// Reads new and changed folders into the store.
pub(crate) fn refresh(store: &Store, folders: &Folders) -> Result<()> {
    let places = places(&folders.runs, &folders.campaigns)?;
    if changed(&places, &known(&store.read(Some(&COLUMNS))?)?).next().is_none() {
        return Ok(());
    }
    let writing = store.write()?;
    // Another process may have read them meanwhile.
    let rows_before = store.read(Some(&COLUMNS))?;
    let known = known(&rows_before)?;
    let changed: Vec<&Place> = changed(&places, &known).collect();
    let stale: HashSet<String> = changed
        .iter()
        .filter(|place| known.contains_key(&place.path))
        .map(|place| place.path.clone())
        .collect();
    let mut fresh = read(&changed);
    let mut keys = HashSet::new();
    let (key, path) = (table::texts(&rows_before, "key")?, table::texts(&rows_before, "path")?);
    let origin = table::texts(&rows_before, "origin")?;
    for row in 0..rows_before.num_rows() {
        if !(origin.is_null(row) && stale.contains(path.value(row))) {
            keys.insert(key.value(row).to_owned());
        }
    }
    let mut copies = HashSet::new();
    fresh.retain(|row| {
        let added = keys.insert(row.key.clone().unwrap_or_default());
        if !added {
            copies.insert(row.path.clone().unwrap_or_default());
        }
        added
    });
    for copy in copies {
        eprintln!("not counted twice: {copy} is a copy of a run in the store");
    }
    for row in &mut fresh {
        row.label = row.path.as_ref().and_then(|path| known.get(path)?.label.clone());
    }
    let fresh = table::batch(&fresh)?;
    if stale.is_empty() {
        return writing.append(&fresh);
    }
    writing.change(|rows| {
        let kept = without(&rows, |path, local| local && stale.contains(path))?;
        Ok(concat_batches(&table::schema(), [&kept, &fresh])?)
    })
}

/// The rows of folders not yet in the store, for a store that is only read.
pub(crate) fn pending(store: &Store, folders: &Folders) -> Result<RecordBatch> {
    let places = places(&folders.runs, &folders.campaigns)?;
    let known = known(&store.read(Some(&COLUMNS))?)?;
    table::batch(&read(&changed(&places, &known).collect::<Vec<_>>()))
}

/// The rows for which `is_gone`, given the path and whether the run is of this store, is false.
pub(crate) fn without(
    rows: &RecordBatch,
    is_gone: impl Fn(&str, bool) -> bool,
) -> Result<RecordBatch> {
    let (path, origin) = (table::texts(rows, "path")?, table::texts(rows, "origin")?);
    let kept: BooleanArray = (0..rows.num_rows())
        .map(|row| Some(!is_gone(table::text(path, row).unwrap_or_default(), origin.is_null(row))))
        .collect();
    Ok(filter_record_batch(rows, &kept)?)
}

fn known(rows: &RecordBatch) -> Result<HashMap<String, Known>> {
    let (path, origin) = (table::texts(rows, "path")?, table::texts(rows, "origin")?);
    let label = table::texts(rows, "label")?;
    let (bytes, mtime_ns) =
        (table::counts(rows, "result_bytes")?, table::counts(rows, "result_mtime_ns")?);
    let local = (0..rows.num_rows()).filter(|row| origin.is_null(*row));
    Ok(local
        .map(|row| {
            let stamp = Stamp { bytes: bytes.value(row), mtime_ns: mtime_ns.value(row) };
            let label = table::text(label, row).map(str::to_owned);
            (path.value(row).to_owned(), Known { stamp, label })
        })
        .collect())
}

fn changed<'a>(
    places: &'a [Place],
    known: &'a HashMap<String, Known>,
) -> impl Iterator<Item = &'a Place> {
    places.iter().filter(|place| known.get(&place.path).is_none_or(|it| it.stamp != place.stamp))
}

/// The rows of all readable folders; the others are reported.
fn read(places: &[&Place]) -> Vec<Row> {
    if places.len() >= MANY {
        eprintln!("reading {} runs into the store", places.len());
    }
    let found: Vec<_> = places.par_iter().map(|place| rows(place)).collect();
    let mut read = Vec::new();
    for (place, rows) in places.iter().zip(found) {
        match rows {
            Ok(rows) => read.extend(rows),
            Err(error) => eprintln!("skipped the run {}: {error:#}", place.path),
        }
    }
    read
}

/// The runs folder and the campaigns next to it.
pub(crate) fn folders(runs: &Path, campaigns: Option<&Path>) -> Folders {
    let runs = std::path::absolute(runs).unwrap_or_else(|_| runs.to_path_buf());
    let near = runs.parent().unwrap_or(&runs).join("campaigns");
    Folders { campaigns: campaigns.map_or(near, Path::to_path_buf), runs }
}
