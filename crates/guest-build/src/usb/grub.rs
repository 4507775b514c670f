// SPDX-License-Identifier: GPL-2.0-or-later
//! The boot loader: Debian's GRUB, one program for UEFI, and one between partition table and volume for BIOS.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{SECTOR_BYTES, VOLUME_SECTORS, VOLUME_START_SECTORS};
use crate::log::StepLog;

/// The first sector of the BIOS part, to be completed with a partition table.
const BOOT_SECTOR: &str = "/usr/lib/grub/i386-pc/boot.img";
/// The modules built into both parts; the stick has no folder of modules.
const MODULES: [&str; 16] = [
    "part_msdos",
    "part_gpt",
    "fat",
    "normal",
    "configfile",
    "linux",
    "serial",
    "terminal",
    "halt",
    "ls",
    "cat",
    "sleep",
    "test",
    "echo",
    "minicmd",
    "boot",
];

/// Places in the boot sector (GRUB, `include/grub/i386/pc/boot.h`).
const DRIVE_CHECK: usize = 0x66;
const DISK_SIGNATURE: usize = 0x1b8;
const PARTITIONS: usize = 0x1be;
const BOOT_SIGNATURE: usize = 0x1fe;

/// GRUB's parts.
pub(super) struct Loader {
    pub(super) efi: PathBuf,
    core: PathBuf,
}

/// Makes both parts in `folder`.
pub(super) fn build(folder: &Path, log: &mut StepLog) -> Result<Loader> {
    let loader = Loader { efi: folder.join("BOOTX64.EFI"), core: folder.join("core.img") };
    let mut make = |format: &str, prefix: &str, modules: &[&str], output: &Path| {
        let mut command = Command::new("grub-mkimage");
        command.args(["-O", format, "-p", prefix, "-o"]).arg(output).args(MODULES).args(modules);
        log.run(&mut command)
    };
    make("x86_64-efi", "/boot/grub", &["chain", "efi_gop", "all_video"], &loader.efi)?;
    // The drive from which the firmware started.
    make("i386-pc", "(,msdos1)/boot/grub", &["biosdisk", "multiboot2"], &loader.core)?;
    Ok(loader)
}

/// The menu, with the command line of Linux in it.
pub(super) fn menu(path: &Path, linux: &str) -> Result<String> {
    let text = fs::read_to_string(path)?;
    ensure!(text.contains("@LINUX@"), "{} does not say where Linux goes", path.display());
    Ok(text.replace("@LINUX@", linux))
}

/// The image up to the volume: boot sector with the partition table, and the BIOS part.
pub(super) fn before_the_volume(loader: &Loader) -> Result<Vec<u8>> {
    let boot = fs::read(BOOT_SECTOR)?;
    let core = fs::read(&loader.core)?;
    let room = (VOLUME_START_SECTORS as usize - 1) * SECTOR_BYTES;
    ensure!(core.len() <= room, "GRUB's BIOS part has {} bytes, and {room} fit", core.len());
    let mut bytes = boot_sector(&boot).with_context(|| format!("completing {BOOT_SECTOR}"))?;
    bytes.extend(core);
    bytes.resize(VOLUME_START_SECTORS as usize * SECTOR_BYTES, 0);
    Ok(bytes)
}

/// The result of grub-bios-setup. The rest of GRUB begins in the next sector, which is the default of both.
fn boot_sector(boot: &[u8]) -> Result<Vec<u8>> {
    ensure!(boot.len() == SECTOR_BYTES, "it has {} bytes", boot.len());
    let mut sector = boot.to_vec();
    // Two NOPs: ignore a BIOS that reports a start from a floppy disk.
    sector[DRIVE_CHECK..DRIVE_CHECK + 2].fill(0x90);
    // The table replaces the code for floppy disks.
    sector[DISK_SIGNATURE..BOOT_SIGNATURE].fill(0);
    sector[DISK_SIGNATURE..DISK_SIGNATURE + 4].copy_from_slice(b"UCHA");
    // Active, FAT16 by block numbers; the conventional values for unused cylinders and heads.
    let entry = [0x80, 0xfe, 0xff, 0xff, 0x0e, 0xfe, 0xff, 0xff];
    sector[PARTITIONS..PARTITIONS + 8].copy_from_slice(&entry);
    sector[PARTITIONS + 8..PARTITIONS + 12].copy_from_slice(&VOLUME_START_SECTORS.to_le_bytes());
    sector[PARTITIONS + 12..PARTITIONS + 16].copy_from_slice(&VOLUME_SECTORS.to_le_bytes());
    sector[BOOT_SIGNATURE..].copy_from_slice(&[0x55, 0xaa]);
    Ok(sector)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_sector_keeps_its_code_and_gets_one_partition() {
        let boot = vec![0xcc; SECTOR_BYTES];
        let sector = boot_sector(&boot).unwrap();
        assert_eq!(&sector[..DRIVE_CHECK], &boot[..DRIVE_CHECK]);
        assert_eq!(&sector[PARTITIONS + 8..PARTITIONS + 16], b"\0\x08\0\0\0\xe8\0\0");
        assert!(sector[PARTITIONS + 16..BOOT_SIGNATURE].iter().all(|byte| *byte == 0));
        assert_eq!(&sector[BOOT_SIGNATURE..], [0x55, 0xaa]);
        assert!(boot_sector(&boot[1..]).is_err());
    }
}
