// SPDX-License-Identifier: GPL-2.0-or-later
//! Frames: what a guest hands back, a header of 20 bytes and a payload at a time. Numbers are little-endian.
//!
//! | offset | bytes | what |
//! | --- | --- | --- |
//! | 0 | 4 | magic `UCHA` |
//! | 4 | 1 | version, 1 |
//! | 5 | 1 | [`Kind`] |
//! | 6 | 1 | [`Target`] |
//! | 7 | 1 | flags, 0 |
//! | 8 | 4 | sequence number over the whole capture, from 0 |
//! | 12 | 4 | bytes of payload, at most 1 MiB |
//! | 16 | 4 | CRC-32 over the 16 bytes before it and the payload |

use core::fmt;

use crate::crc::Crc32;
use crate::target::Target;

/// What every frame begins with.
pub const MAGIC: [u8; 4] = *b"UCHA";
/// The version of this layout.
pub const VERSION: u8 = 1;
pub const HEADER_BYTES: usize = 20;
/// Most bytes of a payload.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 20;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Lines `key=value`: what the target is. The first frame of each target.
    Meta = 1,
    /// Raw noise: u64 deltas in ticks.
    Raw = 2,
    /// Bytes of the output stream.
    Stream = 3,
    /// A row of the restart matrix: u32 row, u32 columns, then as many u64 deltas in ticks.
    RestartRow = 4,
    /// Lines `key=value`: the health tests' counters after a job.
    Health = 5,
    /// Lines `key=value`: how a job went. The last frame of each job.
    Report = 6,
    /// Bytes of seed.
    Seed = 7,
    /// Lines of text: the machine's checks of itself.
    SelfTest = 8,
    /// i32 status of the guest, u32 count of the frames before this one. The last frame of a capture.
    Done = 15,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Meta,
        Self::Raw,
        Self::Stream,
        Self::RestartRow,
        Self::Health,
        Self::Report,
        Self::Seed,
        Self::SelfTest,
        Self::Done,
    ];

    /// The kind with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Meta => "meta",
            Self::Raw => "raw",
            Self::Stream => "stream",
            Self::RestartRow => "restart row",
            Self::Health => "health",
            Self::Report => "report",
            Self::Seed => "seed",
            Self::SelfTest => "self test",
            Self::Done => "done",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the payload is.
    pub kind: Kind,
    /// Which target it is from.
    pub target: Target,
    /// The frame's number in its capture, from 0.
    pub sequence: u32,
    /// Bytes of payload.
    pub len_bytes: u32,
    /// CRC-32 over the rest of the header and the payload.
    pub crc: u32,
}

/// What is wrong with the bytes of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameFault {
    /// Fewer bytes than a header, or than the header says.
    Cut,
    /// It does not begin with the magic.
    Magic,
    /// Another version of the layout.
    Version(u8),
    /// No such kind.
    Kind(u8),
    /// No such target.
    Target(u8),
    /// Flags that this version does not have.
    Flags(u8),
    /// A payload of more than [`MAX_PAYLOAD_BYTES`].
    Length(u32),
    /// The checksum does not fit.
    Crc,
}

impl fmt::Display for FrameFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cut => f.write_str("it is cut short"),
            Self::Magic => f.write_str("it does not begin with the magic `UCHA`"),
            Self::Version(given) => {
                write!(f, "it has version {given}, and {VERSION} is what can be read")
            }
            Self::Kind(given) => write!(f, "it is of the unknown kind {given}"),
            Self::Target(given) => write!(f, "it is from the unknown target {given}"),
            Self::Flags(given) => write!(f, "it has the unknown flags {given:#04x}"),
            Self::Length(given) => {
                write!(
                    f,
                    "it claims {given} bytes, and {MAX_PAYLOAD_BYTES} is the most that a frame has"
                )
            }
            Self::Crc => f.write_str("its CRC-32 does not fit its bytes"),
        }
    }
}

impl core::error::Error for FrameFault {}

impl Header {
    /// The header for a payload.
    ///
    /// # Errors
    /// Returns [`FrameFault::Length`] when the payload is too long for a frame.
    pub fn of(
        kind: Kind,
        target: Target,
        sequence: u32,
        payload: &[u8],
    ) -> Result<Self, FrameFault> {
        let len_bytes = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(FrameFault::Length(len_bytes));
        }
        let mut header = Self { kind, target, sequence, len_bytes, crc: 0 };
        header.crc = header.crc_with(payload);
        Ok(header)
    }

    /// The header as it is written.
    #[must_use]
    pub fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let (covered, crc) = bytes.split_at_mut(HEADER_BYTES - 4);
        covered.copy_from_slice(&self.covered());
        crc.copy_from_slice(&self.crc.to_le_bytes());
        bytes
    }

    /// Reads a header. [`Header::check`] compares the payload with its checksum.
    ///
    /// # Errors
    /// Returns an error for any field that this version does not have.
    pub fn decode(bytes: &[u8; HEADER_BYTES]) -> Result<Self, FrameFault> {
        let [m0, m1, m2, m3, version, kind, target, flags, rest @ ..] = *bytes;
        let [s0, s1, s2, s3, l0, l1, l2, l3, c0, c1, c2, c3] = rest;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(FrameFault::Magic);
        }
        if version != VERSION {
            return Err(FrameFault::Version(version));
        }
        let header = Self {
            kind: Kind::from_number(kind).ok_or(FrameFault::Kind(kind))?,
            target: Target::from_number(target.into()).ok_or(FrameFault::Target(target))?,
            sequence: u32::from_le_bytes([s0, s1, s2, s3]),
            len_bytes: u32::from_le_bytes([l0, l1, l2, l3]),
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
        };
        if flags != 0 {
            return Err(FrameFault::Flags(flags));
        }
        if header.len_bytes as usize > MAX_PAYLOAD_BYTES {
            return Err(FrameFault::Length(header.len_bytes));
        }
        Ok(header)
    }

    /// Whether `payload` is the one that this header was made for.
    ///
    /// # Errors
    /// Returns [`FrameFault::Cut`] when it has another length, [`FrameFault::Crc`] when it has other bytes.
    pub fn check(&self, payload: &[u8]) -> Result<(), FrameFault> {
        if payload.len() != self.len_bytes as usize {
            return Err(FrameFault::Cut);
        }
        if self.crc_with(payload) == self.crc { Ok(()) } else { Err(FrameFault::Crc) }
    }

    /// The bytes of the header that the checksum covers.
    fn covered(&self) -> [u8; HEADER_BYTES - 4] {
        let [m0, m1, m2, m3] = MAGIC;
        let [s0, s1, s2, s3] = self.sequence.to_le_bytes();
        let [l0, l1, l2, l3] = self.len_bytes.to_le_bytes();
        let (kind, target) = (self.kind as u8, self.target as u8);
        [m0, m1, m2, m3, VERSION, kind, target, 0, s0, s1, s2, s3, l0, l1, l2, l3]
    }

    fn crc_with(&self, payload: &[u8]) -> u32 {
        Crc32::new().update(&self.covered()).update(payload).finish()
    }
}

/// Takes the first frame off `bytes`: its header, its payload, and what follows it.
///
/// # Errors
/// Returns what is wrong with it; nothing is handed out of a frame that does not fit its checksum.
pub fn split_first(bytes: &[u8]) -> Result<(Header, &[u8], &[u8]), FrameFault> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(FrameFault::Cut)?;
    let header = Header::decode(header)?;
    let (payload, rest) =
        rest.split_at_checked(header.len_bytes as usize).ok_or(FrameFault::Cut)?;
    header.check(payload)?;
    Ok((header, payload, rest))
}
