// SPDX-License-Identifier: GPL-2.0-or-later
//! Clocks that follow a rule: without any entropy, each broken in one known way. They show that the health tests fire
//! and, just as much, how good the output of a worthless clock looks.

use crate::clock::{Clock, ClockKind};

/// The rule that a synthetic clock follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// Never moves.
    Stuck,
    /// Every delta is the same.
    Step {
        /// The delta, in ticks.
        delta_ticks: u64,
    },
    /// The deltas come back after `period` of them; within a period they differ from each other.
    Period {
        /// Deltas in a period.
        period: u32,
    },
    /// The deltas grow by the same amount each time.
    Ramp {
        /// By how much, in ticks.
        growth_ticks: u64,
    },
    /// Moves once in so many reads.
    Coarse {
        /// Reads for each move.
        reads: u32,
    },
    /// Goes back at every read.
    Backwards,
    /// Two deltas only, one of them in all but one of so many samples, on average.
    Biased {
        /// The other delta comes once in this many.
        once_in: u32,
    },
    /// The counter is n³ + n at the n-th read: no delta, difference or difference of differences comes again.
    Cubic,
    /// Deltas of 100 with a hash of the read's number in so many low bits.
    HashedLowBits {
        /// How many bits.
        bits: u32,
    },
    /// Each delta is the sum of the two before, below a bound, on top of 100.
    Fibonacci {
        /// The bound, in ticks.
        bound_ticks: u64,
    },
    /// Deltas from 0 to `spread_ticks` on top of 100, from a xorshift generator: lively, and known from end to end.
    Noisy {
        /// The largest amount on top.
        spread_ticks: u64,
    },
}

/// A clock that follows a [`Pattern`].
#[derive(Debug, Clone)]
pub struct SyntheticClock {
    pattern: Pattern,
    now: u64,
    reads: u64,
    generator: u64,
    fibonacci: (u64, u64),
}

impl SyntheticClock {
    /// A clock at `begin_ticks`.
    #[must_use]
    pub const fn new(pattern: Pattern, begin_ticks: u64) -> Self {
        Self {
            pattern,
            now: begin_ticks,
            reads: 0,
            generator: 0x9E37_79B9_7F4A_7C15,
            fibonacci: (1, 1),
        }
    }

    fn next_delta(&mut self) -> u64 {
        match self.pattern {
            Pattern::Stuck => 0,
            Pattern::Step { delta_ticks } => delta_ticks,
            // Squares, so that neither the deltas nor their differences repeat within a period.
            Pattern::Period { period } => 100 + (self.reads % u64::from(period.max(1))).pow(2),
            Pattern::Ramp { growth_ticks } => {
                growth_ticks.wrapping_mul(self.reads).wrapping_add(100)
            }
            Pattern::Coarse { reads } => {
                u64::from(self.reads.is_multiple_of(u64::from(reads.max(1)))) * 100
            }
            Pattern::Backwards => 0_u64.wrapping_sub(100),
            Pattern::Biased { once_in } => {
                100 + u64::from(self.xorshift().is_multiple_of(u64::from(once_in.max(1))))
            }
            Pattern::Cubic => {
                let n = self.reads;
                3_u64.wrapping_mul(n).wrapping_mul(n.wrapping_add(1)).wrapping_add(2)
            }
            Pattern::HashedLowBits { bits } => {
                let mut hash = self.reads.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                hash ^= hash >> 32;
                100 + (hash & ((1 << bits.min(32)) - 1))
            }
            Pattern::Fibonacci { bound_ticks } => {
                let (before, last) = self.fibonacci;
                let next = before.wrapping_add(last) % bound_ticks.max(1);
                self.fibonacci = (last, next);
                100 + next
            }
            Pattern::Noisy { spread_ticks } => {
                100 + self.xorshift() % spread_ticks.saturating_add(1)
            }
        }
    }

    /// Marsaglia's xorshift with shifts 13, 7, 17; its low bits are left out.
    fn xorshift(&mut self) -> u64 {
        self.generator ^= self.generator << 13;
        self.generator ^= self.generator >> 7;
        self.generator ^= self.generator << 17;
        self.generator >> 11
    }
}

impl Clock for SyntheticClock {
    fn begin(&mut self) -> u64 {
        self.now
    }

    fn ticks(&mut self) -> u64 {
        let delta = self.next_delta();
        self.reads = self.reads.wrapping_add(1);
        self.now = self.now.wrapping_add(delta);
        self.now
    }

    fn relax(&mut self) {}

    /// A read is a read, whatever was done before it.
    fn time_work(&mut self, _units: u32) -> u64 {
        let begin = self.now;
        self.ticks().wrapping_sub(begin)
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Synthetic
    }
}
