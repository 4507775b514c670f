// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that boot the real images. Each file under `on_target/` has a `CHECKS` list; `cargo xtask test` runs
//! them in turn on the same [`Bench`] and counts the verdicts.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// Every area and its checks, in the order in which they run.
pub(crate) const AREAS: &[(&str, &[Check])] =
    &[];

/// What a check is given: the images under test and a folder of its own that is removed afterwards.
#[derive(Debug)]
pub(crate) struct Bench {
    /// The microkernel, stripped, as it ships.
    pub(crate) bare_elf: PathBuf,
    /// The microkernel's initrd (newc, uncompressed).
    pub(crate) bare_initrd: PathBuf,
    /// The Linux kernel.
    pub(crate) bzimage: PathBuf,
    /// The Linux guest's `initramfs.cpio.gz`.
    pub(crate) initramfs: PathBuf,
    /// The kernel module as it is packed into the initramfs.
    pub(crate) module: PathBuf,
    /// The userland tool, which runs on the host as well.
    pub(crate) uchaosbox: PathBuf,
    /// The engine object that all of them link.
    pub(crate) engine_object: PathBuf,
    /// The checkout.
    pub(crate) root: PathBuf,
    scratch: tempfile::TempDir,
}

/// One check on a real guest. It fails by returning an error that says what was expected and what was seen.
pub(crate) struct Check {
    /// A sentence without a full stop: `boots on microvm in 8 MB`.
    pub(crate) name: &'static str,
    /// Only run with `--all`.
    pub(crate) long: bool,
    /// The check.
    pub(crate) run: fn(&Bench) -> Result<()>,
}

impl Bench {
    /// A folder for captures, logs and altered images, removed with the bench.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}
