// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a command answers: a text, and whether the value in it stands. It is printed in one go, because `println!`
//! panics when its reader has gone.

use crate::provenance::Provenance;
use anyhow::{Context, bail};
use rustix::fs::{OFlags, fcntl_getfl};
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

#[derive(Serialize)]
struct WithProvenance<'a, T> {
    #[serde(flatten)]
    result: &'a T,
    provenance: &'a Provenance,
}

impl Answer {
    /// The whole result for programs.
    ///
    /// # Errors
    /// Returns an error if the result is not a JSON object; those of this program are.
    pub(crate) fn json(
        stands: bool,
        result: &impl Serialize,
        provenance: &Provenance,
    ) -> anyhow::Result<Self> {
        let whole = WithProvenance { result, provenance };
        let text = serde_json::to_string_pretty(&whole).context("writing JSON")? + "\n";
        Ok(Self { stands, text })
    }

    /// The result for people, followed by where it comes from.
    pub(crate) fn text(stands: bool, mut text: String, provenance: &Provenance) -> Self {
        text.push('\n');
        provenance.describe(&mut text);
        Self { stands, text }
    }

    /// Prints it; the exit status of the program.
    ///
    /// # Errors
    /// Returns an error if standard output is closed or cannot be written to. A reader that has gone is not an error.
    pub(crate) fn print(&self) -> anyhow::Result<ExitCode> {
        print(u8::from(!self.stands), || std::io::stdout().write_all(self.text.as_bytes()))
    }
}

/// Prints by `write`; the exit status is `status` if all was written.
///
/// # Errors
/// Returns an error if standard output is closed or cannot be written to. A reader that has gone is not an error.
pub(crate) fn print(
    status: u8,
    write: impl FnOnce() -> std::io::Result<()>,
) -> anyhow::Result<ExitCode> {
    if stdout_was_closed() {
        bail!(
            "standard output is closed, so the answer cannot be printed; to discard it, use > /dev/null"
        );
    }
    match write().and_then(|()| std::io::stdout().flush()) {
        Ok(()) => Ok(ExitCode::from(status)),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(ExitCode::from(UNREAD)),
        Err(error) => Err(error).context("writing to standard output"),
    }
}

/// Rust's runtime opens /dev/null for reading and writing in place of a closed standard output. A caller that discards
/// the output opens it for writing only, or for all three streams.
fn stdout_was_closed() -> bool {
    let is_null = |fd: u8| {
        std::fs::read_link(format!("/proc/self/fd/{fd}"))
            .is_ok_and(|path| path.as_os_str() == "/dev/null")
    };
    let replaced = fcntl_getfl(std::io::stdout())
        .is_ok_and(|flags| flags.contains(OFlags::RDWR) && !flags.contains(OFlags::CLOEXEC));
    is_null(1) && replaced && !(is_null(0) && is_null(2))
}
