// SPDX-License-Identifier: GPL-2.0-or-later
//! Standard output and standard error, as text and as bytes.

use core::fmt;

use rustix::fd::BorrowedFd;
use rustix::io::Errno;

use crate::run::file::write_all;

#[derive(Debug)]
pub(crate) struct Stdout;

#[derive(Debug)]
pub(crate) struct Stderr;

impl Stdout {
    /// Writes all the bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        write_all(stdout(), bytes)
    }
}

impl fmt::Write for Stdout {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_all(stdout(), text.as_bytes()).map_err(|_| fmt::Error)
    }
}

impl fmt::Write for Stderr {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        write_all(stderr(), text.as_bytes()).map_err(|_| fmt::Error)
    }
}

fn stdout() -> BorrowedFd<'static> {
    // SAFETY: nothing in this program closes standard output; where it was never open, writing fails with EBADF.
    unsafe { rustix::stdio::stdout() }
}

fn stderr() -> BorrowedFd<'static> {
    // SAFETY: as for standard output.
    unsafe { rustix::stdio::stderr() }
}
