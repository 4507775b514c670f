// SPDX-License-Identifier: GPL-2.0-or-later
//! What programs can do with the module, all of it at once and for a while; then the module is unloaded and loaded under its
//! readers. A kernel that checks locks and memory is to watch this (tests/on-target/src/debug.rs).

use core::fmt::Write as _;

use chaos_wire::Request;
use rustix::io::Errno;
use rustix::process::Signal;
use rustix::thread::{Timespec, nanosleep};

use super::process::Child;
use super::{Verdict, Wrong, during, expect};
use crate::machine::loader::{MODULE_PATH, load, unload};
use crate::run::map;
use crate::run::output::Stdout;
use crate::run::syscall::monotonic_ns;

mod actions;

use actions::{ACTIONS, Hands};

/// Processes that use the module at once.
const USERS: usize = 16;
/// The same while it is unloaded, each with pauses, so that there are moments without any.
const USERS_OF_UNLOADED: usize = 4;
const PAUSE_MS: u64 = 8;
/// After the module was loaded, so that it is used before the next attempt to unload it.
const USE_MS: u64 = 20;
/// Between two signals to one of the users, which interrupt what it waits for.
const SIGNAL_MS: u64 = 3;
/// Every so many signals a user is killed and another takes its place.
const SIGNALS_OF_A_KILL: u64 = 50;
/// Bytes of the longest read, and of those while the module is unloaded.
const LONGEST_BYTES: usize = 1 << 20;
const SHORT_BYTES: usize = 4096;

/// Both parts, for so many seconds each.
pub(crate) fn run(seconds: u64) -> Result<(), &'static str> {
    let verdict = under_signals(seconds).and_then(|()| while_unloaded(seconds));
    verdict.map_err(|wrong| {
        let _ = match wrong.error {
            Some(error) => writeln!(Stdout, "[stress] FAILED: {}: {error}", wrong.what),
            None => writeln!(Stdout, "[stress] FAILED: {}", wrong.what),
        };
        wrong.what
    })
}

fn under_signals(seconds: u64) -> Verdict {
    let counts = counts(USERS)?;
    let end_ns = monotonic_ns() + seconds * 1_000_000_000;
    let mut children = [const { None }; USERS];
    let users = counts.chunks_mut(ACTIONS.len());
    for (number, (child, counts)) in (1..).zip(children.iter_mut().zip(users)) {
        *child = Some(user(number, LONGEST_BYTES, end_ns, counts)?);
    }
    let (mut signals, mut killed) = (0_u64, 0_u64);
    while monotonic_ns() < end_ns {
        wait_ms(SIGNAL_MS);
        let at = signals as usize % USERS;
        signals += 1;
        let Some(slot) = children.get_mut(at) else { continue };
        if signals.is_multiple_of(SIGNALS_OF_A_KILL) {
            // It is killed and collected where it is dropped.
            *slot = None;
            killed += 1;
            let counts = counts.chunks_mut(ACTIONS.len()).nth(at).unwrap_or_default();
            *slot = Some(user(USERS as u64 + signals, LONGEST_BYTES, end_ns, counts)?);
        } else if let Some(child) = slot {
            child.signal(Signal::STOP)?;
            child.signal(Signal::CONT)?;
        }
    }
    for child in children.into_iter().flatten() {
        child.finish("a user of the module failed")?;
    }
    // The checks read these lines; one that cannot be written is missed there.
    let _ = writeln!(Stdout, "[stress] signals {signals}\n[stress] killed {killed}");
    report("actions", counts)
}

fn while_unloaded(seconds: u64) -> Verdict {
    let counts = counts(USERS_OF_UNLOADED)?;
    let end_ns = monotonic_ns() + seconds * 1_000_000_000;
    let mut children = [const { None }; USERS_OF_UNLOADED];
    let users = counts.chunks_mut(ACTIONS.len());
    for (number, (child, counts)) in (1..).zip(children.iter_mut().zip(users)) {
        *child = Some(user(number, SHORT_BYTES, end_ns, counts)?);
    }
    let (mut removed, mut in_use) = (0_u64, 0_u64);
    while monotonic_ns() < end_ns {
        match unload() {
            Ok(()) => {
                removed += 1;
                load(MODULE_PATH, &Request::default()).map_err(during("loading the module"))?;
                wait_ms(USE_MS);
            }
            Err(Errno::AGAIN | Errno::BUSY) => {
                in_use += 1;
                wait_ms(1);
            }
            Err(error) => return Err(during("unloading the module")(error)),
        }
    }
    for child in children.into_iter().flatten() {
        child.finish("a user of the module failed while it was unloaded")?;
    }
    let _ = writeln!(Stdout, "[stress] removed {removed}\n[stress] in use {in_use}");
    report("short actions", counts)
}

fn counts(users: usize) -> Result<&'static mut [u64], Wrong> {
    map::shared_words(users * ACTIONS.len()).map_err(during("mapping shared memory"))
}

/// A process that does one thing after the other until `end_ns`, and counts each.
fn user(
    number: u64,
    longest_bytes: usize,
    end_ns: u64,
    counts: &mut [u64],
) -> Result<Child, Wrong> {
    Child::start(|| {
        let Ok(mut hands) = Hands::new(number, longest_bytes) else { return false };
        while monotonic_ns() < end_ns {
            let which = hands.below(ACTIONS.len());
            let Some((name, action)) = ACTIONS.get(which) else { return false };
            match action(&mut hands) {
                Ok(()) => {
                    if let Some(count) = counts.get_mut(which) {
                        *count += 1;
                    }
                }
                Err(wrong) if wrong.error.is_some_and(|error| hands.forgives(error)) => {}
                Err(wrong) => {
                    let error = wrong.error.unwrap_or(Errno::INVAL);
                    let _ = writeln!(Stdout, "[stress] {name}: {}: {error}", wrong.what);
                    return false;
                }
            }
            if longest_bytes < LONGEST_BYTES {
                wait_ms(hands.below(PAUSE_MS as usize) as u64);
            }
        }
        true
    })
}

/// Every action must have been done by one user at least.
fn report(what: &str, counts: &[u64]) -> Verdict {
    let done = |which| counts.iter().skip(which).step_by(ACTIONS.len()).sum::<u64>();
    let _ = writeln!(Stdout, "[stress] {what} {}", counts.iter().sum::<u64>());
    let mut all_done = true;
    for (which, (name, _)) in ACTIONS.iter().enumerate() {
        all_done &= done(which) > 0;
        let _ = writeln!(Stdout, "[stress]   {name} {}", done(which));
    }
    expect(all_done, "one of the actions was never done")
}

fn wait_ms(ms: u64) {
    let time = Timespec { tv_sec: 0, tv_nsec: ms as i64 * 1_000_000 };
    // A signal ends it early, which is as good.
    let _ = nanosleep(&time);
}
