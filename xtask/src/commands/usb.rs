// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask usb`: the image of a USB stick that boots both machines on a PC, written to a file, never to a device.

use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use clap::Args;
use fs_err as fs;

use guest_build::images::BuiltFile;
use guest_build::tools::TO_BUILD;
use guest_build::{preflight, usb};
use guest_run::{CommandContext, ExitKind, output, say};

/// Make the image of a USB stick that boots both machines on a PC.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask usb
  cargo xtask usb --out ~/uchaos-usb.img
  cargo xtask usb --json | jq -r .sha256

The image starts by UEFI and by BIOS. Nothing is written to a device: the command that does it is printed.")]
pub(crate) struct Usb {
    /// Copy the image to this file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Build this kernel tree or tarball (Linux 5.15 to 6.18) instead of the profile's
    #[arg(long, value_name = "PATH", env = "UCHAOS_LINUX_SRC")]
    linux_src: Option<PathBuf>,
}

impl Usb {
    /// Builds the image, and prints its properties and how to write it to a stick.
    ///
    /// # Errors
    /// Returns an error if the file to write is a device ([`ExitKind::Usage`]) or a step fails.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        if let Some(out) = &self.out {
            refuse_device(out)?;
        }
        preflight::ensure(context, TO_BUILD)?;
        context.expect_steps(usb::STEPS);
        let built = usb::build(context, self.linux_src.as_deref())?;
        if context.dry_run {
            return Ok(());
        }
        let path = self.out.unwrap_or_else(|| built.clone());
        if path != built {
            fs::copy(&built, &path)?;
        }
        let file = BuiltFile::of("usb image", &path)?;
        if context.json {
            return output::json(&file);
        }
        let mut write = Command::new("sudo");
        write.args(["dd", &format!("if={}", path.display()), "of=/dev/sdX", "bs=1M"]);
        let write = guest_run::quoted(write.args(["conv=fsync", "status=progress"]));
        say!("{:>10} bytes  {}", file.bytes, path.display())?;
        say!("SHA-256 {}", file.sha256)?;
        say!(
            "\nTo write it to a USB stick, find the stick's name with `lsblk -o NAME,SIZE,MODEL,TRAN`, put it in the place of
sdX, and check it twice: everything on that disk is lost.

    {write}"
        )
    }
}

/// Checks that a file may be written there: users write the stick themselves, after checking the disk's name.
fn refuse_device(path: &Path) -> Result<()> {
    let Ok(data) = fs::metadata(path) else { return Ok(()) };
    let kind = data.file_type();
    if kind.is_block_device() || kind.is_char_device() {
        return Err(ExitKind::Usage(format!(
            "--out {}: this is a device, but this command writes only files; without --out it prints the command that writes a stick",
            path.display()
        ))
        .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_refused_and_a_file_is_not() {
        let error = refuse_device(Path::new("/dev/null")).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::Usage(_))));
        refuse_device(Path::new("/no/such/file.img")).unwrap();
        let file = tempfile::NamedTempFile::new().unwrap();
        refuse_device(file.path()).unwrap();
    }
}
