// SPDX-License-Identifier: GPL-2.0-or-later
//! A clock whose deltas are a function of their number, and what the tests make of it.

use chaos_core::{Clock, ClockKind, Params, Workload};

/// A clock that asks `rule` for each delta, by number from 0.
pub(crate) struct RuleClock<F> {
    rule: F,
    number: u64,
    now: u64,
}

impl<F: FnMut(u64) -> u64> RuleClock<F> {
    /// Begins shortly before the counter wraps.
    pub(crate) fn new(rule: F) -> Self {
        Self { rule, number: 0, now: u64::MAX - 10_000 }
    }
}

impl<F: FnMut(u64) -> u64> Clock for RuleClock<F> {
    fn begin(&mut self) -> u64 {
        self.now
    }

    fn ticks(&mut self) -> u64 {
        self.now = self.now.wrapping_add((self.rule)(self.number));
        self.number += 1;
        self.now
    }

    fn relax(&mut self) {}

    /// It follows the work: what the tests are about is its deltas.
    fn time_work(&mut self, units: u32) -> u64 {
        u64::from(units) * 4
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}

/// Deltas that no health test minds: a scrambled count.
pub(crate) fn lively(number: u64) -> u64 {
    let mut delta = number.wrapping_add(1).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    delta ^= delta >> 32;
    delta = delta.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    100 + (delta >> 52)
}

/// Samples that a source takes before it gives anything: the startup test and the default `init_turns`.
pub(crate) const BEFORE_OUTPUT: u64 = 1024 + 7;

/// Parameters for clocks that do not see the workload, with the claim that the tests' numbers are for.
pub(crate) const PAUSE: Params =
    Params { workload: Workload::Pause, claim_millibits: 125, ..Params::DEFAULT };
