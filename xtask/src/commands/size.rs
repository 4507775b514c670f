// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask size`: what the Linux guest costs in bytes, memory and time, and what each part of its kernel does.

use anyhow::{Context, Result};
use clap::Args;

use crate::build::linux_image::LinuxOptions;
use crate::footprint;
use crate::images;
use crate::output::{self, say};
use crate::workshop::Workshop;

/// What the Linux guest costs: bytes, memory, boot time, parts of the kernel.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask size
  cargo xtask size --profile osso
  cargo xtask size --json | jq '.subsystems[] | [.folder, .text_bytes]'

It boots the guest several times under TCG; a guest with too little memory is waited for, so this takes a minute or two.")]
pub(crate) struct Size {
    #[command(flatten)]
    linux: LinuxOptions,
}

impl Size {
    /// Builds, measures and prints.
    ///
    /// # Errors
    /// The step that failed, or a guest that does not boot.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        let images = images::prepare(shop, &self.linux, 0)?;
        if shop.dry_run {
            return Ok(());
        }
        let scratch = tempfile::tempdir().context("creating a folder for the guests")?;
        let footprint = footprint::measure(&self.linux.profile, &images, scratch.path())?;
        if shop.json { output::json(&footprint) } else { say!("{footprint}") }
    }
}
