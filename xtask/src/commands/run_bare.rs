// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-bare`: the microkernel's monitor on this terminal, or the jobs given.

use anyhow::Result;
use clap::Args;

use crate::build::{baremetal, engine, linux_image};
use crate::guest::GuestKind;
use crate::preflight;
use crate::run_guest::RunOptions;
use crate::tools::TO_RUN;
use crate::workshop::Workshop;

/// Boot the microkernel: its monitor, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-bare                                        the monitor: try help, raw 20, hist, rng 64
  cargo xtask run-bare --machine microvm --memory 8
  cargo xtask run-bare --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-bare --isolated --job raw:1000 --output out
  echo 'hist' | cargo xtask run-bare                          without a terminal")]
pub(crate) struct RunBare {
    #[command(flatten)]
    options: RunOptions,
}

impl RunBare {
    /// Builds what is needed, and runs it.
    ///
    /// # Errors
    /// A step that failed, or the guest's own failure.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        self.options.check()?;
        preflight::ensure(shop, TO_RUN)?;
        shop.expect_steps(3);
        let engine = engine::build(shop)?;
        let bare = baremetal::build(shop, &engine.object)?;
        let initrd = linux_image::bare_initrd(shop)?;
        let boots = GuestKind::BareMetal.boot_files(&bare.elf, &initrd, "");
        self.options.run(shop, boots, None)
    }
}
