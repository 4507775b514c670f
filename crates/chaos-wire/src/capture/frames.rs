// SPDX-License-Identifier: GPL-2.0-or-later
//! Takes a file apart into frames that are whole, unchanged and in their order.

use std::io::{self, Read};

use super::error::CaptureFault;
use crate::frame::{FrameFault, HEADER_BYTES, Header, MAX_PAYLOAD_BYTES};

/// A pass over a file, one frame in memory at a time.
pub(super) struct Frames<R> {
    source: R,
    payload: Vec<u8>,
    /// Where the current frame begins.
    offset_bytes: u64,
    /// The current frame's number.
    number: u32,
    /// Bytes of the frame that was handed out last.
    last_bytes: u64,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            payload: Vec::with_capacity(MAX_PAYLOAD_BYTES),
            offset_bytes: 0,
            number: 0,
            last_bytes: 0,
        }
    }

    /// Where the frame begins that was read last, or at which reading failed.
    pub(super) fn offset_bytes(&self) -> u64 {
        self.offset_bytes
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Bytes up to the end of the frame that was read last.
    pub(super) fn end_bytes(&self) -> u64 {
        self.offset_bytes + self.last_bytes
    }

    /// The next frame; `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(Header, &[u8])>, CaptureFault> {
        if self.last_bytes > 0 {
            self.offset_bytes += self.last_bytes;
            self.last_bytes = 0;
            self.number = self.number.saturating_add(1);
        }
        let mut header = [0; HEADER_BYTES];
        match fill(&mut self.source, &mut header)? {
            0 => return Ok(None),
            HEADER_BYTES => {}
            _ => return Err(CaptureFault::Frame(FrameFault::Cut)),
        }
        let header = Header::decode(&header).map_err(CaptureFault::Frame)?;
        self.payload.resize(header.len_bytes as usize, 0);
        fill(&mut self.source, &mut self.payload).and_then(|len| {
            self.payload
                .get(..len)
                .map_or(Ok(()), |got| header.check(got).map_err(CaptureFault::Frame))
        })?;
        if header.sequence != self.number {
            return Err(CaptureFault::Sequence { given: header.sequence });
        }
        self.last_bytes = HEADER_BYTES as u64 + u64::from(header.len_bytes);
        Ok(Some((header, &self.payload)))
    }
}

/// Fills `place` as far as the file goes; returns how far.
fn fill(source: &mut impl Read, place: &mut [u8]) -> Result<usize, CaptureFault> {
    let mut filled = 0;
    while let Some(rest) = place.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(CaptureFault::Read(error)),
        }
    }
    Ok(filled)
}
