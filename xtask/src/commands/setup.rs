// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask setup`: everything that `compare` and `test` would install or fetch, ahead of time.

use anyhow::Result;
use clap::Args;

use crate::build::linux_image::{self, LinuxOptions};
use crate::preflight;
use crate::tools::{TO_BUILD, TO_RUN};
use crate::workshop::Workshop;

/// Install what is missing on this machine, and fetch the sources.
#[derive(Debug, Args)]
#[command(
    after_help = "`compare`, `image` and `test` do this by themselves; use `setup` before going offline."
)]
pub(crate) struct Setup {
    #[command(flatten)]
    linux: LinuxOptions,
}

impl Setup {
    /// Installs and fetches.
    ///
    /// # Errors
    /// A package that cannot be installed, a source that cannot be had.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        preflight::ensure(shop, TO_RUN)?;
        preflight::ensure(shop, TO_BUILD)?;
        linux_image::fetch(shop, &self.linux)
    }
}
