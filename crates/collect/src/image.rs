// SPDX-License-Identifier: GPL-2.0-or-later
//! The captures in the image of a stick, or on a stick that is not mounted: its FAT partitions are read in place.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use chaos_stick::CAPTURES_PATH;
use fatfs::{FileSystem, FsOptions};
use fs_err::File;

use crate::partitions::partitions;
use crate::window::Window;

/// The largest capture that is read: 2^30 bytes of samples and their frames.
const CAPTURE_BYTES_MAX: u64 = 2 << 30;

/// Calls `take` for every file in the folder of captures, with its name and its bytes or the error of reading them.
/// Returns whether there is such a folder.
///
/// # Errors
/// Returns an error if the image cannot be read, or no partition of it has a FAT file system.
pub(crate) fn each_file(
    path: &Path,
    file: &File,
    take: &mut dyn FnMut(&str, Result<Vec<u8>>),
) -> Result<bool> {
    let end = (&mut file.file()).seek(SeekFrom::End(0))?;
    let mut places = partitions(&mut file.file(), end)
        .with_context(|| format!("reading the partition table of {}", path.display()))?;
    if places.is_empty() {
        // A file system without a partition table.
        places.push(0..end);
    }
    let mut mounted = false;
    for place in places {
        let window = Window::new(file, place.start, place.end);
        let Ok(volume) = guarded(|| FileSystem::new(window, FsOptions::new())) else { continue };
        mounted = true;
        if captures(&volume, take)? {
            return Ok(true);
        }
    }
    if mounted {
        return Ok(false);
    }
    Err(anyhow!(
        "{} is neither a capture nor an image with a FAT file system: name a mounted stick, an image of one, or capture files",
        path.display()
    ))
}

/// The same for one file system; returns whether it has the folder.
fn captures(
    volume: &FileSystem<Window<'_>>,
    take: &mut dyn FnMut(&str, Result<Vec<u8>>),
) -> Result<bool> {
    let Ok(folder) = guarded(|| volume.root_dir().open_dir(CAPTURES_PATH.trim_start_matches('/')))
    else {
        return Ok(false);
    };
    let listed = guarded(|| folder.iter().collect::<Result<Vec<_>, _>>());
    let entries = listed.with_context(|| format!("listing {CAPTURES_PATH}"))?;
    for entry in entries {
        if !entry.is_file() {
            continue;
        }
        let bytes = guarded(|| {
            let mut bytes = Vec::new();
            entry.to_file().take(CAPTURE_BYTES_MAX).read_to_end(&mut bytes).map(|_| bytes)
        });
        take(&entry.file_name(), bytes);
    }
    Ok(true)
}

/// Runs a step of the file system's reader, which may panic on a damaged image; then the image is reported
/// as damaged, and the others are still read.
fn guarded<T>(read: impl FnOnce() -> std::io::Result<T>) -> Result<T> {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(done) => Ok(done?),
        Err(_) => Err(anyhow!("the file system is damaged: check the stick, and copy it again")),
    }
}
