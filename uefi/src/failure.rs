// SPDX-License-Identifier: GPL-2.0-or-later
//! Errors for the user: the operation, its object, why it failed, and what to do next. Also panics.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;
use core::panic::PanicInfo;

use uefi::{Status, boot};

use crate::console::Console;

#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) doing: String,
    pub(crate) why: Cow<'static, str>,
    pub(crate) next: &'static str,
}

impl Failure {
    pub(crate) fn new(
        doing: impl Into<String>,
        why: impl Into<Cow<'static, str>>,
        next: &'static str,
    ) -> Self {
        Self { doing: doing.into(), why: why.into(), next }
    }

    /// The failure of a firmware call on the stick.
    pub(crate) fn of_stick(doing: impl Into<String>, status: Status) -> Self {
        let (why, next) = match status {
            Status::VOLUME_FULL => (
                "the stick is full",
                "Copy the captures to a computer, delete them from the stick, and try again.",
            ),
            Status::WRITE_PROTECTED | Status::ACCESS_DENIED => {
                ("the stick is read-only", "Move its switch, if it has one, or use another stick.")
            }
            Status::NO_MEDIA
            | Status::MEDIA_CHANGED
            | Status::DEVICE_ERROR
            | Status::NO_RESPONSE
            | Status::TIMEOUT
            | Status::INVALID_PARAMETER
            | Status::UNSUPPORTED
            | Status::NOT_FOUND => (
                "the stick does not answer (was it removed?)",
                "Plug it in again and restart the computer.",
            ),
            Status::VOLUME_CORRUPTED => (
                "its file system is damaged",
                "Repair it (fsck.vfat, chkdsk) or write the image to the stick again.",
            ),
            _ => return Self::new(doing, alloc::format!("the firmware reports {status}"), AGAIN),
        };
        Self::new(doing, why, next)
    }
}

const AGAIN: &str = "Try again, with another port or another stick.";

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, why, next } = self;
        write!(f, "{doing}: {why}. {next}")
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    use core::fmt::Write as _;
    let mut console = Console::take();
    // The console's writes cannot fail.
    let _ = writeln!(console, "\n[uchaos] error: panic: {info}");
    let _ = writeln!(
        console,
        "Nothing on the stick was damaged. Switch the computer off and on again."
    );
    loop {
        boot::stall(core::time::Duration::from_secs(1));
    }
}
