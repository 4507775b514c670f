// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest that boots itself: an archive on top of the image's own, with a QEMU for the guest, its firmware, the
//! image again, and the script that is the outer guest's first process.

mod qemu;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::sources;
use crate::inputs::Inputs;
use crate::step;
use guest_run::CommandContext;
use guest_run::archive::Archive;

/// The profile whose kernel can run QEMU.
pub const PROFILE: &str = "nested";
/// Memory of the outer guest in MiB: the image and QEMU as files, the inner guest, and QEMU's translated code.
pub const OUTER_MIB: u32 = 192;
/// The argument that makes the outer guest run the script instead of /init.
pub const WORDS: &str = "rdinit=/etc/nested";

/// Maximum number of step lines that [`build`] prints.
pub const STEPS: usize = 5;

/// The firmware that the inner machine starts with, by their names in linux-guest/sources.toml.
const FIRMWARE: [&str; 2] = ["qboot-debian", "linuxboot-debian"];

/// Builds the outer guest's initramfs around the image.
pub fn build(context: &CommandContext, bzimage: &Path, initramfs: &Path) -> Result<PathBuf> {
    let qemu = qemu::build(context)?;
    let firmware: Vec<_> = FIRMWARE
        .iter()
        .map(|&name| sources::first_available(context, &[name.to_owned()]))
        .collect::<Result<_>>()?;
    let script = context.root.join("linux-guest/nested/init");
    let outer = context.out.join("linux-nested/outer.cpio.gz");
    let mut inputs = Inputs::new().path(&script);
    for file in [&qemu, &bzimage.to_path_buf(), &initramfs.to_path_buf()]
        .into_iter()
        .chain(firmware.iter().map(|obtained| &obtained.path))
    {
        // In a dry run the inputs may not exist yet.
        if file.exists() {
            inputs = inputs.path(file);
        }
    }
    step::run(context, "nested", &inputs, &[&outer], |log| {
        let read =
            |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        let mut archive = Archive::new()
            .dir("/bin", 0o755)
            .file("/bin/qemu", 0o755, read(&qemu)?)
            .dir("/etc", 0o755)
            .file("/etc/nested", 0o755, read(&script)?)
            .dir("/image", 0o755)
            .file("/image/bzImage", 0o644, read(bzimage)?)
            .file("/image/initramfs.cpio.gz", 0o644, read(initramfs)?)
            .dir("/usr", 0o755)
            .dir("/usr/share", 0o755)
            .dir("/usr/share/qemu", 0o755);
        for obtained in &firmware {
            obtained.verify()?;
            let name = obtained.path.file_name().context("a firmware's name")?.to_string_lossy();
            archive =
                archive.file(&format!("/usr/share/qemu/{name}"), 0o644, read(&obtained.path)?);
        }
        // The kernel unpacks the archives in order.
        let mut whole = read(initramfs)?;
        whole.extend(archive.to_cpio_gz()?);
        log.say(&format!("the outer guest's initramfs: {} bytes", whole.len()))?;
        fs::write(&outer, whole).with_context(|| format!("writing {}", outer.display()))
    })?;
    Ok(outer)
}
