// SPDX-License-Identifier: GPL-2.0-or-later
//! The host's side of a capture: all of a file is checked before any of it is handed out.
//!
//! A capture that is cut, has a gap, a changed bit, frames out of place, another number of samples than its
//! reports say, or anything after `done`, is an error; a damaged capture is never read in part.

mod assemble;
mod error;
mod frames;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

pub use error::{CaptureError, CaptureFault};

use crate::job::Job;
use crate::status::GuestStatus;
use crate::target::Target;

/// Everything that one guest handed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// What each target gave, in the order in which they ran.
    pub targets: Vec<TargetCapture>,
    /// The guest's verdict on its own work.
    pub status: GuestStatus,
    /// Frames, `done` included.
    pub frames: u32,
    /// Bytes of the file.
    pub len_bytes: u64,
}

/// What one target gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetCapture {
    pub target: Target,
    /// The target's own description of itself.
    pub meta: Fields,
    /// Raw noise: deltas in ticks, in the order in which they were taken.
    pub raw: Vec<u64>,
    pub stream: Vec<u8>,
    pub seed: Vec<u8>,
    /// The restart matrix, if one was requested.
    pub restarts: Option<RestartMatrix>,
    /// Lines of the machine's checks of itself.
    pub self_test: Vec<String>,
    /// How each job went, in the order in which they ran.
    pub reports: Vec<Report>,
}

/// The restart matrix of SP 800-90B §3.1.4: one row for each restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestartMatrix {
    pub rows: u32,
    /// Samples of each.
    pub columns: u32,
    /// Deltas in ticks, row after row.
    pub delta_ticks: Vec<u64>,
}

/// How a job went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub job: Job,
    /// The target's clock before the job.
    pub begin_ticks: u64,
    /// The target's clock after the job's frames had been written.
    pub end_ticks: u64,
    /// Ticks for which the machine worked; the rest went into writing.
    pub fill_ticks: u64,
    /// In how many pieces the samples were taken.
    pub chunks: u64,
    /// Why the job failed, where it did. What there is of it then was taken before.
    pub failure: Option<String>,
    /// The health tests' counters after the job.
    pub health: Fields,
}

impl Capture {
    /// Reads and checks a capture file.
    ///
    /// # Errors
    /// Returns the first fault, with the file, the offset in it, the frame's number, and what to do.
    pub fn read(path: &Path) -> Result<Self, CaptureError> {
        let file = File::open(path).map_err(|error| CaptureError {
            path: path.to_owned(),
            offset_bytes: 0,
            frame: 0,
            fault: CaptureFault::Read(error),
        })?;
        Self::read_from(BufReader::with_capacity(1 << 18, file), path)
    }

    /// Reads and checks a capture; `path` is for errors only.
    ///
    /// # Errors
    /// Returns an error if [`Capture::read`] does.
    pub fn read_from(source: impl Read, path: &Path) -> Result<Self, CaptureError> {
        let mut frames = frames::Frames::new(source);
        assemble::assemble(&mut frames).map_err(|fault| CaptureError {
            path: path.to_owned(),
            offset_bytes: frames.offset_bytes(),
            frame: frames.number(),
            fault,
        })
    }

    /// Reads and checks one capture of a row of them, as a guest that takes commands sends, and nothing behind its
    /// `done` frame; `None` where the row has ended. `path` is for errors only.
    ///
    /// # Errors
    /// Returns an error if [`Capture::read`] does.
    pub fn read_next(source: impl Read, path: &Path) -> Result<Option<Self>, CaptureError> {
        let mut frames = frames::Frames::new(source);
        match assemble::assemble_one(&mut frames) {
            Ok(capture) => Ok(Some(capture)),
            Err(CaptureFault::Empty) => Ok(None),
            Err(fault) => Err(CaptureError {
                path: path.to_owned(),
                offset_bytes: frames.offset_bytes(),
                frame: frames.number(),
                fault,
            }),
        }
    }

    /// What a target gave, where it ran.
    #[must_use]
    pub fn target(&self, target: Target) -> Option<&TargetCapture> {
        self.targets.iter().find(|taken| taken.target == target)
    }
}

impl TargetCapture {
    /// How a kind of job went, where it ran.
    #[must_use]
    pub fn report(&self, kind: crate::job::JobKind) -> Option<&Report> {
        self.reports.iter().find(|report| report.job.kind() == kind)
    }
}

impl RestartMatrix {
    pub fn iter(&self) -> impl Iterator<Item = &[u64]> {
        self.delta_ticks.chunks(self.columns.max(1) as usize)
    }
}

/// Keys and values in the order in which they were written. A key may be there more than once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Parses lines `key=value`; the error is the line that is none.
    fn parse(text: &str) -> Result<Self, String> {
        text.lines()
            .map(|line| match line.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
                _ => Err(line.to_owned()),
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The first value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The first value of a key as a number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.get(key)?.parse().ok()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}
