// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask image`: builds both images and prints what they weigh.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use entropy_report::Artifact;
use serde::{Deserialize, Serialize};

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

/// One file of an image, as `--json` prints it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BuiltFile {
    /// What it is.
    pub(crate) name: String,
    /// Length in bytes.
    pub(crate) bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub(crate) sha256: String,
    /// Where it is.
    pub(crate) path: PathBuf,
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
        let files: Vec<BuiltFile> = images
            .files()
            .into_iter()
            .map(|(name, path)| {
                let Artifact { name, bytes, sha256 } = provenance::artifact(name, path)?;
                Ok(BuiltFile { name, bytes, sha256, path: path.clone() })
            })
            .collect::<Result<_>>()?;
        if shop.json {
            return output::json(&files);
        }
        for BuiltFile { name, bytes, path, .. } in &files {
            say!("{bytes:>10} bytes  {name:<24} {}", path.display())?;
        }
        say!(
            "{:>10} bytes  the Linux image in all (kernel and initramfs), from {}",
            images.linux_bytes()?,
            images.linux_source
        )
    }
}
