// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask dist`: the programs, the images, the USB image and the texts as one archive, which works on a Debian with
//! QEMU alone. A separate program, so that only `dist` compiles the archive's libraries.

mod archive;
mod bundle;
mod licences;
mod packages;
mod programs;
mod sbom;
mod texts;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use guest_build::linux_image::LinuxOptions;
use guest_build::{images, usb};
use guest_run::{CommandContext, file_sha256, say};

/// Build everything, and pack it into one archive for machines without a compiler.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask dist", bin_name = "cargo xtask dist")]
struct Dist {
    #[command(flatten)]
    linux: LinuxOptions,
    /// Use only sources that are already in the cache; no step uses the network
    #[arg(long, env = "UCHAOS_OFFLINE")]
    offline: bool,
    /// Print what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Work on this checkout [default: the one that the current folder is in]
    #[arg(long, value_name = "DIR")]
    checkout: Option<PathBuf>,
}

/// The steps after those of the images.
const STEPS: [&str; 2] = ["programs", "archive"];

fn main() -> ExitCode {
    let dist = Dist::parse();
    guest_run::exit::run(|| dist.run())
}

impl Dist {
    fn run(&self) -> Result<()> {
        let checkout = self.checkout.as_deref();
        let context = CommandContext::of(checkout, self.offline, self.dry_run, false)?;
        let images = images::prepare(&context, &self.linux, usb::STEPS + STEPS.len())?;
        let stick = usb::build(&context, self.linux.linux_src.as_deref())?;
        let revision = measure::provenance::git_revision(&context.root);
        let programs = programs::build(&context, &revision)?;
        if context.dry_run {
            return Ok(());
        }
        let bundle = bundle::Bundle {
            images: &images,
            stick: &stick,
            programs: &programs,
            revision: &revision,
        };
        let archive = bundle.write(&context)?;
        let len_bytes = fs_err::metadata(&archive)?.len();
        say!("{len_bytes:>10} bytes  {}", archive.display())?;
        say!("   SHA-256 {}", file_sha256(&archive)?)
    }
}
