// SPDX-License-Identifier: GPL-2.0-or-later
//! Breakpoints are the one exception that is survived: they are counted, so that the self test can see a round
//! trip through the interrupt table.

use core::sync::atomic::{AtomicU64, Ordering};

static COUNT: AtomicU64 = AtomicU64::new(0);
static LAST_RIP: AtomicU64 = AtomicU64::new(0);

/// Notes one.
pub(super) fn note(rip: u64) {
    LAST_RIP.store(rip, Ordering::Relaxed);
    COUNT.fetch_add(1, Ordering::Relaxed);
}

/// How many there were, and where the last one was (the instruction after it).
pub(crate) fn seen() -> (u64, u64) {
    (COUNT.load(Ordering::Relaxed), LAST_RIP.load(Ordering::Relaxed))
}
