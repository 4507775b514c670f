// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel as a clone: outputs are requested by commands typed at its monitor.

use std::time::Duration;

use anyhow::{Context, Result};
use guest_run::Session;

use super::{Answers, Asked, RAW_SAMPLES, SAMPLE_BYTES, SEED_BYTES, STREAM_BYTES, from_hex};

const PROMPT: &str = "uchaos> ";
/// The requested outputs, in order. The first command is typed while the machine is stopped.
pub(super) const ASKED: &[Asked] = &[
    ("stream", STREAM_BYTES, 1),
    ("seed", SEED_BYTES, 1),
    ("raw noise", RAW_SAMPLES * SAMPLE_BYTES, SAMPLE_BYTES),
];
const COMMANDS: [&str; 3] = ["rng 1024\n", "seed 32\n", "raw 512\n"];

/// Waits until the machine can be saved; returns the input to type then.
pub(super) fn wait(session: &mut Session, patience: Duration) -> Result<&'static str> {
    session.expect(PROMPT, patience)?;
    Ok(COMMANDS[0])
}

pub(super) fn answers(session: &mut Session) -> Result<Answers> {
    let mut given = Vec::new();
    for ((name, len_bytes, _), command) in ASKED.iter().zip(COMMANDS) {
        // The first command is in the saved state.
        if !given.is_empty() {
            session.send(command.trim_end());
        }
        while !next(session)?.ends_with(command.trim_end()) {}
        given.push(if *name == "raw noise" {
            samples(session)?
        } else {
            bytes(session, *len_bytes)?
        });
    }
    Ok(Answers { given, ..Answers::default() })
}

fn next(session: &mut Session) -> Result<String> {
    Ok(session.next_line()?.context("the microkernel ended before it answered")?.text)
}

/// Reads lines of hexadecimal digits up to `len_bytes`, or returns the unexpected line.
fn bytes(session: &mut Session, len_bytes: usize) -> Result<Result<Vec<u8>, String>> {
    let mut bytes = Vec::new();
    while bytes.len() < len_bytes {
        let line = next(session)?;
        match from_hex(&line) {
            Some(more) => bytes.extend(more),
            None => return Ok(Err(line)),
        }
    }
    Ok(Ok(bytes))
}

/// Reads lines of decimal numbers up to the summary line, or returns the unexpected line.
fn samples(session: &mut Session) -> Result<Result<Vec<u8>, String>> {
    let mut bytes = Vec::new();
    loop {
        let line = next(session)?;
        if line.starts_with("samples ") {
            return Ok(Ok(bytes));
        }
        let deltas: Result<Vec<u64>, _> = line.split_whitespace().map(str::parse).collect();
        match deltas {
            Ok(deltas) => bytes.extend(deltas.iter().flat_map(|delta| delta.to_le_bytes())),
            Err(_) => return Ok(Err(line)),
        }
    }
}
