// SPDX-License-Identifier: GPL-2.0-or-later
//! Why a guest could not do its jobs, and the status with which it then leaves.

use core::fmt;

use crate::job::Job;
use crate::machine::{Failure, PortError};
use crate::status::GuestStatus;
use crate::target::Target;

/// Why a target's jobs could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunError {
    /// The port did not take a frame.
    Port(PortError),
    /// A job failed. Its report says so, and the frames before it are good.
    Job {
        /// From which target.
        target: Target,
        /// Which job.
        job: Job,
        /// Why.
        failure: Failure,
    },
    /// The buffer cannot hold a row of the restart matrix, or a text.
    Buffer {
        /// Words that it should have.
        needed_words: usize,
        /// Words that it has.
        given_words: usize,
    },
}

impl From<PortError> for RunError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl RunError {
    /// How a guest ends that met this.
    #[must_use]
    pub const fn status(&self) -> GuestStatus {
        match self {
            Self::Port(_) => GuestStatus::NoDataPort,
            Self::Job { .. } => GuestStatus::JobFailed,
            Self::Buffer { .. } => GuestStatus::TooLittleMemory,
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => write!(f, "writing a frame: {error}"),
            Self::Job { target, job, failure } => write!(f, "job {job} of {target}: {failure}"),
            Self::Buffer { needed_words, given_words } => write!(
                f,
                "buffering samples: {} bytes are needed and {} are there; give the guest more memory or ask for fewer columns",
                needed_words.saturating_mul(8),
                given_words.saturating_mul(8)
            ),
        }
    }
}

impl core::error::Error for RunError {}
