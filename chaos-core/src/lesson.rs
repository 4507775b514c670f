// SPDX-License-Identifier: GPL-2.0-or-later
//! The workload `hash-branchy`: a step whose duration is arithmetic, kept as a lesson. It takes a slower branch now and
//! then, and how often follows from the samples before, which anyone who records them can compute with
//! [`rare_branches`]. SP 800-90B's estimators see only the samples and count most of that as entropy. The engine's first
//! design timed such branches in earnest (docs/adr/0008).

use core::hint::black_box;

/// Mixing rounds of one step.
const ROUNDS: u64 = 32;
/// A rare branch is taken where these bits of the state are clear: once in sixteen.
const RARE: u64 = 0xF;
/// Dependent multiplications of a rare branch: some 30 cycles.
const RARE_MULTIPLICATIONS: u32 = 8;
/// As the mixer's constants: 2^64 divided by the golden ratio, odd.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// What the step's argument is made of: the last [`Trail::SAMPLES`] samples that were handed out, and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trail(u64);

impl Trail {
    /// Samples that the argument depends on. An older one has been shifted out.
    pub const SAMPLES: usize = 16;

    /// Before the first sample.
    pub const EMPTY: Self = Self(0);

    /// Adds a sample.
    #[inline(always)]
    pub const fn push(&mut self, delta_ticks: u64) {
        self.0 = (self.0 << (64 / Self::SAMPLES)) ^ delta_ticks;
    }

    /// The argument of the step that the next sample times.
    #[inline(always)]
    #[must_use]
    pub const fn argument(&self) -> u64 {
        self.0
    }
}

/// How many rare branches the step with this argument takes.
#[must_use]
pub fn rare_branches(argument: u64) -> u32 {
    let mut state = argument;
    (0..ROUNDS).map(|round| u32::from(mix(&mut state, round))).sum()
}

/// How many rare branches the step of each sample takes, from the samples before it.
pub fn branches_before(delta_ticks: &[u64]) -> impl Iterator<Item = u32> {
    delta_ticks.iter().scan(Trail::EMPTY, |trail, &delta| {
        let branches = rare_branches(trail.argument());
        trail.push(delta);
        Some(branches)
    })
}

/// One round. Returns whether it was a rare one.
#[inline(always)]
fn mix(state: &mut u64, round: u64) -> bool {
    let mixed = (*state ^ round).wrapping_mul(SPREAD);
    *state = (mixed ^ mixed >> 32).rotate_left(23);
    *state & RARE == 0
}

/// The timed step. Its result is thrown away: only its duration counts.
#[inline(never)]
pub(crate) fn step(argument: u64) {
    let mut state = argument;
    for round in 0..ROUNDS {
        if mix(&mut state, round) {
            rare_branch(state);
        }
    }
    black_box(state);
}

#[cold]
#[inline(never)]
fn rare_branch(state: u64) {
    let mut work = state;
    for _ in 0..RARE_MULTIPLICATIONS {
        work = black_box(work.wrapping_mul(SPREAD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_depends_on_the_last_16_samples_only() {
        let argument = |first: u64| {
            let mut trail = Trail::EMPTY;
            trail.push(first);
            (1..Trail::SAMPLES as u64).for_each(|sample| trail.push(100 + sample));
            let with = trail.argument();
            trail.push(100);
            (with, trail.argument())
        };
        let (one, other) = (argument(100), argument(101));
        assert_ne!(one.0, other.0);
        assert_eq!(one.1, other.1);
    }

    #[test]
    fn rare_branches_come_once_in_sixteen_rounds_and_their_number_varies() {
        let counts = (0..10_000_u64).map(|argument| rare_branches(argument * 977));
        let (sum, none) =
            counts.fold((0, 0), |(sum, none), count| (sum + count, none + u32::from(count == 0)));
        // 2 of 32 are expected; none in (15/16)^32 = 12.7 % of the steps.
        assert!((19_000..21_000).contains(&sum), "{sum} in 10,000 steps");
        assert!((1_100..1_450).contains(&none), "{none} of 10,000 steps without");
    }
}
