// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands for a guest that runs: what comes in on the control port, and how it is answered on the data port.
//!
//! A command is a line of words of the job grammar. It changes the request that holds, and the jobs of the request are
//! then done at once. The answer to each line, also to one that cannot be understood, is one whole capture: frames
//! numbered from 0, the last of which is `done` with the status of the answer. The guest continues after it.

use core::fmt::{self, Write as _};

use chaos_vocab::EngineError;

use crate::marker::Marker;
use crate::request::Request;
use crate::runner::{JobsError, finish, run_jobs};
use crate::sampler::{Port, PortError, Sampler};
use crate::status::GuestStatus;
use crate::target::Target;
use crate::text::TextBuffer;
use crate::writer::FrameWriter;

/// Bytes of the longest line of the control port, without its end.
pub const COMMAND_BYTES: usize = 1024;

/// The control port, from the guest's side.
pub trait Control {
    /// Waits for bytes, and puts some of them into `place`; 0 when the host has closed the port.
    ///
    /// # Errors
    /// Returns an error if the port cannot be read.
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError>;
}

/// The lines of a control port.
#[derive(Debug)]
pub struct CommandLines<C> {
    control: C,
    bytes: [u8; COMMAND_BYTES],
    /// Bytes of the line that was handed out last, its end included.
    given_bytes: usize,
    /// Bytes that have come, from the beginning of that line.
    len_bytes: usize,
}

impl<C: Control> CommandLines<C> {
    /// A reader before its first line.
    pub const fn new(control: C) -> Self {
        Self { control, bytes: [0; COMMAND_BYTES], given_bytes: 0, len_bytes: 0 }
    }

    /// Waits for the next line, and returns it without its end; `None` when the host has closed the port. What is no
    /// text comes as a line that means nothing, and is refused as such.
    ///
    /// # Errors
    /// Returns an error if the port cannot be read, or a line is longer than [`COMMAND_BYTES`].
    pub fn next_line(&mut self) -> Result<Option<&str>, PortError> {
        self.bytes.copy_within(self.given_bytes..self.len_bytes, 0);
        self.len_bytes -= self.given_bytes;
        self.given_bytes = 0;
        let end = loop {
            let come = self.bytes.get(..self.len_bytes).unwrap_or_default();
            if let Some(end) = come.iter().position(|byte| *byte == b'\n') {
                break end;
            }
            let room = self.bytes.get_mut(self.len_bytes..).unwrap_or_default();
            if room.is_empty() {
                return Err(PortError { code: 0, text: "a command is too long" });
            }
            match self.control.read(room)? {
                0 => return Ok(None),
                count => self.len_bytes += count,
            }
        };
        self.given_bytes = end + 1;
        let line = self.bytes.get(..end).unwrap_or_default();
        Ok(Some(core::str::from_utf8(line).unwrap_or("uchaos.not_text")))
    }

    /// Waits for a line that changes `now` to a request that this guest `can` serve (the error says why it cannot).
    /// Lines before it that do not are answered on `port` and shown on the console by `mark`. `None` if the host has
    /// closed the port.
    ///
    /// # Errors
    /// Returns an error if a port fails.
    pub fn next_request<P: Port>(
        &mut self,
        now: &Request,
        can: impl Fn(&Request) -> Result<(), &'static str>,
        mut port: P,
        mut mark: impl FnMut(&Marker<'_>),
    ) -> Result<Option<Request>, PortError> {
        let mut place = [0; 240];
        loop {
            let Some(line) = self.next_line()? else { return Ok(None) };
            let mut text = TextBuffer::new(&mut place);
            // A text that is cut is still the best there is to say.
            let _ = match now.changed(line) {
                Err(problem) => write!(text, "a command: {problem}"),
                Ok(request) => match can(&request) {
                    Ok(()) => return Ok(Some(request)),
                    Err(why) => write!(text, "a command: {why}"),
                },
            };
            mark(&Marker::Error {
                text: core::str::from_utf8(text.as_bytes()).unwrap_or_default(),
            });
            FrameWriter::new(&mut port).done(GuestStatus::BadCommandLine)?;
        }
    }
}

/// Does the request's jobs and writes the answer. The console shows errors only: a view asks ten times a
/// second, for hours.
pub fn answer<M: Sampler + ?Sized, P: Port>(
    request: &Request,
    target: Target,
    machine: &mut M,
    port: P,
    buffer: &mut [u64],
) -> GuestStatus {
    let mut quiet = Quiet(machine);
    let mut frames = FrameWriter::new(port);
    let result: Result<(), JobsError> = run_jobs(request, target, &mut quiet, &mut frames, buffer);
    finish(result, &mut quiet, &mut frames)
}

/// A machine that puts nothing on the console but errors.
struct Quiet<'a, M: ?Sized>(&'a mut M);

impl<M: Sampler + ?Sized> Sampler for Quiet<'_, M> {
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.0.raw(delta_ticks)
    }

    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.0.stream(out)
    }

    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.0.seed(out)
    }

    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.0.restart_row(delta_ticks)
    }

    fn self_test(&mut self, lines: &mut dyn fmt::Write) -> Result<(), EngineError> {
        self.0.self_test(lines)
    }

    fn health(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.0.health(lines)
    }

    fn meta(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result {
        self.0.meta(lines)
    }

    fn ticks(&mut self) -> u64 {
        self.0.ticks()
    }

    fn mark(&mut self, marker: &Marker<'_>) {
        if matches!(marker, Marker::Error { .. }) {
            self.0.mark(marker);
        }
    }
}
