// SPDX-License-Identifier: GPL-2.0-or-later
//! Numbers frames and writes them to a port; one writer for the whole of a capture.

use crate::frame::{Header, Kind};
use crate::sampler::{Port, PortError};
use crate::status::GuestStatus;
use crate::target::Target;

/// Writes one capture, from its first frame to `done`.
#[derive(Debug)]
pub struct FrameWriter<P> {
    port: P,
    sequence: u32,
}

impl<P: Port> FrameWriter<P> {
    /// A writer that begins with frame 0.
    pub const fn new(port: P) -> Self {
        Self { port, sequence: 0 }
    }

    /// Writes one frame.
    ///
    /// # Errors
    /// Returns an error if the port does not take it, the payload is too long for a frame, or the numbers have run out.
    pub fn frame(&mut self, kind: Kind, target: Target, payload: &[u8]) -> Result<(), PortError> {
        let refused = |text| PortError { code: 0, text };
        let next =
            self.sequence.checked_add(1).ok_or(refused("more frames than can be numbered"))?;
        let header = Header::of(kind, target, self.sequence, payload)
            .map_err(|_| refused("more bytes than a frame can have"))?;
        self.port.write(&header.encode())?;
        self.port.write(payload)?;
        self.sequence = next;
        Ok(())
    }

    /// Ends the capture.
    ///
    /// # Errors
    /// Returns an error if the port does not take the frame.
    pub fn done(&mut self, status: GuestStatus) -> Result<(), PortError> {
        let mut payload = [0; 8];
        let (number, frames) = payload.split_at_mut(4);
        number.copy_from_slice(&status.number().to_le_bytes());
        frames.copy_from_slice(&self.sequence.to_le_bytes());
        self.frame(Kind::Done, Target::None, &payload)
    }
}
