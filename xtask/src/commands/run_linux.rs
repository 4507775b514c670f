// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-linux`: a shell in the Linux guest on this terminal, or the jobs given.

use anyhow::Result;
use clap::Args;

use crate::build::linux_image::LinuxOptions;
use crate::guest::GuestKind;
use crate::images;
use crate::preflight;
use crate::run_guest::RunOptions;
use crate::tools::{TO_BUILD, TO_RUN};
use crate::workshop::Workshop;

/// Boot the Linux guest: a shell, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-linux                                        a shell: try uchaosbox raw 20
  cargo xtask run-linux --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-linux --isolated --job stream:1M --target linux-crng --output out
  cargo xtask run-linux --dry-run                              the QEMU command, to copy")]
pub(crate) struct RunLinux {
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    linux: LinuxOptions,
}

impl RunLinux {
    /// Builds what is needed, and runs it.
    ///
    /// # Errors
    /// A step that failed, or the guest's own failure.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        self.options.check()?;
        preflight::ensure(shop, TO_RUN)?;
        preflight::ensure(shop, TO_BUILD)?;
        shop.expect_steps(images::STEPS);
        let images = images::build(shop, &self.linux)?;
        let command_line = images.linux_command_line.clone();
        self.options.run(shop, GuestKind::Linux, &images.bzimage, &images.initramfs, &command_line)
    }
}
