// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask setup`: installs and fetches in advance what `compare` and `test` need.

use anyhow::Result;
use clap::Args;

use guest_build::linux_image::{self, LinuxOptions};
use guest_build::preflight;
use guest_build::tools::TO_BUILD;
use guest_run::CommandContext;
use guest_run::tools::TO_RUN;

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
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        preflight::ensure(context, TO_RUN)?;
        preflight::ensure(context, TO_BUILD)?;
        context.expect_steps(linux_image::SOURCES);
        linux_image::fetch(context, &self.linux)
    }
}
