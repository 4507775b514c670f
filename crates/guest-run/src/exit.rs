// SPDX-License-Identifier: GPL-2.0-or-later
//! The failures with their own exit status, so that scripts can distinguish them.

use std::process::ExitCode;

use thiserror::Error;

use crate::interrupt::{self, Interrupted};
use crate::process::ProcessError;
use crate::{QemuError, RunError};

/// A failure whose kind matters to the caller.
#[derive(Debug, Error)]
pub enum ExitKind {
    /// A check failed.
    #[error("{0}")]
    Check(String),
    /// The command line, or a value in it, is invalid.
    #[error("{0}")]
    Usage(String),
    /// A required tool, source or file is missing.
    #[error("{0}")]
    Missing(String),
    /// Standard output was closed, as by `head` once it has enough. No message is printed.
    #[error("standard output was closed (SIGPIPE)")]
    OutputClosed,
    /// A guest reported a failure status.
    #[error("{0}")]
    Guest(String),
    /// The failure is already on standard output (a wrong answer in the lab, for example). No message is printed.
    #[error("what was found is on standard output")]
    Said,
}

/// Runs a program's main function with interrupts handled, prints its error, and returns its exit status.
pub fn run(work: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    let outcome = interrupt::install().map_err(anyhow::Error::from).and_then(|()| work());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error.downcast_ref(), Some(ExitKind::OutputClosed | ExitKind::Said)) {
                eprintln!("error: {error:#}");
            }
            exit_code(&error)
        }
    }
}

/// The exit status for `error`; `cargo xtask --help` lists them.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    ExitCode::from(error.chain().find_map(status_of).unwrap_or(1))
}

fn status_of(cause: &(dyn std::error::Error + 'static)) -> Option<u8> {
    // An error that passes its cause through is in the chain only once.
    if cause.is::<Interrupted>()
        || matches!(cause.downcast_ref(), Some(ProcessError::Interrupted(_)))
    {
        return Some(130);
    }
    if cause.is::<QemuError>() {
        return Some(5);
    }
    if let Some(run) = cause.downcast_ref::<RunError>() {
        return match run {
            RunError::Interrupted { .. } => Some(130),
            RunError::Deadline { .. } | RunError::Silence { .. } | RunError::NoOutput { .. } => {
                Some(4)
            }
            RunError::KvmRefuses { .. } => Some(5),
            RunError::GuestDied { .. }
            | RunError::GuestPanic { .. }
            | RunError::GuestFailed { .. } => Some(3),
            _ => Some(1),
        };
    }
    cause.downcast_ref::<ExitKind>().map(|failure| match failure {
        ExitKind::Check(_) | ExitKind::Said => 1,
        ExitKind::Usage(_) => 2,
        ExitKind::Guest(_) => 3,
        ExitKind::Missing(_) => 5,
        // 128 + SIGPIPE, as a shell reports a program that this signal ended.
        ExitKind::OutputClosed => 141,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn a_failure_keeps_its_status_under_any_context() {
        let status = |error: anyhow::Error| error.chain().find_map(status_of);
        let wrapped =
            Err::<(), _>(ExitKind::Missing("no flex".into())).context("building").unwrap_err();
        assert_eq!(status(wrapped), Some(5));
        let stopped = anyhow::Error::from(ProcessError::from(Interrupted)).context("a step");
        assert_eq!(status(stopped), Some(130));
        let interrupted = anyhow::Error::from(Interrupted).context("a step");
        assert_eq!(status(interrupted), Some(130));
        assert_eq!(status(ExitKind::OutputClosed.into()), Some(141));
        assert_eq!(status(anyhow::anyhow!("anything")), None);
    }
}
