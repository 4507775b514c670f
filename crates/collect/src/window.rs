// SPDX-License-Identifier: GPL-2.0-or-later
//! A part of a file as a disk that can only be read, and only so often.

use std::io::{self, Read, Seek, SeekFrom, Write};

use fs_err::File;

/// Bytes `start..end` of a file.
///
/// A damaged file system can send a reader around in circles (a chain of clusters that leads back to itself). So the
/// window gives out a limited number of bytes, far more than reading everything takes, and then fails.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    file: &'a File,
    start: u64,
    end: u64,
    position: u64,
    left_bytes: u64,
}

/// Every byte can be read this often.
const READS_OF_A_BYTE: u64 = 16;
/// File systems read single directory entries and table entries; small images need some room for that.
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
            return Err(io::Error::other("the file system leads in circles: it is damaged"));
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
        let outside = || io::Error::other("the file system points outside of its partition");
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
