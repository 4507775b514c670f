// SPDX-License-Identifier: GPL-2.0-or-later
//! A one-line summary of a capture for the list of recordings, checked frame by frame.

use core::fmt;

use chaos_wire::frame::{FrameFault, Kind, split_first};

/// A capture whose frames are all valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    pub raw_samples: u64,
    pub restart_rows: u64,
    pub output_bytes: u64,
    /// The status in its last frame.
    pub status: i32,
}

/// Why a file is not a complete capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    Frame(FrameFault),
    /// A frame is missing.
    Gap,
    /// The last frame is missing, or data follows it.
    End,
}

impl Summary {
    /// Checks a capture.
    ///
    /// # Errors
    /// Returns an error for a damaged frame, a gap, and a capture without its end.
    pub fn of(mut bytes: &[u8]) -> Result<Self, Damage> {
        let mut summary = Self::default();
        for sequence in 0_u32.. {
            if bytes.is_empty() {
                return Err(Damage::End);
            }
            let (header, payload, rest) = split_first(bytes).map_err(Damage::Frame)?;
            if header.sequence != sequence {
                return Err(Damage::Gap);
            }
            let len = payload.len() as u64;
            match header.kind {
                Kind::Raw => summary.raw_samples += len / 8,
                Kind::RestartRow => summary.restart_rows += 1,
                Kind::Stream | Kind::Seed => summary.output_bytes += len,
                Kind::Done => {
                    let status = payload.first_chunk().ok_or(Damage::End)?;
                    summary.status = i32::from_le_bytes(*status);
                    return if rest.is_empty() { Ok(summary) } else { Err(Damage::End) };
                }
                _ => {}
            }
            bytes = rest;
        }
        Err(Damage::End)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.raw_samples, "raw samples"),
            (self.restart_rows, "rows of restarts"),
            (self.output_bytes, "bytes of output"),
        ];
        for (count, what) in parts.iter().filter(|(count, _)| *count > 0) {
            write!(f, "{count} {what}  ")?;
        }
        match self.status {
            0 => f.write_str("complete"),
            status => write!(f, "ended with status {status}"),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(fault) => write!(f, "DAMAGED: {fault}"),
            Self::Gap => f.write_str("DAMAGED: a frame is missing"),
            Self::End => f.write_str("DAMAGED: it has no end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;
    use std::vec::Vec;

    use chaos_wire::{FrameWriter, GuestStatus, Port, PortError, Target};

    use super::*;

    struct Bytes(Vec<u8>);

    impl Port for Bytes {
        fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
            self.0.extend(bytes);
            Ok(())
        }
    }

    fn capture() -> Vec<u8> {
        let mut bytes = Bytes(Vec::new());
        let mut frames = FrameWriter::new(&mut bytes);
        frames.frame(Kind::Meta, Target::BareMetal, b"cpu=x\n").unwrap();
        frames.frame(Kind::Raw, Target::BareMetal, &[1; 80]).unwrap();
        frames.frame(Kind::Seed, Target::BareMetal, &[2; 32]).unwrap();
        frames.done(GuestStatus::Success).unwrap();
        bytes.0
    }

    #[test]
    fn a_whole_capture_is_counted() {
        let summary = Summary::of(&capture()).unwrap();
        assert_eq!((summary.raw_samples, summary.output_bytes, summary.status), (10, 32, 0));
        assert_eq!(summary.to_string(), "10 raw samples  32 bytes of output  complete");
    }

    #[test]
    fn no_part_of_a_capture_and_no_changed_byte_passes() {
        let whole = capture();
        for len in 0..whole.len() {
            assert!(Summary::of(&whole[..len]).is_err(), "{len} bytes");
            let mut damaged = whole.clone();
            damaged[len] ^= 1;
            assert!(Summary::of(&damaged).is_err(), "byte {len}");
        }
        assert_eq!(Summary::of(&[whole.clone(), whole].concat()), Err(Damage::End));
    }
}
