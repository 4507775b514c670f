// SPDX-License-Identifier: GPL-2.0-or-later
//! What a guest's end means: its verdict, and the lines that tell of a kernel that has given up.

use std::process::ExitStatus;
use std::time::Duration;

use chaos_wire::{GuestStatus, Marker};

use crate::console::ConsoleLine;
use crate::error::{RunError, Scene};

/// A guest that came to its end.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub exit: ExitStatus,
    /// The guest's verdict on its own work; `None` where it gave none.
    pub guest_status: Option<GuestStatus>,
    pub lines: Vec<ConsoleLine>,
    pub wall: Duration,
    /// What was run, for errors and for the record.
    pub scene: Scene,
}

impl Outcome {
    /// Nothing, if the guest itself says that it did all that it was asked to do.
    ///
    /// # Errors
    /// [`RunError::GuestFailed`] when it says otherwise, [`RunError::GuestDied`] when it says nothing.
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

/// The guest's verdict: through QEMU's exit status, else from its `done` line. Failure beats success.
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

/// Whether a console line says that the guest's kernel has given up.
pub(crate) fn is_panic(line: &str) -> bool {
    line.contains("Kernel panic - not syncing")
        || matches!(Marker::parse(line), Some(Marker::Error { text }) if text.starts_with("panic"))
}
