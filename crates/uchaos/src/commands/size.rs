// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask size`: the Linux guest's size, memory and boot time, and the size of each part of its kernel.

use anyhow::{Context, Result};
use clap::Args;

use crate::images::{ImageSource, Parts};
use guest_run::{CommandContext, ExitKind};
use guest_run::{output, say};
use measure::footprint;

/// Show the Linux guest's size, memory, boot time and kernel parts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask size
  cargo xtask size --profile osso
  cargo xtask size --json | jq '.subsystems[] | [.folder, .text_bytes]'

It boots the guest several times under TCG; a guest with too little memory is waited for, so this takes a minute or two.")]
pub struct Size {}

impl Size {
    /// Builds, measures and prints.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let images = source.images(context, Parts::Both, 0)?;
        if context.dry_run {
            return Ok(());
        }
        let linux = images.linux()?;
        let objects = linux.unstripped.with_file_name("init").join("built-in.a");
        if !objects.exists() {
            return Err(ExitKind::Missing(format!(
                "measuring the kernel's parts: {} is missing because the kernel was not built here; use `cargo xtask size` in a checkout",
                objects.display()
            ))
            .into());
        }
        let scratch = tempfile::tempdir().context("creating a folder for the guests")?;
        let footprint = footprint::measure(linux, scratch.path())?;
        if context.json { output::json(&footprint) } else { say!("{footprint}") }
    }
}
