// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that only the real machine can make. They run as the job `selftest` and in the monitor; the verdict is
//! the guest's.

mod engine;
mod memory;

use core::fmt::Write;

use chaos_ffi::{Engine, EngineError};

/// A check: what is wrong, or nothing.
pub type Check = fn(&mut Engine<'_>) -> Result<(), &'static str>;

/// Those of every machine.
const COMMON: &[(&str, Check)] = &[
    ("memory functions agree with plain loops", |_| memory::functions()),
    ("the CRC of frames has its known answer", |_| memory::crc()),
    ("the counter moves forwards", |_| engine::clock()),
    ("the engine refuses parameters out of range", |_| engine::parameters()),
    ("raw noise has one delta per sample", engine::raw),
    ("the stream does not repeat, in pieces of any length", engine::stream),
    ("seeds differ", engine::seed),
    ("a restart resets the counters", engine::restart),
];

/// Runs the machine's `own` checks and those of every machine, with a line for each.
///
/// # Errors
/// Returns an error with the name of the first check that failed; the others are run as well.
pub fn run(
    own: &[(&'static str, Check)],
    engine: &mut Engine<'_>,
    lines: &mut dyn Write,
) -> Result<(), EngineError> {
    let mut first_failed = None;
    for (name, check) in own.iter().chain(COMMON) {
        // A text that does not fit loses a line; the verdict stands.
        let _ = match check(engine) {
            Ok(()) => writeln!(lines, "pass: {name}"),
            Err(why) => {
                first_failed = first_failed.or(Some(*name));
                writeln!(lines, "FAIL: {name}: {why}")
            }
        };
    }
    first_failed.map_or(Ok(()), |text| Err(EngineError::new(text)))
}

/// A check's outcome: `otherwise` unless it `holds`.
///
/// # Errors
/// Returns `otherwise`.
pub fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
