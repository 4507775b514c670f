// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask image`: builds both images and prints what they weigh.

use anyhow::Result;
use clap::Args;

use crate::build::linux_image::LinuxOptions;
use crate::images;
use crate::output::{self, say};
use crate::provenance;
use crate::workshop::Workshop;

/// Build both images: the microkernel and the Linux guest.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask image
  cargo xtask image --linux-src ~/linux-5.15.200.tar.xz
  cargo xtask image --json | jq '.[].bytes'")]
pub(crate) struct Image {
    #[command(flatten)]
    linux: LinuxOptions,
}

impl Image {
    /// Builds, and prints the files with their sizes.
    ///
    /// # Errors
    /// The step that failed.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        let images = images::prepare(shop, &self.linux, 0)?;
        if shop.dry_run {
            return Ok(());
        }
        let files: Vec<_> = images
            .files()
            .into_iter()
            .map(|(name, path)| Ok((provenance::artifact(name, path)?, path)))
            .collect::<Result<_>>()?;
        if shop.json {
            let artifacts: Vec<_> = files.iter().map(|(artifact, _)| artifact).collect();
            return output::json(&artifacts);
        }
        for (artifact, path) in &files {
            say!("{:>10} bytes  {:<24} {}", artifact.bytes, artifact.name, path.display())?;
        }
        say!(
            "{:>10} bytes  the Linux image in all (kernel and initramfs), from {}",
            images.linux_bytes()?,
            images.linux_source
        )
    }
}
