// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-bare`: the microkernel's monitor on this terminal, or the jobs given.

use anyhow::Result;
use clap::Args;

use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use measure::guest::GuestKind;
use measure::run_guest::RunOptions;

/// Boot the microkernel: its monitor, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-bare                                        the monitor: try help, raw 20, hist, rng 64
  cargo xtask run-bare --machine microvm --memory 8
  cargo xtask run-bare --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-bare --isolated --job raw:1000 --output out
  echo 'hist' | cargo xtask run-bare                          without a terminal")]
pub struct RunBare {
    #[command(flatten)]
    options: RunOptions,
}

impl RunBare {
    /// Builds what is needed, and runs it.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        self.options.check(GuestKind::BareMetal)?;
        let images = source.images(context, Parts::BareMetal, 0)?;
        self.options.run(context, GuestKind::BareMetal.in_images(&images)?, None)
    }
}
