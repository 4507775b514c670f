// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks that only the real machine can make. They run as the job `selftest` and in the monitor; the verdict is
//! the guest's.

mod cpu;
mod engine;
mod memory;

use core::fmt::Write;

use chaos_ffi::{Engine, EngineError};

/// A check: what is wrong, or nothing.
type Check = fn(&mut Engine<'_>) -> Result<(), &'static str>;

const CHECKS: &[(&str, Check)] = &[
    ("memory functions agree with plain loops", |_| memory::functions()),
    ("heap gives distinct, aligned memory and takes it back", |_| memory::heap()),
    ("frames are distinct and come back", |_| memory::frames()),
    ("code is read-only, data is not executed, guard pages are absent", |_| memory::protection()),
    ("a breakpoint goes through the interrupt table and back", |_| cpu::breakpoint()),
    ("SSE state and red zone survive a handler", |_| cpu::state_survives()),
    ("timer interrupts arrive when asked for, and only then", |_| cpu::timer()),
    ("the CRC of frames has its known answer", |_| memory::crc()),
    ("the counter moves forwards", |_| engine::clock()),
    ("the engine refuses parameters out of range", |_| engine::parameters()),
    ("raw noise has one delta per sample", engine::raw),
    ("the stream does not repeat, in pieces of any length", engine::stream),
    ("seeds differ", engine::seed),
    ("a restart resets the counters", engine::restart),
];

/// Runs every check, with a line for each.
///
/// # Errors
/// Returns an error with the name of the first check that failed; the others are run as well.
pub(crate) fn run(engine: &mut Engine<'_>, lines: &mut dyn Write) -> Result<(), EngineError> {
    let mut first_failed = None;
    for (name, check) in CHECKS {
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

fn ensure(holds: bool, otherwise: &'static str) -> Result<(), &'static str> {
    if holds { Ok(()) } else { Err(otherwise) }
}
