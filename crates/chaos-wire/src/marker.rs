// SPDX-License-Identifier: GPL-2.0-or-later
//! Lines on the console that show progress and that the host timestamps; their format is defined here only.

use core::fmt;

use crate::job::Job;
use crate::target::Target;

/// What each marker begins with.
const PREFIX: &str = "[uchaos] ";

/// One line of a guest's progress, without its line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker<'a> {
    /// `[uchaos] ready`: the guest has booted and knows its request.
    Ready,
    /// `[uchaos] begin <target> <job>`
    Begin { target: Target, job: Job },
    /// `[uchaos] end <target> <job>`: the job's frames are in the data port.
    End { target: Target, job: Job },
    /// `[uchaos] done status=<n>`, where n is a [`crate::GuestStatus`].
    Done { status: i32 },
    /// `[uchaos] error: <text>`
    Error {
        /// What went wrong.
        text: &'a str,
    },
}

impl<'a> Marker<'a> {
    /// Finds the marker in a console line. Something may stand before it (a kernel's time stamp, another
    /// program's unfinished line), nothing after it but blanks.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let at = line.rfind(PREFIX)?;
        let text = line.get(at + PREFIX.len()..)?.trim_end();
        if let Some(text) = text.strip_prefix("error: ") {
            return Some(Self::Error { text });
        }
        if let Some(status) = text.strip_prefix("done status=") {
            return status.parse().ok().map(|status| Self::Done { status });
        }
        if text == "ready" {
            return Some(Self::Ready);
        }
        let (what, of) = text.split_once(' ')?;
        let (target, job) = of.split_once(' ')?;
        let (target, job) = (Target::from_word(target)?, Job::parse(job).ok()?);
        match what {
            "begin" => Some(Self::Begin { target, job }),
            "end" => Some(Self::End { target, job }),
            _ => None,
        }
    }
}

impl fmt::Display for Marker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Begin { target, job } => write!(f, "begin {target} {job}"),
            Self::End { target, job } => write!(f, "end {target} {job}"),
            Self::Done { status } => write!(f, "done status={status}"),
            Self::Error { text } => write!(f, "error: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marker_comes_back_from_its_line() {
        let job = Job::Restart { rows: 1000, columns: 1000 };
        for (marker, line) in [
            (Marker::Ready, "[uchaos] ready"),
            (
                Marker::Begin { target: Target::BareMetal, job },
                "[uchaos] begin baremetal restart:1000x1000",
            ),
            (
                Marker::End { target: Target::LinuxCrng, job: Job::Stream { len_bytes: 16 << 20 } },
                "[uchaos] end linux-crng stream:16M",
            ),
            (Marker::Done { status: -1 }, "[uchaos] done status=-1"),
            (Marker::Error { text: "panic at x" }, "[uchaos] error: panic at x"),
        ] {
            assert_eq!(marker.to_string(), line);
            assert_eq!(Marker::parse(line), Some(marker));
            assert_eq!(Marker::parse(&format!("[    0.123456] {line}\r")), Some(marker));
        }
    }

    #[test]
    fn other_lines_are_no_markers() {
        for line in [
            "",
            "ready",
            "[uchaos]",
            "[uchaos] ",
            "[uchaos] readyish",
            "[uchaos] begin",
            "[uchaos] begin baremetal",
            "[uchaos] begin mars raw:1",
            "[uchaos] begin baremetal raw:x",
            "[uchaos] done status=",
            "[uchaos] done status=99999999999",
        ] {
            assert_eq!(Marker::parse(line), None, "{line:?}");
        }
    }
}
