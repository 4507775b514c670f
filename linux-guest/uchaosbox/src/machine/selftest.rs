// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel module put through its paces from inside the guest: what it promises to readers and writers, what it
//! refuses, and that it comes and goes cleanly. As root, with the module loaded and not in use.

mod kernel_log;
mod loading;
mod process;
mod reading;
mod sharing;
pub(crate) mod stress;

use core::fmt;

use chaos_wire::{EngineError, Request};
use rustix::io::Errno;

/// What one test says: nothing, or what went wrong.
type Verdict = Result<(), Wrong>;

/// A promise that was not kept.
struct Wrong {
    what: &'static str,
    error: Option<Errno>,
}

impl From<&'static str> for Wrong {
    fn from(what: &'static str) -> Self {
        Self { what, error: None }
    }
}

/// An error of the system's while doing `what`.
fn during(what: &'static str) -> impl Fn(Errno) -> Wrong {
    move |error| Wrong { what, error: Some(error) }
}

fn expect(kept: bool, what: &'static str) -> Verdict {
    if kept { Ok(()) } else { Err(what.into()) }
}

type Test = (&'static str, fn(&Request) -> Verdict);

/// In this order: the first looks at the log of the boot, and the last ones unload the module.
const TESTS: &[Test] = &[
    ("the kernel's generator was seeded by the module, before anything else", loading::seeds_first),
    ("reads of any length are filled", reading::any_length),
    ("raw noise comes in whole samples", reading::whole_samples),
    ("a read that faults half way gives the half, and it is not given again", reading::faults),
    ("splice gives bytes to a pipe", reading::splices),
    ("a write leaves the writer's memory alone", reading::writes),
    ("a restart resets the counters", reading::restarts),
    ("poll and O_NONBLOCK tell whether the engine is free", sharing::polls),
    ("a signal ends a long read early, with what there is", sharing::signals),
    ("four readers at once never see the same bytes", sharing::readers),
    ("raw noise and stirring are for root", sharing::permissions),
    ("the module stays while it is read, and goes afterwards", loading::stays_while_open),
    ("parameters out of range are refused with the reason", loading::refuses),
    ("parameters in range are taken", loading::accepts),
    (
        "seeds are credited on request only, and parameters read back",
        loading::credits_on_request_only,
    ),
    ("it comes and goes twenty times without a trace", loading::comes_and_goes),
];

/// Runs every test, one line for each, and leaves the module loaded as the request wants it.
pub(super) fn run(request: &Request, lines: &mut dyn fmt::Write) -> Result<(), EngineError> {
    let mut verdict = Ok(());
    for (name, test) in TESTS {
        // A report that overflows is cut; the verdict stands.
        let _ = match test(request) {
            Ok(()) => writeln!(lines, "ok: {name}"),
            Err(wrong) => {
                verdict = Err(EngineError { code: 0, text: wrong.what });
                match wrong.error {
                    Some(error) => writeln!(lines, "FAILED: {name}: {}: {error}", wrong.what),
                    None => writeln!(lines, "FAILED: {name}: {}", wrong.what),
                }
            }
        };
    }
    verdict
}
