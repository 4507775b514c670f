// SPDX-License-Identifier: MIT OR Apache-2.0
//! Counters that follow a formula: the next delta as a linear recurrence of the last ones.

/// What to add up for the next value: `(samples ago, factor)`. Arithmetic is modulo 2^64, so counters that wrap are
/// followed too.
pub(super) const FORMULAS: [(&str, &[(usize, i64)]); 5] = [
    ("linear: 2a - b", &[(1, 2), (2, -1)]),
    ("quadratic: 3a - 3b + c", &[(1, 3), (2, -3), (3, 1)]),
    ("cubic: 4a - 6b + 4c - d", &[(1, 4), (2, -6), (3, 4), (4, -1)]),
    ("Fibonacci: a + b", &[(1, 1), (2, 1)]),
    ("alternating: a + b - c", &[(1, 1), (2, 1), (3, -1)]),
];

/// The value that a formula gives for sample `at`; `None` for the first ones.
pub(super) fn by_formula(terms: &[(usize, i64)], values: &[u64], at: usize) -> Option<u64> {
    terms.iter().try_fold(0_u64, |sum, &(ago, factor)| {
        Some(sum.wrapping_add(values.get(at.checked_sub(ago)?)?.wrapping_mul(factor as u64)))
    })
}

/// A prime above all deltas that a counter gives: 2^61 - 1.
const PRIME: u64 = (1 << 61) - 1;
/// Values that a recurrence is derived from; windows of the training half that are tried.
const WINDOW: usize = 128;
const WINDOWS: usize = 8;
/// A recurrence of this order and more is as long as chance gives, or starts to be.
const LONGEST: usize = WINDOW / 4;

/// The shortest linear recurrence that the values follow, with whatever factors.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    /// Factors of the last value, the one before, and so on, modulo [`PRIME`].
    factors: Vec<u64>,
}

impl Recurrence {
    /// Looks at windows from the end of the training half backwards; one without exceptions is enough.
    pub(super) fn find(training: &[u64]) -> Option<Self> {
        training
            .rchunks_exact(WINDOW)
            .take(WINDOWS)
            .map(berlekamp_massey)
            .find(|factors| !factors.is_empty() && factors.len() <= LONGEST)
            .map(|factors| Self { factors })
    }

    pub(super) fn order(&self) -> usize {
        self.factors.len()
    }

    /// The value it gives for sample `at`; `None` for the first ones.
    pub(super) fn next(&self, values: &[u64], at: usize) -> Option<u64> {
        let known = values.get(at.checked_sub(self.factors.len())?..at)?;
        Some(weighted(&self.factors, known))
    }
}

/// `factors[0]` times the last of `known`, and so on.
fn weighted(factors: &[u64], known: &[u64]) -> u64 {
    let terms = factors.iter().zip(known.iter().rev());
    terms.fold(0, |sum, (&factor, &value)| add(sum, times(factor, value % PRIME)))
}

/// The factors of the shortest recurrence of `values` modulo [`PRIME`] (Massey, IEEE Trans. Inf. Theory 15, 1969).
fn berlekamp_massey(values: &[u64]) -> Vec<u64> {
    let (mut current, mut last): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
    let (mut last_error, mut since) = (1, 0_usize);
    for (at, &value) in values.iter().enumerate() {
        since += 1;
        let error =
            minus(value % PRIME, weighted(&current, &values[at - current.len().min(at)..at]));
        if error == 0 {
            continue;
        }
        let before = current.clone();
        let scale = times(error, inverse(last_error));
        // What the last recurrence got wrong, scaled and moved to where this one is wrong.
        let correction =
            std::iter::once(scale).chain(last.iter().map(|&factor| minus(0, times(scale, factor))));
        if current.len() < since + last.len() {
            current.resize(since + last.len(), 0);
        }
        for (factor, change) in current[since - 1..].iter_mut().zip(correction) {
            *factor = add(*factor, change);
        }
        if before.len() * 2 <= at {
            (last, last_error, since) = (before, error, 0);
        }
    }
    current
}

fn add(a: u64, b: u64) -> u64 {
    (a + b) % PRIME
}

fn minus(a: u64, b: u64) -> u64 {
    (a + PRIME - b) % PRIME
}

fn times(a: u64, b: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(PRIME)) as u64
}

/// By Fermat: `a^(p - 2)`.
fn inverse(a: u64) -> u64 {
    let (mut base, mut left, mut product) = (a, PRIME - 2, 1);
    while left > 0 {
        if left & 1 == 1 {
            product = times(product, base);
        }
        base = times(base, base);
        left >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_noise;

    #[test]
    fn recurrences_are_found_with_their_order() {
        let cube: Vec<u64> = (0..400_u64).map(|n| 100 + 3 * n * n + n * n * n).collect();
        let recurrence = Recurrence::find(&cube[..300]).unwrap();
        assert_eq!(recurrence.order(), 4);
        assert!((300..400).all(|at| recurrence.next(&cube, at) == Some(cube[at])));
        // A period of 5 with a step that grows.
        let mixed: Vec<u64> =
            (0..400_u64).map(|n| 7 * n + [3, 14, 15, 92, 65][n as usize % 5]).collect();
        let recurrence = Recurrence::find(&mixed[..300]).unwrap();
        assert!((300..400).all(|at| recurrence.next(&mixed, at) == Some(mixed[at])));
    }

    #[test]
    fn noise_has_no_short_recurrence() {
        let noise: Vec<u64> = test_noise::symbols(8, 1).map(u64::from).take(5_000).collect();
        assert_eq!(Recurrence::find(&noise), None);
    }

    #[test]
    fn formulas_wrap_with_the_counter() {
        let mut values = vec![1_u64, 2];
        for at in 2..200 {
            values.push(values[at - 1].wrapping_add(values[at - 2]));
        }
        assert!((2..200).all(|at| by_formula(FORMULAS[3].1, &values, at) == Some(values[at])));
        assert_eq!(by_formula(FORMULAS[1].1, &values, 2), None);
    }
}
