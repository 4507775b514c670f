// SPDX-License-Identifier: GPL-2.0-or-later
//! A part of a file as a read-only disk with a limit on the bytes read.

use std::io::{self, Read, Seek, SeekFrom, Write};

use fs_err::File;

/// Bytes `start..end` of a file.
///
/// A damaged file system can send a reader into an endless loop (a cluster chain that leads back to itself). So the
/// window returns a limited number of bytes, far more than reading everything takes, and then fails.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    file: &'a File,
    start: u64,
    end: u64,
    position: u64,
    left_bytes: u64,
}

/// Average number of times that each byte can be read.
const READS_OF_A_BYTE: u64 = 16;
/// Extra bytes for small images: file systems repeatedly read single directory and table entries.
const LEAST_BYTES: u64 = 64 << 20;

impl<'a> Window<'a> {
    pub(crate) fn new(file: &'a File, start: u64, end: u64) -> Self {
        let left_bytes = (end.saturating_sub(start)).saturating_mul(READS_OF_A_BYTE);
        Self { file, start, end, position: 0, left_bytes: left_bytes.max(LEAST_BYTES) }
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size_bytes = self.end - self.start;
        let here = size_bytes.saturating_sub(self.position);
        let wanted = buffer.len().min(usize::try_from(here).unwrap_or(usize::MAX));
        if self.left_bytes < wanted as u64 {
            return Err(io::Error::other(
                "the file system is damaged: it leads into an endless loop",
            ));
        }
        let mut file = self.file.file();
        file.seek(SeekFrom::Start(self.start + self.position))?;
        let count = file.read(&mut buffer[..wanted])?;
        self.position += count as u64;
        self.left_bytes -= count as u64;
        Ok(count)
    }
}

impl Seek for Window<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(delta) => self.position.checked_add_signed(delta),
            SeekFrom::End(delta) => (self.end - self.start).checked_add_signed(delta),
        };
        let outside = || io::Error::other("the file system points outside its partition");
        self.position = target.ok_or_else(outside)?;
        Ok(self.position)
    }
}

impl Write for Window<'_> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
