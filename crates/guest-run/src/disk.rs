// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that the disk has room for a guest's data. A disk that fills up during a run shows only as a truncated
//! capture, so this is checked before.

use std::fs::File;
use std::path::Path;

use nix::sys::statvfs::statvfs;

use crate::machine::DataPort;

/// Frame headers, reports and the console log, on top of the data.
const MARGIN_BYTES: u64 = 4 << 20;
/// A disk with less than this left counts as full: somewhat more than QEMU's largest single write.
const FULL_BYTES: u64 = 64 << 10;

/// Creates the data file, and checks that the expected data fits on its disk. The error states the problem and
/// the remedy.
pub(crate) fn prepare(port: &DataPort) -> Result<(), String> {
    File::create(&port.path).map_err(|error| {
        format!("{error}\n  Its folder must be there and be writable; choose another place for the results if it is not")
    })?;
    // A file system that reports no free space passes: the capture's own checks still apply.
    let Some(free_bytes) = free_bytes(folder_of(port)) else { return Ok(()) };
    let needed_bytes = port.expected_bytes.saturating_add(MARGIN_BYTES);
    if free_bytes < needed_bytes {
        return Err(format!(
            "its disk has {} MiB free, and the guest will send {} MiB\n  \
             Free some space (`cargo xtask clean` says what it can), or choose another place for the results",
            free_bytes >> 20,
            needed_bytes.div_ceil(1 << 20)
        ));
    }
    Ok(())
}

/// Checks that the disk did not fill up while the guest wrote: QEMU silently drops what does not fit.
pub(crate) fn check_after(port: &DataPort) -> Result<(), String> {
    match free_bytes(folder_of(port)) {
        Some(free_bytes) if free_bytes < FULL_BYTES => {
            Err("its disk is full, so the guest's data is incomplete\n  \
             Free some space (`cargo xtask clean` says what it can), and run it again"
                .to_owned())
        }
        _ => Ok(()),
    }
}

fn folder_of(port: &DataPort) -> &Path {
    let folder = port.path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Bytes that an unprivileged user can still write below `folder`; `None` if the file system does not report it.
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    // Some file systems report no size at all, which does not mean that they are full.
    let stat = statvfs(folder).ok().filter(|stat| stat.blocks() > 0)?;
    Some(stat.blocks_available().saturating_mul(stat.fragment_size()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::PortKind;

    fn port(path: &Path, expected_bytes: u64) -> DataPort {
        DataPort { kind: PortKind::VirtConsole, path: path.to_owned(), expected_bytes }
    }

    #[test]
    fn too_much_data_for_the_disk_is_known_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        prepare(&port(&path, 1000)).unwrap();
        let why = prepare(&port(&path, u64::MAX / 2)).unwrap_err();
        assert!(why.contains("MiB free"), "{why}");
    }

    #[test]
    fn a_file_system_without_a_size_is_not_full() {
        assert_eq!(free_bytes(Path::new("/proc")), None);
        check_after(&port(Path::new("/proc/data"), 1)).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let why = prepare(&port(Path::new("/no such folder/data"), 1)).unwrap_err();
        assert!(why.contains("No such file"), "{why}");
    }
}
