// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that boot the real images. Each file under `on_target/` has a `CHECKS` list; `cargo xtask test` runs
//! them in turn on the same [`Bench`] and counts the verdicts.

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

use crate::build::linux_image::LinuxOptions;
use crate::images::Images;
use crate::workshop::Workshop;

/// Every area and its checks, in the order in which they run.
pub(crate) const AREAS: &[(&str, &[Check])] = &[
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
pub(crate) struct Bench {
    /// The microkernel, stripped, as it ships.
    pub(crate) bare_elf: PathBuf,
    /// The same before it was stripped and packed.
    pub(crate) bare_unstripped: PathBuf,
    /// The microkernel's initrd (newc, uncompressed).
    pub(crate) bare_initrd: PathBuf,
    /// The Linux kernel, packed.
    pub(crate) bzimage: PathBuf,
    /// The Linux kernel as the profile boots it.
    pub(crate) linux_kernel: PathBuf,
    /// The profile's part of the kernel command line.
    pub(crate) linux_command_line: String,
    /// The Linux guest's `initramfs.cpio.gz`.
    pub(crate) initramfs: PathBuf,
    /// The kernel module as it is packed into the initramfs.
    pub(crate) module: PathBuf,
    /// The userland tool, which runs on the host as well.
    pub(crate) uchaosbox: PathBuf,
    /// The engine object that all of them link.
    pub(crate) engine_object: PathBuf,
    /// Which Linux guest it is; other profiles are built from the same kernel source.
    pub(crate) linux_options: LinuxOptions,
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
    /// The bench with these images on it.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub(crate) fn new(shop: &Workshop, images: &Images) -> Result<Self> {
        Ok(Self {
            bare_elf: images.bare_elf.clone(),
            bare_unstripped: images.bare_unstripped.clone(),
            bare_initrd: images.bare_initrd.clone(),
            bzimage: images.bzimage.clone(),
            linux_kernel: images.linux_kernel.clone(),
            linux_command_line: images.linux_command_line.clone(),
            initramfs: images.initramfs.clone(),
            module: images.module.clone(),
            uchaosbox: images.uchaosbox.clone(),
            engine_object: images.engine_object.clone(),
            linux_options: images.linux_options.clone(),
            root: shop.root.clone(),
            scratch: tempfile::tempdir().context("creating a folder for the checks")?,
        })
    }

    /// A folder for captures, logs and altered images, removed with the bench.
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }
}
