// SPDX-License-Identifier: GPL-2.0-or-later
//! Ctrl-C, SIGTERM and SIGHUP. The first request is recorded and wakes every wait, so that a run can end its guest
//! and report where it stopped; a second one ends the process at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static INSTALLED: Mutex<bool> = Mutex::new(false);
static WAITING: Mutex<Waiting> = Mutex::new(Waiting { next: 0, calls: Vec::new() });

/// The operation stopped because the user asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted by Ctrl-C or a termination signal")]
pub struct Interrupted;

/// The status that a shell expects of a program ended by Ctrl-C (128 + SIGINT).
pub const EXIT_STATUS: u8 = 130;

struct Waiting {
    next: u64,
    calls: Vec<(u64, Box<dyn Fn() + Send>)>,
}

/// Handles SIGINT, SIGTERM and SIGHUP for the whole process; a second call does nothing.
pub fn install() -> io::Result<()> {
    let mut installed = lock(&INSTALLED);
    if *installed {
        return Ok(());
    }
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                // A second request means: do not wait. Guests end with this process (see `process::spawn`).
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
            for (_, call) in &lock(&WAITING).calls {
                call();
            }
        }
    })?;
    *installed = true;
    Ok(())
}

/// Whether the user has asked this process to stop.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Returns an error once the user has asked this process to stop, so that loops can use `?`.
///
/// # Errors
/// Returns an error if the user has asked this process to stop.
pub fn check() -> Result<(), Interrupted> {
    if requested() { Err(Interrupted) } else { Ok(()) }
}

/// Calls `call` on the signal thread when the user asks to stop (at once if already asked), until the returned
/// [`Subscription`] is dropped.
pub fn subscribe(call: impl Fn() + Send + 'static) -> Subscription {
    let mut waiting = lock(&WAITING);
    if requested() {
        call();
    }
    let id = waiting.next;
    waiting.next += 1;
    waiting.calls.push((id, Box::new(call)));
    Subscription { id }
}

/// Keeps a subscription of [`subscribe`] active until it is dropped.
#[derive(Debug)]
#[must_use = "the call is forgotten when this is dropped"]
pub struct Subscription {
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        lock(&WAITING).calls.retain(|(id, _)| *id != self.id);
    }
}

/// A poisoned lock is still usable here: each critical section leaves its data consistent.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
