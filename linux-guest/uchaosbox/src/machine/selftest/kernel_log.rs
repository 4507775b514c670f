// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's log, record by record.

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, SeekFrom};
use rustix::io::Errno;

use super::{Wrong, during};

/// Bytes of the longest record.
const RECORD_BYTES: usize = 8192;

/// A place in the kernel's log.
pub(super) struct KernelLog(OwnedFd);

impl KernelLog {
    /// From the first record that is kept.
    pub(super) fn from_start() -> Result<Self, Wrong> {
        rustix::fs::open("/dev/kmsg", OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty())
            .map(Self)
            .map_err(during("opening /dev/kmsg"))
    }

    /// From now on.
    pub(super) fn from_now() -> Result<Self, Wrong> {
        let log = Self::from_start()?;
        rustix::fs::seek(&log.0, SeekFrom::End(0))
            .map_err(during("going to the end of /dev/kmsg"))?;
        Ok(log)
    }

    /// Hands each record that is there to `look`, until it has found what it wants.
    pub(super) fn find(&self, mut look: impl FnMut(&str) -> bool) -> Result<bool, Wrong> {
        let mut record = [0; RECORD_BYTES];
        loop {
            match rustix::io::read(&self.0, &mut record) {
                Ok(len) => {
                    let text = core::str::from_utf8(record.get(..len).unwrap_or_default());
                    if look(text.unwrap_or_default()) {
                        return Ok(true);
                    }
                }
                Err(Errno::AGAIN) => return Ok(false),
                // The oldest records were overwritten meanwhile; the next read continues after them.
                Err(Errno::PIPE) => {}
                Err(error) => return Err(during("reading /dev/kmsg")(error)),
            }
        }
    }
}
