// SPDX-License-Identifier: GPL-2.0-or-later
//! The FAT volume, made by mkfs.fat and mtools: no loop device, no root, no time of day.

use fs_err as fs;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::{SECTOR_BYTES, VOLUME_SECTORS, VOLUME_START_SECTORS};
use crate::log::StepLog;

/// The volume's number, `UCHA`.
const VOLUME_ID: &str = "55434841";
/// 1 March 2026, as in the kernel's build.
const FILE_TIME_S: &str = "1772323200";

/// A volume with these files, by their paths in it; a path that ends with `/` is an empty folder.
pub(super) fn volume(
    folder: &Path,
    files: &[(&str, Vec<u8>)],
    log: &mut StepLog,
) -> Result<Vec<u8>> {
    let volume = folder.join("volume.fat");
    let size_bytes = u64::from(VOLUME_SECTORS) * SECTOR_BYTES as u64;
    // A new file of zeros, so that no data of an older volume remains between the files.
    fs::File::create(&volume)?.set_len(size_bytes)?;
    let mut format = Command::new("mkfs.fat");
    // With clusters of 2 KiB a small capture wastes little, and FAT16 can number all of them.
    format
        .args(["--invariant", "-F", "16", "-s", "4", "-g", "255/63", "-i", VOLUME_ID])
        .args(["-n", chaos_stick::VOLUME_LABEL, "-h", &VOLUME_START_SECTORS.to_string()])
        .arg(&volume);
    log.run(&mut format)?;
    let mut made = BTreeSet::new();
    for (path, _) in files {
        for (end, _) in path.match_indices('/').filter(|(end, _)| *end > 0) {
            if made.insert(&path[..end]) {
                log.run(mtool("mmd", &volume).arg(format!("::{}", &path[..end])))?;
            }
        }
    }
    let staged = folder.join("staged");
    for (path, bytes) in files.iter().filter(|(path, _)| !path.ends_with('/')) {
        fs::write(&staged, bytes)?;
        log.run(mtool("mcopy", &volume).arg(&staged).arg(format!("::{path}")))
            .with_context(|| format!("putting {path} onto the volume"))?;
    }
    let bytes = fs::read(&volume)?;
    fs::remove_file(&staged)?;
    fs::remove_file(&volume)?;
    Ok(bytes)
}

fn mtool(name: &str, volume: &Path) -> Command {
    let mut command = Command::new(name);
    // Times come from this epoch, in this zone; the user's settings are ignored.
    command.env("SOURCE_DATE_EPOCH", FILE_TIME_S).env("TZ", "UTC").env("MTOOLSRC", "/dev/null");
    command.arg("-i").arg(volume);
    command
}
