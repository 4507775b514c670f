// SPDX-License-Identifier: GPL-2.0-or-later
//! Measures a claimed cell in a separate folder, which becomes the cell's folder by one rename.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use fs_err as fs;

use crate::cell::{CellRecord, State};
use crate::claim::{self, Claim};
use crate::folder::{Campaign, CellState, now_utc};

/// An unfinished cell in its own folder. The folder is removed when this is dropped, unless the cell was finished.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    campaign: &'a Campaign,
    number: usize,
    folder: PathBuf,
    _claim: Claim,
}

impl Campaign {
    /// Claims an unfinished cell; `None` if it is finished, or claimed and not to be awaited.
    pub(crate) fn attempt(&self, number: usize, waits: bool) -> Result<Option<Attempt<'_>>> {
        if self.is_finished(number) {
            return Ok(None);
        }
        let (path, me) = (self.claim(number), holder());
        let claim = match claim::take(&path, &me)? {
            Some(claim) => claim,
            None if waits => claim::wait(&path, &me)?,
            None => return Ok(None),
        };
        // Its previous holder may have finished it just before.
        if self.is_finished(number) {
            return Ok(None);
        }
        self.remove_remains(number)?;
        let name = format!("{number:05}-{}-{}", host(), std::process::id());
        let folder = self.attempts().join(name);
        fs::create_dir_all(&folder)?;
        Ok(Some(Attempt { campaign: self, number, folder, _claim: claim }))
    }

    /// Removes what killed processes left of a cell that is now claimed.
    fn remove_remains(&self, number: usize) -> Result<()> {
        let begins = format!("{number:05}-");
        for entry in fs::read_dir(self.attempts())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(&begins) {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Reopens the failed cells; returns how many there were.
    pub fn reopen_failed(&self) -> Result<usize> {
        let mut reopened = 0;
        for cell in self.cells() {
            let CellState::Finished(record) = cell.state else { continue };
            if record.state == State::Failed {
                let aside = format!("{:05}-reopened-{}", cell.number, std::process::id());
                let aside = self.attempts().join(aside);
                fs::rename(self.place(cell.number), &aside)?;
                fs::remove_dir_all(aside)?;
                reopened += 1;
            }
        }
        Ok(reopened)
    }
}

impl Attempt<'_> {
    /// Where it is measured.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where it will be.
    pub(crate) fn place(&self) -> PathBuf {
        self.campaign.place(self.number)
    }

    /// Moves it to its final place with its record. Returns whether it was the first.
    pub(crate) fn finish(self, record: &CellRecord) -> Result<bool> {
        let text = serde_json::to_string_pretty(record).context("describing a cell")?;
        let path = self.folder.join(run_store::CELL_FILE);
        fs::write(&path, text)?;
        fs::File::open(&path)?.sync_all()?;
        match fs::rename(&self.folder, self.place()) {
            Ok(()) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        // A finished one has been moved away.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Slurm's name of the node, else the host name.
pub(crate) fn host() -> String {
    std::env::var("SLURMD_NODENAME").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name = name.trim();
        if name.is_empty() { "unknown".to_owned() } else { name.to_owned() }
    })
}

/// The process that holds a claim, where it runs on this host.
#[must_use]
pub fn process_here(holder: &str) -> Option<u32> {
    let (name, rest) = holder.split_once(", process ")?;
    (name == host()).then(|| rest.split(',').next()?.parse().ok())?
}

fn holder() -> String {
    format!("{}, process {}, since {}", host(), std::process::id(), now_utc())
}
