// SPDX-License-Identifier: GPL-2.0-or-later
//! What a check is given: its own folder, and what all checks share, which none of them changes.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result, anyhow, ensure};
use clap::Args;
use guest_build::images;
use guest_build::linux_image::LinuxOptions;
use guest_run::{CommandContext, Images, LinuxImage};
use thiserror::Error;

use crate::main_job::{self, Recorded};

/// Why a check cannot run on this machine. It counts as skipped.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct Skip(pub(crate) String);

/// Where the checks run, and on what.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// The program under test: `cargo xtask`, as an executable
    #[arg(long, value_name = "FILE")]
    pub(crate) xtask: PathBuf,
    /// The checkout
    #[arg(long = "checkout", value_name = "DIR")]
    pub(crate) root: PathBuf,
    /// Use only sources that are already in the cache
    #[arg(long)]
    pub(crate) offline: bool,
    /// The Linux guest under test; other profiles are built from the same kernel source.
    #[command(flatten)]
    pub(crate) linux_options: LinuxOptions,
}

/// What all checks share. A part that cannot be made fails every check that needs it, with the same text.
#[derive(Debug)]
pub(crate) struct Shared {
    setup: Setup,
    images: OnceLock<Result<Images, String>>,
    recorded: OnceLock<Result<Recorded, String>>,
}

/// What a check is given. The folder goes with it.
#[derive(Debug)]
pub(crate) struct Rig {
    shared: Arc<Shared>,
    scratch: tempfile::TempDir,
}

impl Shared {
    pub(crate) fn new(setup: Setup) -> Self {
        Self { setup, images: OnceLock::new(), recorded: OnceLock::new() }
    }
}

impl Rig {
    pub(crate) fn new(shared: &Arc<Shared>) -> Result<Self> {
        let scratch = tempfile::tempdir().context("creating a folder for the check")?;
        Ok(Self { shared: shared.clone(), scratch })
    }

    /// A folder for captures, logs and altered images.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn setup(&self) -> &Setup {
        &self.shared.setup
    }

    /// The checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.shared.setup.root
    }

    pub(crate) fn linux_options(&self) -> &LinuxOptions {
        &self.shared.setup.linux_options
    }

    /// For building in the checkout.
    pub(crate) fn context(&self) -> Result<CommandContext> {
        CommandContext::of(Some(self.root()), self.shared.setup.offline, false, false)
    }

    /// The images under test, built by the first check that needs them.
    pub(crate) fn images(&self) -> Result<&Images> {
        once(&self.shared.images, || {
            // The name of the check stands on this line.
            eprintln!();
            images::prepare(&self.context()?, self.linux_options(), 0)
        })
        .context("building the images under test")
    }

    pub(crate) fn linux(&self) -> Result<&LinuxImage> {
        self.images()?.linux()
    }

    /// A small `compare`, recorded by the first check that needs it. To be read only.
    pub(crate) fn recorded(&self) -> Result<&Recorded> {
        once(&self.shared.recorded, || main_job::record(self)).context("recording a small run")
    }

    /// This check's copy of the recorded run, which is the latest one in [`Rig::runs`].
    pub(crate) fn copy_of_recorded(&self) -> Result<PathBuf> {
        let from = &self.recorded()?.run;
        let name = from.file_name().context("the name of a run")?;
        let copy = self.runs().join(name);
        std::fs::create_dir_all(self.runs()).context("creating a folder for runs")?;
        let status = Command::new("cp").arg("-a").args([from, &copy]).status();
        ensure!(status.context("running cp")?.success(), "copying {} failed", from.display());
        let latest = self.runs().join("latest");
        std::os::unix::fs::symlink(name, latest).context("pointing at the copy")?;
        Ok(copy)
    }

    /// Where commands under test keep their runs.
    pub(crate) fn runs(&self) -> PathBuf {
        self.scratch().join("runs")
    }
}

fn once<T>(cell: &OnceLock<Result<T, String>>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    let made = cell.get_or_init(|| make().map_err(|error| format!("{error:#}")));
    made.as_ref().map_err(|text| anyhow!("{text}"))
}
