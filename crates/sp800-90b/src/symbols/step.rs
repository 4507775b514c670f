// SPDX-License-Identifier: MIT OR Apache-2.0
//! The step that a clock's counter moves in: what (nearly) all deltas have in common carries no entropy.
//!
//! One odd delta in a million lowers the greatest common divisor from 26 to 1, so the step is the largest number that
//! divides at least 99.9 % of the deltas, and the rest are counted as exceptions. Some counters move by a fraction:
//! 24.5 ticks, rounded to whole ticks. Which of the two roundings a delta shows follows from the counter's phase, and
//! is not noise either.

/// Share of the deltas that may be exceptions: one in this many.
const ONE_IN: u64 = 1_000;
/// Deltas per group in the search for the step. With at most one exception in [`ONE_IN`], at least 74 % of the groups
/// have none, wherever the exceptions are.
const GROUP: usize = 256;
/// Divisors of groups that are tried; the exact divisor of all deltas is always among them.
const MOST_CANDIDATES: usize = 24;
/// Steps that one fractional period may have: multiples of a quarter of a tick.
const MOST_STEPS: u64 = 4;
/// The smallest and the largest fractional step, in ticks.
const FRACTIONAL_TICKS: std::ops::Range<u64> = 4..256;
/// Deltas that a fractional step is tried on before all are.
const TRIAL: usize = 512;
/// The largest share of phases that may contradict a fractional step: 1 in this many. Gaps between blocks of samples
/// contradict it now and then, deltas that do not follow from a phase every second time at least.
const CONTRADICTED_ONE_IN: u64 = 8;

/// The step of a counter, and how well it holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CounterStep {
    /// Ticks in [`steps`](Self::steps) steps; 0 where all deltas are 0 or there are none.
    pub ticks: u64,
    /// 1, or more where a step is not a whole number of ticks: 49 ticks in 2 steps are 24.5 each.
    pub steps: u64,
    /// The exact greatest common divisor of all deltas; 0 where all are 0 or there are none.
    pub gcd_ticks: u64,
    /// Deltas that were looked at.
    pub samples: u64,
    /// Deltas that are not a whole number of steps.
    pub exceptions: u64,
    /// Exceptions that are longer than 99 % of all deltas.
    pub long_exceptions: u64,
}

impl CounterStep {
    /// The largest step that at least 99.9 % of `delta_ticks` are multiples of.
    #[must_use]
    pub fn of(delta_ticks: &[u64]) -> Self {
        let gcd_ticks = delta_ticks.iter().fold(0, |common, &delta| gcd(common, delta));
        let whole = |ticks| Self {
            ticks,
            steps: 1,
            gcd_ticks,
            samples: delta_ticks.len() as u64,
            exceptions: 0,
            long_exceptions: 0,
        };
        let found = candidates(delta_ticks, gcd_ticks)
            .into_iter()
            .find(|&ticks| ticks == gcd_ticks || holds(&whole(ticks), delta_ticks))
            .unwrap_or(gcd_ticks);
        let mut step = whole(found);
        if found == 1 {
            step = fractional(step, delta_ticks).unwrap_or(step);
        }
        step.exceptions = delta_ticks.iter().filter(|&&delta| !step.fits(delta)).count() as u64;
        if step.exceptions > 0 {
            let mut ordered = delta_ticks.to_vec();
            let at = ordered.len() - 1 - ordered.len() / 100;
            let long = *ordered.select_nth_unstable(at).1;
            let is_long = |delta: &&u64| **delta > long && !step.fits(**delta);
            step.long_exceptions = delta_ticks.iter().filter(is_long).count() as u64;
        }
        step
    }

    /// How many whole steps `delta_ticks` has. Exceptions are rounded down: they share the symbol of a neighbour.
    ///
    /// This is a function of the delta, so symbols made of it hold no more min-entropy than the deltas themselves.
    #[must_use]
    pub fn quotient(&self, delta_ticks: u64) -> u64 {
        match (self.ticks, self.steps) {
            (0, _) => delta_ticks,
            (ticks, 1) => delta_ticks / ticks,
            (ticks, steps) => {
                let nearest = (u128::from(delta_ticks) * u128::from(steps) + u128::from(ticks / 2))
                    / u128::from(ticks);
                u64::try_from(nearest).unwrap_or(u64::MAX)
            }
        }
    }

    /// The step in ticks.
    #[must_use]
    pub fn step_ticks(&self) -> f64 {
        self.ticks as f64 / self.steps.max(1) as f64
    }

    /// The share of the deltas that are whole steps, 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        1.0 - self.exceptions as f64 / self.samples.max(1) as f64
    }

    /// Whether a delta is a whole number of steps; of a fractional step, rounded up or down.
    fn fits(&self, delta_ticks: u64) -> bool {
        match (self.ticks, self.steps) {
            (0 | 1, 1) => true,
            (ticks, 1) => delta_ticks.is_multiple_of(ticks),
            (ticks, steps) => {
                let over = (u128::from(delta_ticks) * u128::from(steps)) % u128::from(ticks);
                let steps = u128::from(steps);
                over < steps || over + steps > u128::from(ticks)
            }
        }
    }

    /// The step in a sentence: how many deltas it divides, and what the exceptions are likely to be.
    #[must_use]
    pub fn describe(&self) -> String {
        if self.ticks == 0 {
            return "every delta is 0: the counter did not move".to_owned();
        }
        let step = match self.steps {
            1 => format!("{} divides", self.ticks),
            steps => {
                format!("{} ticks ({} in {steps} steps) divide", self.step_ticks(), self.ticks)
            }
        };
        if self.exceptions == 0 {
            return format!("{step} all deltas");
        }
        // Rounded down, so that 100 % is never shown where there are exceptions.
        let percent = (self.share() * 1e6).floor() / 1e4;
        let cause = if self.long_exceptions * 2 > self.exceptions {
            "mostly very long deltas: the program was probably interrupted and continued on another processor, or the \
             clock was corrected, between the two readings"
        } else {
            "mostly of ordinary length: the counter may be read at a finer step at times, or be a sum of two clocks"
        };
        format!(
            "{step} {percent:.4} % of the deltas; {} {} ({cause})",
            self.exceptions,
            if self.exceptions == 1 { "exception" } else { "exceptions" }
        )
    }
}

/// Greatest common divisor; 0 where both are 0.
#[must_use]
pub fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Whether at most one delta in [`ONE_IN`] is an exception.
fn holds(step: &CounterStep, delta_ticks: &[u64]) -> bool {
    let allowed = delta_ticks.len() as u64 / ONE_IN;
    let mut exceptions = 0;
    delta_ticks.iter().all(|&delta| {
        exceptions += u64::from(!step.fits(delta));
        exceptions <= allowed
    })
}

/// Divisors of groups of deltas, the largest first. A group without exceptions has a multiple of the step as its
/// divisor, and the divisor of all such groups together is the step itself.
fn candidates(delta_ticks: &[u64], gcd_ticks: u64) -> Vec<u64> {
    let mut groups: Vec<u64> = delta_ticks
        .chunks(GROUP)
        .map(|group| group.iter().fold(0, |common, &delta| gcd(common, delta)))
        .filter(|&common| common > gcd_ticks)
        .collect();
    groups.sort_unstable();
    let mut counted: Vec<(usize, u64)> =
        groups.chunk_by(|a, b| a == b).map(|equal| (equal.len(), equal[0])).collect();
    counted.sort_unstable_by(|a, b| b.cmp(a));
    counted.truncate(MOST_CANDIDATES);
    let mut found: Vec<u64> = Vec::new();
    for &(_, a) in &counted {
        found.extend(counted.iter().map(|&(_, b)| gcd(a, b)));
    }
    // Where every group has its own divisor, only what they have in common is left.
    let mut common = 0;
    for &(_, divisor) in &counted {
        common = gcd(common, divisor);
        found.push(common);
    }
    found.push(gcd_ticks);
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.dedup();
    found
}

/// A step of a fraction of a tick, where the deltas show one: they are all multiples of it, rounded up or down, and
/// the roundings follow from the counter's phase.
fn fractional(whole: CounterStep, delta_ticks: &[u64]) -> Option<CounterStep> {
    let every = delta_ticks.len().div_ceil(TRIAL).max(1);
    let trial: Vec<u64> = delta_ticks.iter().copied().step_by(every).collect();
    let mut steps: Vec<CounterStep> = (2..=MOST_STEPS)
        .flat_map(|steps| {
            (FRACTIONAL_TICKS.start * steps..FRACTIONAL_TICKS.end * steps)
                .filter(move |&ticks| gcd(ticks, steps) == 1)
                .map(move |ticks| CounterStep { ticks, steps, ..whole })
        })
        .filter(|step| {
            let exceptions = trial.iter().filter(|&&delta| !step.fits(delta)).count();
            exceptions * 100 <= trial.len()
        })
        .collect();
    steps.sort_by(|a, b| b.step_ticks().total_cmp(&a.step_ticks()));
    steps.into_iter().find(|step| holds(step, delta_ticks) && phases_agree(step, delta_ticks))
}

/// Whether the roundings of the deltas follow from a phase that is carried from each delta to the next.
fn phases_agree(step: &CounterStep, delta_ticks: &[u64]) -> bool {
    let at = |steps: u64| steps * step.ticks / step.steps;
    let (mut possible, mut shown, mut contradicted) = (u8::MAX, 0_u64, 0_u64);
    for &delta in delta_ticks {
        let quotient = step.quotient(delta);
        let moved = quotient % step.steps;
        if moved != 0 {
            shown += 1;
        }
        let part = delta.wrapping_sub(at(quotient - moved));
        let follow = |possible: u8| {
            (0..step.steps)
                .filter(|&phase| {
                    possible >> phase & 1 == 1 && at(phase + moved) - at(phase) == part
                })
                .fold(0_u8, |next, phase| next | 1 << ((phase + moved) % step.steps))
        };
        possible = match follow(possible) {
            0 => {
                contradicted += 1;
                follow(u8::MAX)
            }
            next => next,
        };
        if possible == 0 {
            possible = u8::MAX;
        }
    }
    shown >= ONE_IN && contradicted * CONTRADICTED_ONE_IN <= shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dice(seed: u64) -> impl FnMut() -> u64 {
        let mut x = seed | 1;
        move || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x >> 11
        }
    }

    #[test]
    fn one_odd_delta_in_a_million_does_not_change_the_step() {
        let mut next = dice(3);
        let mut deltas: Vec<u64> = (0..1_000_000).map(|_| 24 * (10 + next() % 7)).collect();
        assert_eq!(CounterStep::of(&deltas).describe(), "24 divides all deltas");
        deltas[777_777] = 1_859_065;
        let step = CounterStep::of(&deltas);
        assert_eq!((step.ticks, step.gcd_ticks), (24, 1));
        assert_eq!((step.exceptions, step.long_exceptions), (1, 1));
        let text = step.describe();
        assert!(
            text.starts_with("24 divides 99.9999 % of the deltas; 1 exception (mostly very long"),
            "{text}"
        );
    }

    #[test]
    fn a_thousandth_of_exceptions_is_the_limit_wherever_they_are() {
        for spread in [1, 1_000] {
            let mut deltas = vec![0; 1_000_000];
            let mut next = dice(5);
            deltas.iter_mut().for_each(|delta| *delta = 26 * (1 + next() % 40));
            for at in 0..1_000 {
                deltas[at * spread] += 1;
            }
            let step = CounterStep::of(&deltas);
            assert_eq!((step.ticks, step.exceptions), (26, 1_000), "spread {spread}");
            deltas[500_001] += 1;
            assert_eq!(CounterStep::of(&deltas).ticks, 1, "spread {spread}");
        }
    }

    #[test]
    fn few_deltas_allow_no_exception() {
        assert_eq!(CounterStep::of(&[26, 52, 39]).ticks, 13);
        assert_eq!(CounterStep::of(&[]).ticks, 0);
        assert_eq!(
            CounterStep::of(&[0, 0]).describe(),
            "every delta is 0: the counter did not move"
        );
        assert_eq!(CounterStep::of(&[u64::MAX, 0]).ticks, u64::MAX);
    }

    /// Deltas of a counter that shows `ticks * n / steps`, rounded down, with a gap after every `block` deltas.
    fn counted(ticks: u64, steps: u64, block: usize) -> Vec<u64> {
        let (mut next, mut n) = (dice(9), 0_u64);
        (0..200_000)
            .map(|at| {
                if at % block == 0 {
                    n += next() % 1_000;
                }
                let before = n * ticks / steps;
                n += 4 + next() % 9;
                n * ticks / steps - before
            })
            .collect()
    }

    #[test]
    fn a_step_of_half_or_a_quarter_tick_is_found_and_its_roundings_are_one_symbol() {
        for (ticks, steps) in [(49, 2), (97, 4), (77, 3)] {
            let deltas = counted(ticks, steps, 64);
            let step = CounterStep::of(&deltas);
            assert_eq!((step.ticks, step.steps, step.exceptions), (ticks, steps, 0));
            let mut quotients: Vec<u64> =
                deltas.iter().map(|&delta| step.quotient(delta)).collect();
            quotients.sort_unstable();
            quotients.dedup();
            assert_eq!(quotients, (4..13).collect::<Vec<u64>>());
        }
        assert!(
            CounterStep::of(&counted(49, 2, 64))
                .describe()
                .starts_with("24.5 ticks (49 in 2 steps)")
        );
    }

    #[test]
    fn two_values_that_do_not_follow_from_a_phase_are_not_one_step() {
        let mut next = dice(11);
        let deltas: Vec<u64> = (0..200_000).map(|_| 100 + next() % 2).collect();
        let step = CounterStep::of(&deltas);
        assert_eq!((step.ticks, step.steps), (1, 1));
    }
}
