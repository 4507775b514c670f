// SPDX-License-Identifier: GPL-2.0-or-later
//! The disk for a server's data: a file with an ext4 file system, created once and then kept.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use fs_err as fs;
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::{ExitKind, tools};

/// The label of the file system, which identifies such a disk.
const LABEL: &str = "uchaos-data";
/// Capacity of a new disk. The file is sparse.
const LEN_BYTES: u64 = 256 << 20;

/// Creates the disk, or checks that an existing file is one.
///
/// # Errors
/// Returns an error if the file exists and is not such a disk (it is left unchanged), or if the tool is missing.
pub fn prepare(file: &Path) -> Result<()> {
    if file.exists() {
        return check(file);
    }
    let Some(mkfs) = tools::find("mkfs.ext4") else {
        let text = format!(
            "making {} needs mkfs.ext4, which is not installed: {}",
            file.display(),
            tools::install_line(&["e2fsprogs"])
        );
        return Err(ExitKind::Missing(text).into());
    };
    let parent =
        file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let made = tempfile::NamedTempFile::new_in(parent)
        .with_context(|| format!("making the disk {}", file.display()))?;
    made.as_file().set_len(LEN_BYTES)?;
    let mut command = Command::new(mkfs);
    command.args(["-q", "-F", "-m", "0", "-L", LABEL]).arg(made.path()).stdin(Stdio::null());
    let finished = process::run(command, Wiring::OnePipe, None, OnInterrupt::Kill)?;
    if !finished.status.success() {
        anyhow::bail!("making an ext4 in {}: {}", file.display(), finished.text().trim());
    }
    made.persist_noclobber(file).with_context(|| format!("naming {}", file.display()))?;
    eprintln!("{} is a new disk of {} MiB", file.display(), LEN_BYTES >> 20);
    Ok(())
}

/// The superblock of an ext4 is at 1024: its magic number at 56, its name at 120 (fs/ext4/ext4.h).
fn check(file: &Path) -> Result<()> {
    let mut superblock = [0; 136];
    let mut opened = fs::File::open(file)?;
    opened.seek(SeekFrom::Start(1024))?;
    let is_whole = opened.read_exact(&mut superblock).is_ok();
    let name = &superblock[120..136];
    if is_whole && superblock[56..58] == [0x53, 0xef] && name.starts_with(LABEL.as_bytes()) {
        return Ok(());
    }
    let text = format!(
        "{} already exists and is not a disk for a server's data; nothing was changed. Give --data a new file",
        file.display()
    );
    Err(ExitKind::Usage(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_something_else_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("letter.txt");
        for text in ["dear".to_owned(), "x".repeat(4096)] {
            fs::write(&file, &text).unwrap();
            let error = prepare(&file).unwrap_err();
            assert!(matches!(error.downcast_ref(), Some(ExitKind::Usage(_))), "{error}");
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn a_disk_is_made_once_and_known_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.img");
        prepare(&file).unwrap();
        let made = fs::metadata(&file).unwrap();
        assert_eq!(made.len(), LEN_BYTES);
        prepare(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), made.modified().unwrap());
    }
}
