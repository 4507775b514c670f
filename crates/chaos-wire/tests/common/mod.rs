// SPDX-License-Identifier: GPL-2.0-or-later
//! A machine with predictable samples, and a port into memory.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::fmt::{self, Write};
use std::path::Path;

use chaos_wire::{
    Capture, CaptureError, EngineError, FrameWriter, GuestStatus, Marker, Port, PortError, Request,
    Sampler, Target, finish, run_jobs,
};

/// Counts up in everything that it gives.
#[derive(Debug, Default)]
pub struct Counter {
    pub next: u64,
    pub restarts: u64,
    pub ticks: u64,
    pub console: Vec<String>,
    /// Fails at the sample or byte with this number.
    pub fails_at: Option<u64>,
}

impl Counter {
    fn advance(&mut self, count: usize) -> Result<std::ops::Range<u64>, EngineError> {
        let begin = self.next;
        self.next += count as u64;
        match self.fails_at {
            Some(at) if (begin..self.next).contains(&at) => {
                Err(EngineError { code: -4, text: "the repetition count test failed" })
            }
            _ => Ok(begin..self.next),
        }
    }

    fn bytes(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        let numbers = self.advance(out.len())?;
        out.iter_mut().zip(numbers).for_each(|(byte, number)| *byte = number as u8);
        Ok(())
    }
}

impl Sampler for Counter {
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        let numbers = self.advance(delta_ticks.len())?;
        delta_ticks.iter_mut().zip(numbers).for_each(|(delta, number)| *delta = number);
        Ok(())
    }

    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.bytes(out)
    }

    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        self.bytes(out)
    }

    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.restarts += 1;
        self.raw(delta_ticks)
    }

    fn self_test(&mut self, lines: &mut dyn Write) -> Result<(), EngineError> {
        writeln!(lines, "ok first").expect("a text that fits");
        if self.fails_at.is_some() {
            writeln!(lines, "FAILED second").expect("a text that fits");
            return Err(EngineError { code: 0, text: "1 of 2 checks failed" });
        }
        writeln!(lines, "ok second").expect("a text that fits");
        Ok(())
    }

    fn health(&mut self, lines: &mut dyn Write) -> fmt::Result {
        writeln!(lines, "samples={}\nstate=healthy", self.next)
    }

    fn meta(&mut self, lines: &mut dyn Write) -> fmt::Result {
        writeln!(lines, "clock=counter")
    }

    fn ticks(&mut self) -> u64 {
        self.ticks += 10;
        self.ticks
    }

    fn mark(&mut self, marker: &Marker<'_>) {
        self.console.push(marker.to_string());
    }
}

/// Keeps what is written to it, up to a limit.
#[derive(Debug)]
pub struct Memory {
    pub bytes: Vec<u8>,
    pub limit: usize,
}

impl Port for Memory {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        if self.bytes.len() + bytes.len() > self.limit {
            return Err(PortError { code: -28, text: "no space left" });
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Runs a request as a guest would, and returns the capture's bytes and the guest's status.
pub fn take(
    request: &Request,
    machine: &mut Counter,
    default: Target,
    words: usize,
) -> (Vec<u8>, GuestStatus) {
    let mut memory = Memory { bytes: Vec::new(), limit: usize::MAX };
    let mut frames = FrameWriter::new(&mut memory);
    let mut buffer = vec![0; words];
    let result = request
        .targets
        .or(default)
        .try_for_each(|target| run_jobs(request, target, machine, &mut frames, &mut buffer));
    let status = finish(result, machine, &mut frames);
    (memory.bytes, status)
}

/// Takes a request with a fresh machine and returns the bytes of the capture.
pub fn sample(command_line: &str) -> Vec<u8> {
    let request = Request::parse(command_line).expect(command_line);
    take(&request, &mut Counter::default(), Target::BareMetal, 600).0
}

pub fn read(bytes: &[u8]) -> Result<Capture, CaptureError> {
    Capture::read_from(bytes, Path::new("a/data.frames"))
}
