// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that boot the real images. Each file under `on_target/` has a `CHECKS` list; `cargo xtask test` runs
//! them in turn on the same [`Bench`] and counts the verdicts.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: a name that says it all needs no sentence")]

mod baremetal;
mod builds;
mod command;
mod failures;
mod kit;
mod lab;
mod linux;
mod live;
mod main_job;
mod module;
mod person;
mod profiles;
mod stock;
mod uchaosbox;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use guest_build::linux_image::LinuxOptions;
use guest_run::CommandContext;
use guest_run::{Images, LinuxImage};

/// Every area and its checks, in the order in which they run.
pub const AREAS: &[(&str, &[Check])] = &[
    ("baremetal", baremetal::CHECKS),
    ("linux", linux::CHECKS),
    ("live", live::CHECKS),
    ("lab", lab::CHECKS),
    ("module", module::CHECKS),
    ("uchaosbox", uchaosbox::CHECKS),
    ("profiles", profiles::CHECKS),
    ("stock kernels", stock::CHECKS),
    ("kit", kit::CHECKS),
    ("builds", builds::CHECKS),
    ("failures", failures::CHECKS),
    ("main job", main_job::CHECKS),
];

/// What a check is given: the images under test and a folder of its own that is removed afterwards.
#[derive(Debug)]
pub struct Bench {
    pub images: Images,
    /// The Linux guest of them.
    pub linux: LinuxImage,
    /// Which Linux guest it is; other profiles are built from the same kernel source.
    pub linux_options: LinuxOptions,
    /// The checkout.
    pub root: PathBuf,
    scratch: tempfile::TempDir,
}

/// One check on a real guest. It fails by returning an error that says what was expected and what was seen.
pub struct Check {
    /// A sentence without a full stop: `boots on microvm in 8 MB`.
    pub name: &'static str,
    /// Only run with `--all`.
    pub long: bool,
    /// The check.
    pub run: fn(&Bench) -> Result<()>,
}

impl Bench {
    /// The bench with these images on it.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn new(context: &CommandContext, images: &Images, options: &LinuxOptions) -> Result<Self> {
        Ok(Self {
            images: images.clone(),
            linux: images.linux()?.clone(),
            linux_options: options.clone(),
            root: context.root.clone(),
            scratch: tempfile::tempdir().context("creating a folder for the checks")?,
        })
    }

    /// A folder for captures, logs and altered images, removed with the bench.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}
