// SPDX-License-Identifier: GPL-2.0-or-later
//! A campaign's folder: the plan as started, finished cells, claims on others, and unfinished attempts.
//! A cell's folder appears by one rename of a complete attempt, which the file system refuses a second time.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use fs_err as fs;
use guest_run::{ExitKind, Images, file_sha256, hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::cell::{CellRecord, State};
use crate::claim;
use crate::plan::{Coordinates, Plan};

const SCHEMA: u32 = 1;
pub(crate) const ABOUT: &str = "campaign.json";
const PLAN: &str = "plan.toml";
const CELLS: &str = "cells";
const CLAIMS: &str = "claims";
const ATTEMPTS: &str = "attempts";
const LOGS: &str = "logs";

/// The contents of `campaign.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    schema: u32,
    name: String,
    plan_sha256: String,
    /// Cells of the plan.
    cells: usize,
    created_utc: String,
    /// Version and revision of the tool that started it.
    tool: String,
    /// The images booted in every cell: SHA-256 over name and SHA-256 of each image.
    images_sha256: String,
}

/// A campaign on disk.
#[derive(Debug)]
pub struct Campaign {
    folder: PathBuf,
    about: About,
    plan: Plan,
    cells: Vec<Coordinates>,
}

/// One cell of a campaign.
#[derive(Debug, Clone)]
pub struct Cell {
    pub number: usize,
    pub coordinates: Coordinates,
    pub state: CellState,
}

/// The state of a cell.
#[derive(Debug, Clone)]
pub enum CellState {
    Finished(Box<CellRecord>),
    /// Claimed by the named running process.
    Running(String),
    Open,
    /// Something else is in its place.
    Torn(String),
}

impl Campaign {
    /// Opens the campaign in `folder`, or starts it if there is none.
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Usage`]) with the differences if the folder holds a campaign of another plan.
    pub fn begin(
        folder: &Path,
        plan_file: &Path,
        plan: &Plan,
        images_sha256: &str,
    ) -> Result<Self> {
        if !folder.join(ABOUT).exists() {
            create(folder, plan_file, plan, images_sha256)?;
        }
        let campaign = Self::open(folder)?;
        let differences = campaign.plan.differences(plan);
        if !differences.is_empty() {
            let text = format!(
                "{} was started with another plan than {}:\n  {}\nRun the new plan as another campaign: --name NAME",
                folder.display(),
                plan_file.display(),
                differences.join("\n  ")
            );
            return Err(ExitKind::Usage(text).into());
        }
        Ok(campaign)
    }

    /// Opens an existing campaign.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(ABOUT);
        let text = fs::read(&path).map_err(|error| {
            ExitKind::Usage(format!(
                "{error}: {} is not the folder of a campaign",
                folder.display()
            ))
        })?;
        let about: About =
            serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))?;
        if about.schema != SCHEMA {
            bail!("{} has shape {}, and this version reads {SCHEMA}", path.display(), about.schema);
        }
        let plan = Plan::read(&folder.join(PLAN))?;
        if plan.sha256()? != about.plan_sha256 {
            let text = format!(
                "{} was changed after the campaign was started; restore it, or run the new plan as another campaign",
                folder.join(PLAN).display()
            );
            return Err(ExitKind::Check(text).into());
        }
        let folder = std::path::absolute(folder)?;
        Ok(Self { folder, about, cells: plan.cells(), plan })
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.about.name
    }

    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    #[must_use]
    pub fn plan_sha256(&self) -> &str {
        &self.about.plan_sha256
    }

    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }

    /// The folder for the tasks' output, written by schedulers.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.folder.join(LOGS)
    }

    /// # Errors
    /// Returns an error ([`ExitKind::Check`]) if `images_sha256` differs from that of the campaign's start.
    pub fn check_images(&self, images_sha256: &str) -> Result<()> {
        if images_sha256 == self.about.images_sha256 {
            return Ok(());
        }
        let text = format!(
            "the images to boot are not those that the campaign {} was started with (SHA-256 {images_sha256}, not {}): \
             use the same bundle on every host, or begin another campaign",
            self.about.name, self.about.images_sha256
        );
        Err(ExitKind::Check(text).into())
    }

    /// Every cell with its state.
    #[must_use]
    pub fn cells(&self) -> Vec<Cell> {
        (0..self.cells.len())
            .map(|number| Cell {
                number,
                coordinates: self.cells[number].clone(),
                state: self.state(number),
            })
            .collect()
    }

    #[must_use]
    pub fn coordinates(&self, number: usize) -> Option<&Coordinates> {
        self.cells.get(number)
    }

    #[must_use]
    pub fn is_finished(&self, number: usize) -> bool {
        self.place(number).join(run_store::CELL_FILE).exists()
    }

    fn state(&self, number: usize) -> CellState {
        let place = self.place(number);
        if !place.exists() {
            let holder = claim::holder(&self.claim(number));
            return holder.map_or(CellState::Open, CellState::Running);
        }
        match self.read(&place, number) {
            Ok(record) => CellState::Finished(Box::new(record)),
            Err(error) => CellState::Torn(format!("{error:#}")),
        }
    }

    /// The record of a finished cell of this plan in `place`.
    pub(crate) fn read(&self, place: &Path, number: usize) -> Result<CellRecord> {
        let record = CellRecord::read(place)?;
        if record.plan_sha256 != self.about.plan_sha256 {
            bail!("{} is of another plan", place.display());
        }
        if record.cell != number || Some(&record.coordinates) != self.cells.get(number) {
            bail!("{} is the record of another cell", place.display());
        }
        if record.state == State::Done && !place.join("run/result.json").is_file() {
            bail!("{} has no run/result.json", place.display());
        }
        Ok(record)
    }

    pub(crate) fn attempts(&self) -> PathBuf {
        self.folder.join(ATTEMPTS)
    }

    /// The place of a finished cell.
    pub(crate) fn place(&self, number: usize) -> PathBuf {
        self.folder.join(CELLS).join(format!("{number:05}"))
    }

    /// The lock of a cell.
    pub(crate) fn claim(&self, number: usize) -> PathBuf {
        self.folder.join(CLAIMS).join(format!("{number:05}"))
    }
}

/// Starts a campaign atomically: its folder appears by a rename, so that only one of two processes starts it.
fn create(folder: &Path, plan_file: &Path, plan: &Plan, images_sha256: &str) -> Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let fresh = tempfile::Builder::new()
        .prefix(".new-")
        .tempdir_in(parent)
        .with_context(|| format!("starting a campaign next to {}", folder.display()))?;
    for part in [CELLS, CLAIMS, ATTEMPTS, LOGS] {
        fs::create_dir(fresh.path().join(part))?;
    }
    fs::copy(plan_file, fresh.path().join(PLAN))?;
    let about = About {
        schema: SCHEMA,
        name,
        plan_sha256: plan.sha256()?,
        cells: plan.cells().len(),
        created_utc: now_utc(),
        tool: concat!("uchaos ", env!("CARGO_PKG_VERSION")).to_owned(),
        images_sha256: images_sha256.to_owned(),
    };
    let text = serde_json::to_string_pretty(&about).context("describing a campaign")?;
    fs::write(fresh.path().join(ABOUT), text)?;
    // A temporary folder is private to its owner, but all tasks of the owner's group need the campaign.
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(fresh.path(), std::fs::Permissions::from_mode(0o755))?;
    let kept = fresh.keep();
    let named = fs::rename(&kept, folder);
    if named.is_err() {
        let _ = fs::remove_dir_all(&kept);
        // Another process has started it meanwhile.
        if folder.join(ABOUT).exists() {
            return Ok(());
        }
    }
    Ok(named?)
}

/// Identifies a set of images: SHA-256 over the name and the SHA-256 of each.
pub fn images_sha256(images: &Images) -> Result<String> {
    let mut all = Sha256::new();
    for (name, path) in images.files() {
        all.update(format!("{name} {}\n", file_sha256(path)?));
    }
    Ok(hex(&all.finalize()))
}

pub(crate) fn now_utc() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
