// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask image`: builds both images and prints their sizes.

use anyhow::Result;
use clap::Args;

use guest_build::images::{self, BuiltFile};
use guest_build::linux_image::LinuxOptions;
use guest_run::CommandContext;
use guest_run::{output, say};

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
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        let images = images::prepare(context, &self.linux, 0)?;
        if context.dry_run {
            return Ok(());
        }
        let files: Vec<BuiltFile> = images
            .files()
            .into_iter()
            .chain([("launcher", images.launcher.as_path())])
            .map(|(name, path)| BuiltFile::of(name, path))
            .collect::<Result<_>>()?;
        if context.json {
            return output::json(&files);
        }
        for BuiltFile { name, bytes, path, .. } in &files {
            say!("{bytes:>10} bytes  {name:<24} {}", path.display())?;
        }
        let linux = images.linux()?;
        say!(
            "{:>10} bytes  the whole Linux image (kernel and initramfs), from {}",
            linux.len_bytes()?,
            linux.source
        )
    }
}
