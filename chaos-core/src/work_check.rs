// SPDX-License-Identifier: GPL-2.0-or-later
//! The startup check that the clock follows the work: twice the work takes about twice the ticks. A counter that follows
//! a formula over its reads passes every health test, and fails here.
//!
//! What it cannot see: a host that emulates both the counter and the work, as an emulator does, or that knows this
//! program and answers accordingly. Neither can any other check inside the machine.

use crate::clock::Clock;
use crate::error::Error;

/// Pairs of lengths that are timed.
const PAIRS: u32 = 32;
/// Pairs that have to agree. An interrupt within one of the two spoils a pair, which takes some tens of microseconds.
const PAIRS_AGREEING: u32 = 24;
/// Rounds of which one has to agree. A busy host spoils rounds now and then, and for some milliseconds: with 4 rounds, one of
/// several thousand starts failed. A clock that does not follow the work fails every one.
const ROUNDS: u32 = 64;
/// Units of the shortest length; the longest is 8 times that. It takes a microsecond or so, to which reading the counter adds
/// little.
const SHORTEST_UNITS: u32 = 512;

/// Times work of irregular lengths. Each is compared with the one before it: the ticks have to be in the same proportion
/// as the lengths, up to a factor of 1.5. The lengths begin with the counter's own value, so that they differ from start to
/// start.
///
/// # Errors
/// Returns [`Error::ClockIgnoresWork`] if fewer than three quarters of the pairs agree in every round.
pub(crate) fn check<C: Clock>(clock: &mut C) -> Result<(), Error> {
    for _ in 0..ROUNDS {
        if agrees(clock) {
            return Ok(());
        }
    }
    Err(Error::ClockIgnoresWork)
}

/// One round.
fn agrees<C: Clock>(clock: &mut C) -> bool {
    let mut generator = clock.begin();
    let mut last: Option<(u64, u64)> = None;
    let mut agreeing = 0;
    for _ in 0..=PAIRS {
        generator = generator
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let doublings = generator >> 62;
        let units = (SHORTEST_UNITS << doublings) + (generator >> 40) as u32 % SHORTEST_UNITS;
        let ticks = clock.time_work(units);
        let now = (u64::from(units), ticks);
        agreeing += u32::from(last.is_some_and(|last| in_proportion(last, now)));
        last = Some(now);
    }
    agreeing >= PAIRS_AGREEING
}

/// Whether a / b is c / d, up to a factor of 1.5.
fn in_proportion(
    (one_units, one_ticks): (u64, u64),
    (other_units, other_ticks): (u64, u64),
) -> bool {
    let (left, right) =
        (one_units.saturating_mul(other_ticks), other_units.saturating_mul(one_ticks));
    left > 0 && left <= right.saturating_add(right / 2) && right <= left.saturating_add(left / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_agree_within_a_factor_of_one_and_a_half() {
        assert!(in_proportion((512, 2_000), (4_096, 16_000)));
        assert!(in_proportion((512, 2_000), (4_096, 11_000)));
        assert!(!in_proportion((512, 2_000), (4_096, 10_000)));
        assert!(!in_proportion((512, 2_000), (4_096, 2_000)));
        assert!(!in_proportion((512, 0), (4_096, 0)));
        assert!(!in_proportion((512, u64::MAX), (4_096, 5)));
    }
}
