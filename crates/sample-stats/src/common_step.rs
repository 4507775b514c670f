// SPDX-License-Identifier: GPL-2.0-or-later
//! The counter's step of two captures together.

use sp800_90b::symbols::{CounterStep, gcd};

/// The counter's step for two sets of deltas, so that both have the same symbols. Where their steps differ it is what
/// the steps have in common.
#[must_use]
pub fn common_step(a: &CounterStep, b: &CounterStep) -> CounterStep {
    if (a.ticks, a.steps) == (b.ticks, b.steps) || b.ticks == 0 {
        return *a;
    }
    if a.ticks == 0 {
        return *b;
    }
    // Fractions of a tick that differ have only whole ticks in common.
    let ticks = if a.steps == 1 && b.steps == 1 { gcd(a.ticks, b.ticks) } else { 1 };
    CounterStep { ticks, steps: 1, ..*a }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_differ_have_a_common_one() {
        let of = |ticks, steps| CounterStep { ticks, steps, ..CounterStep::default() };
        let common = |a, b| common_step(&a, &b);
        assert_eq!(common(of(26, 1), of(39, 1)).ticks, 13);
        assert_eq!(common(of(0, 1), of(26, 1)).ticks, 26);
        assert_eq!(common(of(49, 2), of(49, 2)), of(49, 2));
        assert_eq!(common(of(49, 2), of(51, 2)), of(1, 1));
    }
}
