// SPDX-License-Identifier: GPL-2.0-or-later
//! Whole reads and writes: signals and short counts are dealt with here.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Bytes of the longest path that is put together here.
const PATH_BYTES: usize = 96;

/// Opens a file for reading.
pub(crate) fn open(path: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Creates or empties a file for writing.
pub(crate) fn create(path: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::from_raw_mode(0o644))
}

/// Opens a device that exists for writing.
pub(crate) fn open_device(path: &str) -> Result<OwnedFd, Errno> {
    rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Writes all the bytes.
pub(crate) fn write_all(file: impl AsFd, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match rustix::io::write(&file, bytes) {
            Ok(0) => return Err(Errno::IO),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fills the buffer, or as much of it as the file has; the count of bytes, and of the reads that gave them.
pub(crate) fn read_full(file: impl AsFd, bytes: &mut [u8]) -> Result<(usize, u64), Errno> {
    let (mut filled, mut reads) = (0, 0);
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match rustix::io::read(&file, rest) {
            Ok(0) => break,
            Ok(read) => {
                filled += read;
                reads += 1;
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((filled, reads))
}

/// Waits for bytes and takes what there is; 0 at the end.
pub(crate) fn read_some(file: impl AsFd, bytes: &mut [u8]) -> Result<usize, Errno> {
    loop {
        match rustix::io::read(&file, &mut *bytes) {
            Err(Errno::INTR) => {}
            done => return done,
        }
    }
}

/// Reads the beginning of a text file, as much as fits into `place`.
pub(crate) fn read_head<'a>(path: &str, place: &'a mut [u8]) -> Result<&'a str, Errno> {
    let (len, _) = read_full(open(path)?, place)?;
    let head = place.get(..len).unwrap_or_default();
    core::str::from_utf8(head).map_err(|_| Errno::ILSEQ)
}

/// Reads a text file into `place`; one that does not fit, or is not UTF-8, is an error.
pub(crate) fn read_text<'a>(path: &str, place: &'a mut [u8]) -> Result<&'a str, Errno> {
    let room = place.len();
    let text = read_head(path, place)?;
    if text.len() == room { Err(Errno::FBIG) } else { Ok(text) }
}

/// Calls `use_path` with the parts put together.
pub(crate) fn with_path<T>(
    parts: &[&str],
    use_path: impl FnOnce(&str) -> Result<T, Errno>,
) -> Result<T, Errno> {
    let mut place = [0; PATH_BYTES];
    let mut path = chaos_wire::TextBuffer::new(&mut place);
    for part in parts {
        core::fmt::Write::write_str(&mut path, part).map_err(|_| Errno::NAMETOOLONG)?;
    }
    use_path(core::str::from_utf8(path.as_bytes()).map_err(|_| Errno::ILSEQ)?)
}
