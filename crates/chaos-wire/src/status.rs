// SPDX-License-Identifier: GPL-2.0-or-later
//! How a guest says that it ended: in its `done` frame, on its console, and through QEMU's exit status.

use core::fmt;

/// Where QEMU's `isa-debug-exit` device listens; one 32-bit write ends QEMU.
pub const DEBUG_EXIT_PORT: u16 = 0xf4;

/// Added to a status when it is written to [`DEBUG_EXIT_PORT`], so that no guest status can be taken for one
/// of QEMU's own exit statuses (0 and 1).
const DEBUG_EXIT_BASE: u32 = 0x10;

/// A guest's verdict on its own work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GuestStatus {
    /// Every job was done.
    Success = 0,
    /// A job failed: a health test, a self test, the noise source or the engine.
    JobFailed = 1,
    /// The kernel command line has an error in it.
    BadCommandLine = 2,
    /// The initrd is missing or damaged.
    BadInitrd = 3,
    /// The machine has too little memory.
    TooLittleMemory = 4,
    /// A panic, or a processor exception.
    Panic = 5,
    /// There is no data port, or it does not take the frames.
    NoDataPort = 6,
}

impl GuestStatus {
    pub const ALL: [Self; 7] = [
        Self::Success,
        Self::JobFailed,
        Self::BadCommandLine,
        Self::BadInitrd,
        Self::TooLittleMemory,
        Self::Panic,
        Self::NoDataPort,
    ];

    /// The number in a `done` frame and in `[uchaos] done status=`.
    #[must_use]
    pub const fn number(self) -> i32 {
        self as i32
    }

    /// The status with this number.
    #[must_use]
    pub fn from_number(number: i32) -> Option<Self> {
        Self::ALL.get(usize::try_from(number).ok()?).copied()
    }

    /// The value a guest writes to [`DEBUG_EXIT_PORT`]: 0x10 for success, 0x11 and up for the others.
    #[must_use]
    pub const fn debug_exit_value(self) -> u32 {
        DEBUG_EXIT_BASE + self as u32
    }

    /// The status with which QEMU then exits: twice the value, plus one.
    #[must_use]
    pub const fn qemu_exit_status(self) -> i32 {
        ((self.debug_exit_value() << 1) | 1) as i32
    }

    /// What a QEMU exit status says about the guest; `None` where QEMU ended for another reason.
    #[must_use]
    pub fn from_qemu_exit_status(status: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|guest| guest.qemu_exit_status() == status)
    }
}

impl fmt::Display for GuestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::JobFailed => "a job failed",
            Self::BadCommandLine => "an error in the kernel command line",
            Self::BadInitrd => "a missing or damaged initrd",
            Self::TooLittleMemory => "too little memory",
            Self::Panic => "a panic or processor exception",
            Self::NoDataPort => "no usable data port",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_comes_back_from_each_of_its_numbers() {
        for (index, status) in GuestStatus::ALL.into_iter().enumerate() {
            assert_eq!(status.number(), i32::try_from(index).unwrap());
            assert_eq!(GuestStatus::from_number(status.number()), Some(status));
            assert_eq!(GuestStatus::from_qemu_exit_status(status.qemu_exit_status()), Some(status));
        }
        assert_eq!(GuestStatus::Success.qemu_exit_status(), 33);
        assert_eq!(GuestStatus::NoDataPort.debug_exit_value(), 0x16);
    }

    #[test]
    fn other_numbers_are_no_status() {
        for number in [-1, 7, i32::MIN, i32::MAX] {
            assert_eq!(GuestStatus::from_number(number), None);
        }
        for qemu in [0, 1, 31, 32, 34, 47, 255, -1] {
            assert_eq!(GuestStatus::from_qemu_exit_status(qemu), None, "{qemu}");
        }
    }
}
