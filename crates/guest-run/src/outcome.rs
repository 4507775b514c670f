// SPDX-License-Identifier: GPL-2.0-or-later
//! The outcome of a guest: its verdict, and the console lines of a kernel panic.

use std::process::ExitStatus;
use std::time::Duration;

use chaos_wire::{GuestStatus, Marker};

use crate::console::ConsoleLine;
use crate::error::{RunError, Scene};

/// A guest that has ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub exit: ExitStatus,
    /// The status that the guest reported; `None` if it reported none.
    pub guest_status: Option<GuestStatus>,
    pub lines: Vec<ConsoleLine>,
    pub wall: Duration,
    /// A description of the guest, for errors and records.
    pub scene: Scene,
}

impl Outcome {
    /// Checks that the guest itself reported success.
    ///
    /// # Errors
    /// Returns an error if it reported a failure ([`RunError::GuestFailed`]) or nothing ([`RunError::GuestDied`]).
    pub fn verdict(&self) -> Result<(), RunError> {
        let scene = Box::new(self.scene.clone());
        match self.guest_status {
            Some(GuestStatus::Success) => Ok(()),
            Some(status) => {
                Err(RunError::GuestFailed { status, error_line: self.error_line(), scene })
            }
            None => Err(RunError::GuestDied { how: self.exit, scene }),
        }
    }

    /// The last `[uchaos] error:` line of the console.
    #[must_use]
    pub fn error_line(&self) -> Option<String> {
        self.lines.iter().rev().find_map(|line| match Marker::parse(&line.text) {
            Some(Marker::Error { text }) => Some(text.to_owned()),
            _ => None,
        })
    }
}

/// The guest's verdict: from QEMU's exit status and from its `done` line. Failure takes precedence.
pub(crate) fn guest_status(exit: ExitStatus, lines: &[ConsoleLine]) -> Option<GuestStatus> {
    let by_exit = exit.code().and_then(GuestStatus::from_qemu_exit_status);
    let by_line = lines.iter().rev().find_map(|line| match Marker::parse(&line.text) {
        Some(Marker::Done { status }) => GuestStatus::from_number(status),
        _ => None,
    });
    match (by_exit, by_line) {
        (Some(GuestStatus::Success), Some(by_line)) => Some(by_line),
        (by_exit, by_line) => by_exit.or(by_line),
    }
}

/// Whether a console line reports a kernel panic.
pub(crate) fn is_panic(line: &str) -> bool {
    line.contains("Kernel panic - not syncing")
        || matches!(Marker::parse(line), Some(Marker::Error { text }) if text.starts_with("panic"))
}
