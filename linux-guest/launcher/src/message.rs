// SPDX-License-Identifier: GPL-2.0-or-later
//! The one line that says why the program was not run. It is written in one call, so that it is not split.

use core::ffi::CStr;

use rustix::io::Errno;

use crate::kernel;

const MOST_BYTES: usize = 2048;

/// The line, which starts with the program's name. Text that does not fit is dropped.
#[derive(Debug)]
pub(crate) struct Message {
    bytes: [u8; MOST_BYTES],
    name_bytes: usize,
    len: usize,
}

impl Message {
    /// A line that begins with the file name of `path`.
    pub(crate) fn new(path: &CStr) -> Self {
        let mut message = Self { bytes: [0; MOST_BYTES], name_bytes: 0, len: 0 };
        let name = path.to_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        message.begin(name);
        message
    }

    pub(crate) fn set_name(&mut self, name: &CStr) {
        self.begin(name.to_bytes());
    }

    fn begin(&mut self, name: &[u8]) {
        self.len = 0;
        self.add_bytes(name).add(": ");
        self.name_bytes = self.len;
    }

    /// Removes everything but the name.
    pub(crate) fn restart(&mut self) -> &mut Self {
        self.len = self.name_bytes;
        self
    }

    pub(crate) fn add(&mut self, text: &str) -> &mut Self {
        self.add_bytes(text.as_bytes())
    }

    pub(crate) fn add_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        // One byte stays free for the end of the line.
        let free = &mut self.bytes[self.len..MOST_BYTES - 1];
        let len = bytes.len().min(free.len());
        free[..len].copy_from_slice(&bytes[..len]);
        self.len += len;
        self
    }

    pub(crate) fn add_errno(&mut self, errno: Errno) -> &mut Self {
        self.add(match errno {
            Errno::ACCESS => "permission denied (is it mounted noexec?)",
            Errno::PERM => "not permitted",
            Errno::NOSYS => "not supported by this kernel",
            Errno::NOENT => "no such file or folder",
            Errno::NOTDIR => "not a folder",
            Errno::NOSPC => "no space left",
            Errno::ROFS => "read-only file system",
            Errno::NOMEM => "not enough memory",
            Errno::NOEXEC => "not a program for this system",
            Errno::TOOBIG => "its arguments are too long",
            Errno::ILSEQ => "its bytes are not what the packer writes",
            _ => "error ",
        });
        let mut digits = [0; 10];
        if self.bytes[..self.len].ends_with(b"error ") {
            crate::write_number(&mut digits, errno.raw_os_error().unsigned_abs());
        }
        let len = digits.iter().position(|digit| *digit == 0).unwrap_or(digits.len());
        self.add_bytes(&digits[..len])
    }

    /// For the end of a chain of calls.
    pub(crate) fn end(&mut self) {}

    pub(crate) fn print(&mut self) {
        self.bytes[self.len] = b'\n';
        kernel::write_error(&self.bytes[..=self.len]);
    }
}
