// SPDX-License-Identifier: GPL-2.0-or-later
//! The image of a USB stick: GRUB for UEFI and for BIOS, and one FAT volume with both machines, their configuration and
//! room for captures. Made reproducibly by mtools and dosfstools, without root.

mod fat;
mod grub;

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use guest_run::{CommandContext, Images};

use crate::inputs::Inputs;
use crate::linux_image::{self, LinuxOptions};
use crate::tools::TO_MAKE_STICK;
use crate::{images, preflight, step, uefi};
use guest_run::tools::Need;

/// The profile that boots a PC.
pub const PROFILE: &str = "pc";
/// Most step lines that [`build`] prints.
pub const STEPS: usize = images::STEPS + uefi::STEPS + 1;

/// The FAT volume begins at 1 MiB, as partitions do; GRUB's BIOS part lies before it.
const VOLUME_START_SECTORS: u32 = 2048;
/// 30 MiB in total, which is less than 32 million bytes.
const VOLUME_SECTORS: u32 = 29 * 2048;
const SECTOR_BYTES: usize = 512;
/// Kernel and initramfs of the profile.
const LINUX_BYTES_AT_MOST: u64 = 4_000_000;

/// Builds the programs for the stick, and its image.
///
/// # Errors
/// Returns an error if a tool is missing, a step fails, or Linux exceeds its limit.
pub fn build(context: &CommandContext, linux_src: Option<&Path>) -> Result<PathBuf> {
    preflight::ensure(context, TO_MAKE_STICK)?;
    let bare = images::build_bare(context)?;
    let options = LinuxOptions::new(PROFILE, linux_src.map(Path::to_owned));
    let linux = linux_image::build(context, &options, &bare.engine.object)?;
    let program = uefi::build(context, &bare.engine.object)?;
    image(context, &Images { linux: Some(linux), ..bare }, &program)
}

/// The image of built machines.
fn image(context: &CommandContext, images: &Images, uefi_program: &Path) -> Result<PathBuf> {
    let linux = images.linux()?;
    let stick = context.root.join("stick");
    let image = context.out.join("usb/uchaos-usb.img");
    let mut inputs = Inputs::new()
        .path(&stick)
        .text("maker", concat!(include_str!("usb.rs"), include_str!("usb/fat.rs")))
        .text("loader", include_str!("usb/grub.rs"))
        .text("command line", &linux.command_line);
    let parts: [&Path; 4] =
        [&linux.bzimage, &linux.initramfs, &images.bare.unstripped, uefi_program];
    // In a dry run they may not exist.
    for part in parts.into_iter().filter(|part| part.exists()) {
        inputs = inputs.path(part);
    }
    for tool in TO_MAKE_STICK.iter().filter_map(Need::found) {
        inputs = inputs.path(tool);
    }
    step::run(context, "usb", &inputs, &[&image], |log| {
        let folder = context.out.join("usb");
        fs::create_dir_all(&folder)?;
        let linux_bytes = linux.len_bytes()?;
        ensure!(
            linux_bytes <= LINUX_BYTES_AT_MOST,
            "kernel and initramfs of the profile {PROFILE} have {linux_bytes} bytes, and may have {LINUX_BYTES_AT_MOST}"
        );
        let loader = grub::build(&folder, log)?;
        let bare = folder.join("uchaos-bare.elf");
        log.run(
            std::process::Command::new("strip").arg("-o").arg(&bare).arg(&images.bare.unstripped),
        )?;
        let menu = grub::menu(&stick.join("grub.cfg"), &linux.command_line)?;
        let files = [
            ("/EFI/BOOT/BOOTX64.EFI", fs::read(&loader.efi)?),
            ("/EFI/uchaos/uchaos.efi", fs::read(uefi_program)?),
            ("/README.TXT", dos_text(&fs::read_to_string(stick.join("README.txt"))?)),
            ("/boot/grub/grub.cfg", menu.into_bytes()),
            ("/uchaos/boot/bzImage", fs::read(&linux.bzimage)?),
            ("/uchaos/boot/initramfs.cpio.gz", fs::read(&linux.initramfs)?),
            ("/uchaos/boot/uchaos-bare.elf", fs::read(&bare)?),
            ("/uchaos/captures/", Vec::new()),
            (chaos_stick::CONF_PATH, dos_text(&fs::read_to_string(stick.join("uchaos.conf"))?)),
        ];
        let volume = fat::volume(&folder, &files, log)?;
        let mut bytes = grub::before_the_volume(&loader)?;
        bytes.extend(volume);
        fs::write(&image, bytes).with_context(|| format!("writing {}", image.display()))?;
        log.say(&format!("Linux on the stick: {linux_bytes} bytes (kernel and initramfs)"))
    })?;
    Ok(image)
}

/// Line ends that every editor understands.
fn dos_text(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;
    use chaos_stick::{After, Conf};

    #[test]
    fn the_configuration_on_a_new_stick_measures_both_machines_and_fits_it() {
        let text = fs::read_to_string("../../stick/uchaos.conf").unwrap();
        let text = String::from_utf8(dos_text(&text)).unwrap();
        let conf = Conf::parse(&text).unwrap();
        assert_eq!((conf.boots, conf.after), (1, After::Menu));
        let bytes: u64 = conf.request.jobs.iter().map(chaos_wire::Job::len_bytes).sum();
        assert!(bytes > 8_000_000 && 2 * bytes < 20_000_000, "{bytes}");
    }

    #[test]
    fn the_profile_of_the_stick_is_there() {
        assert!(profile::names(Path::new("../..")).unwrap().iter().any(|name| name == PROFILE));
    }
}
