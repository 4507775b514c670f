// SPDX-License-Identifier: GPL-2.0-or-later
//! What is wrong with a capture, where, and what to do.

use std::io;
use std::path::PathBuf;

use crate::frame::{FrameFault, Kind};
use crate::job::Job;
use crate::target::Target;

/// A capture that cannot be believed. None of it is handed out.
#[derive(Debug, thiserror::Error)]
#[error(
    "reading the capture {}, frame {frame} at byte {offset_bytes}: {fault}\n  {}",
    path.display(),
    fault.hint()
)]
pub struct CaptureError {
    pub path: PathBuf,
    /// Where the faulty frame begins.
    pub offset_bytes: u64,
    /// Its number, from 0.
    pub frame: u32,
    /// What is wrong with it.
    pub fault: CaptureFault,
}

/// What is wrong with a capture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureFault {
    /// The system cannot read the file.
    #[error("{0}")]
    Read(#[source] io::Error),
    /// The file has no bytes.
    #[error("the file is empty")]
    Empty,
    /// The bytes are not a frame, or not those that were sent.
    #[error("{0}")]
    Frame(FrameFault),
    /// A frame is missing or duplicated.
    #[error("it has the number {given}: a frame is missing or duplicated")]
    Sequence {
        /// The number in its header.
        given: u32,
    },
    /// The file ends between two frames.
    #[error("the file ends here, without a `done` frame")]
    NoDone,
    /// The file continues.
    #[error("the file continues after its `done` frame")]
    AfterDone,
    /// The `done` frame does not fit what came before it.
    #[error("its `done` frame {what}")]
    Done { what: &'static str },
    /// A frame where none of its kind can be.
    #[error("a {kind} frame of {target} is out of place: {why}")]
    OutOfPlace {
        kind: Kind,
        target: Target,
        /// What should be there.
        why: &'static str,
    },
    /// A payload that cannot be what its kind has.
    #[error("the payload of a {kind} frame {what}")]
    Payload {
        kind: Kind,
        /// What is wrong with it.
        what: String,
    },
    /// The number of samples or bytes differs from the request.
    #[error("job {job} of {target} gave {given} bytes, and {expected} were asked for")]
    Count {
        target: Target,
        job: Job,
        /// Bytes that are there.
        given: u64,
        /// Bytes that should be there.
        expected: u64,
    },
    /// The guest claims success without having done a job.
    #[error("the guest reports success, but there is nothing of job {job} of {target}")]
    Missing { target: Target, job: Job },
}

impl CaptureFault {
    /// Whether the bytes just end too early: the sender is gone.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Empty | Self::NoDone | Self::Frame(FrameFault::Cut))
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Read(_) => "Check that the file is there and can be read.",
            Self::Empty => {
                "The guest sent nothing: its console log shows how far it came. A full disk also looks like this."
            }
            Self::Frame(FrameFault::Cut) | Self::NoDone => {
                "The guest or QEMU stopped before it was done, or the disk is full: see the console log, check the free \
                 space, and take the capture again."
            }
            Self::Frame(FrameFault::Version(_) | FrameFault::Kind(_) | FrameFault::Target(_)) => {
                "Either the bytes were changed, or the guest's image is newer than this program: build the image again, \
                 and take the capture again."
            }
            _ => {
                "The bytes are not those that the guest sent; nothing of the file is used. Take the capture again."
            }
        }
    }
}
