// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask dist`: the program of crate `dist`, which has libraries that no other command needs.

use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Args;
use guest_run::{CommandContext, ExitKind};

/// Build everything, and pack it into one archive for machines without a compiler.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask dist
  cargo xtask dist --linux-src ~/linux-5.15.200.tar.xz

Writes target/uchaos/dist/uchaos-VERSION-x86_64.tar.zst, the same bytes from the same sources. Unpacked on a Debian with
QEMU alone, its ./uchaos does what `cargo xtask` does here.")]
pub(crate) struct Dist {
    /// Options of the images, as for `cargo xtask image`
    #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

impl Dist {
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&context.root).args(["run", "--quiet", "--package", "dist"]);
        command.args(context.offline.then_some("--offline")).arg("--").args(self.options);
        command.args(context.offline.then_some("--offline"));
        command.args(context.dry_run.then_some("--dry-run"));
        command.arg("--checkout").arg(&context.root);
        let status = command.status().context("starting cargo for the crate dist")?;
        if status.success() {
            return Ok(());
        }
        // The program has printed the error.
        Err(ExitKind::Said.into())
    }
}
