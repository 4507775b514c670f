// SPDX-License-Identifier: GPL-2.0-or-later
//! What a command answers: a text, and whether the value in it stands. It is printed in one go, because `println!`
//! panics when its reader has gone.

use anyhow::Context;
use serde::Serialize;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// 128 and the number of SIGPIPE, as a shell shows a program that this signal ended.
const UNREAD: u8 = 141;

/// The answer of a command.
pub(crate) struct Answer {
    /// Whether the value stands, or the tests passed.
    pub(crate) stands: bool,
    /// What is printed.
    pub(crate) text: String,
}

impl Answer {
    /// The whole result for programs.
    ///
    /// # Errors
    /// None for the results of this program.
    pub(crate) fn json(stands: bool, result: &impl Serialize) -> anyhow::Result<Self> {
        let text = serde_json::to_string_pretty(result).context("writing JSON")? + "\n";
        Ok(Self { stands, text })
    }

    /// Prints it; the exit status of the program.
    ///
    /// # Errors
    /// A disk that is full. That nobody reads is none, and nothing is said of it.
    pub(crate) fn print(&self) -> anyhow::Result<ExitCode> {
        match std::io::stdout().write_all(self.text.as_bytes()) {
            Ok(()) => Ok(ExitCode::from(u8::from(!self.stands))),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::from(UNREAD)),
            Err(error) => Err(error).context("writing to standard output"),
        }
    }
}
