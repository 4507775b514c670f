// SPDX-License-Identifier: GPL-2.0-or-later
//! The ways to fail that have an exit status of their own, so that a script can tell them apart.

use std::process::ExitCode;

use thiserror::Error;

/// A failure whose kind matters to the caller.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    /// A check of ours did not hold.
    #[error("{0}")]
    Check(String),
    /// The command line, or a value in it, makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A tool, a source or a file that must be there is not.
    #[error("{0}")]
    Missing(String),
}

/// The exit status that stands for `error`.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    for cause in error.chain() {
        if cause.is::<vm_runner::interrupt::Interrupted>() {
            return ExitCode::from(130);
        }
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return ExitCode::from(match failure {
                Failure::Check(_) => 1,
                Failure::Usage(_) => 2,
                Failure::Missing(_) => 5,
            });
        }
    }
    ExitCode::from(1)
}
