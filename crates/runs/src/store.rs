// SPDX-License-Identifier: GPL-2.0-or-later
//! The store: `.store/*.parquet` in the runs folder. Readers take no lock. Writers take turns, and each row is in only
//! one file; if two machines wrote at once without a working lock, duplicate rows are merged.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::{concat_batches, filter_record_batch};
use fs_err as fs;

use crate::segment::{self, ENDING, Segment};
use crate::table;

pub(crate) const FOLDER: &str = ".store";
/// More files than this are merged into one.
const MOST_SEGMENTS: usize = 16;
/// How often to retry reading after a writer removed a file.
const ATTEMPTS: usize = 10;

#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

/// While this lives, no other process writes.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    store: &'a Store,
    _lock: File,
}

impl Store {
    pub(crate) fn of(runs: &Path) -> Self {
        Self { folder: runs.join(FOLDER) }
    }

    /// The files that hold current rows. Unreadable files in the folder are reported on standard error.
    pub(crate) fn segments(&self) -> Result<Vec<Segment>> {
        let listing = || format!("listing {}", self.folder.display());
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.with_context(listing)?,
        };
        let mut found = Vec::new();
        let mut refused = Vec::new();
        for entry in entries {
            let path = entry.with_context(listing)?.path();
            let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
            if hidden || path.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            match Segment::open(&path) {
                Ok(segment) => found.push(segment),
                // A writer replaced it after it was listed.
                Err(_) if !path.exists() => return self.segments(),
                Err(error) => refused.push((path, error)),
            }
        }
        let replaced: HashSet<String> =
            found.iter().flat_map(|segment| segment.replaces.iter().cloned()).collect();
        for (path, error) in refused {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !replaced.contains(&*name) {
                eprintln!("skipped {}: {error:#}", path.display());
            }
        }
        found.retain(|segment| !replaced.contains(&segment.name()));
        found.sort_by_key(Segment::name);
        Ok(found)
    }

    /// Every row once, with these columns (`key` among them) or with all. A damaged file is reported and
    /// skipped.
    pub(crate) fn read(&self, columns: Option<&[&str]>) -> Result<RecordBatch> {
        self.read_segments(columns).map(|(batch, _)| batch)
    }

    /// The same with the files that were read.
    fn read_segments(&self, columns: Option<&[&str]>) -> Result<(RecordBatch, Vec<Segment>)> {
        for _ in 0..ATTEMPTS {
            let mut batches = Vec::new();
            let mut read = Vec::new();
            let mut moved = false;
            for segment in self.segments()? {
                match segment.read(columns) {
                    Ok(batch) => {
                        batches.push(batch);
                        read.push(segment);
                    }
                    Err(_) if !segment.path.exists() => moved = true,
                    Err(error) => eprintln!("skipped {}: {error:#}", segment.path.display()),
                }
            }
            if moved {
                continue;
            }
            let schema = batches.first().map_or_else(table::schema, RecordBatch::schema);
            let whole = concat_batches(&schema, &batches).context("joining the store's files")?;
            return Ok((if batches.len() > 1 { once(&whole)? } else { whole }, read));
        }
        bail!(
            "reading {}: its files were replaced repeatedly meanwhile; try again",
            self.folder.display()
        )
    }

    /// The files for a query: each row is in one of them, once, and each can be read.
    pub(crate) fn files(&self) -> Result<Vec<PathBuf>> {
        let segments = self.segments()?;
        let mut keys = HashSet::new();
        let mut good = Vec::new();
        for segment in segments {
            let batch = match segment.read(Some(&["key"])) {
                Ok(batch) => batch,
                Err(error) => {
                    eprintln!("skipped {}: {error:#}", segment.path.display());
                    continue;
                }
            };
            let texts = table::texts(&batch, "key")?;
            if !texts.iter().all(|key| keys.insert(key.map(str::to_owned))) {
                self.write()?.compact()?;
                return self.files();
            }
            good.push(segment.path);
        }
        Ok(good)
    }

    /// Waits until no other process writes.
    pub(crate) fn write(&self) -> Result<Writing<'_>> {
        let advice = || {
            format!(
                "writing to the store {} (use --no-scan to only read it)",
                self.folder.display()
            )
        };
        fs::create_dir_all(&self.folder).with_context(advice)?;
        let lock = File::create(self.folder.join("lock")).with_context(advice)?;
        lock.lock().with_context(advice)?;
        Ok(Writing { store: self, _lock: lock })
    }
}

impl Writing<'_> {
    /// Adds rows that are not in the store.
    pub(crate) fn append(&self, batch: &RecordBatch) -> Result<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        self.commit(batch, &[])?;
        if self.store.segments()?.len() > MOST_SEGMENTS {
            self.compact()?;
        }
        Ok(())
    }

    /// Replaces all rows by `change` of all rows. Unreadable files are left in place.
    pub(crate) fn change(
        &self,
        change: impl FnOnce(RecordBatch) -> Result<RecordBatch>,
    ) -> Result<()> {
        let (rows, old) = self.store.read_segments(None)?;
        let names: Vec<String> = old.iter().map(Segment::name).collect();
        self.commit(&change(rows)?, &names)?;
        for segment in old {
            fs::remove_file(segment.path)?;
        }
        Ok(())
    }

    fn compact(&self) -> Result<()> {
        self.change(Ok)
    }

    fn commit(&self, batch: &RecordBatch, replaces: &[String]) -> Result<()> {
        let now = jiff::Timestamp::now().as_nanosecond();
        let name = format!("rows-{now}-{}.{ENDING}", std::process::id());
        segment::write(&self.store.folder.join(name), [Ok(batch.clone())], replaces)
    }
}

/// Removes rows with the key of an earlier row.
fn once(batch: &RecordBatch) -> Result<RecordBatch> {
    if batch.column_by_name("key").is_none() {
        return Ok(batch.clone());
    }
    let mut seen = HashSet::new();
    let first = table::texts(batch, "key")?.iter().map(|key| Some(seen.insert(key)));
    Ok(filter_record_batch(batch, &first.collect::<BooleanArray>())?)
}
