// SPDX-License-Identifier: GPL-2.0-or-later
//! What the samples of one boot predict of another boot, sample by sample: "it will be as in the first".

use sp800_90b::symbols::CounterStep;

use crate::common_step::common_step;

/// A boot may run some samples behind the other; the guesser tries this many either way.
const SHIFTS: i64 = 64;
/// Samples that decide on the shift.
const SHIFT_WINDOW: usize = 65_536;
/// A shift must predict this share of samples more than none does: 0.02 is over 5 standard deviations of a share
/// of 65,536 samples, so that chance does not choose.
const SHIFT_GAIN: f64 = 0.02;

/// What one boot predicts of another.
#[derive(Debug)]
pub struct Prediction {
    /// What is left over: the difference in steps of the counter that both have in common, low 8 bits.
    pub residuals: Vec<u8>,
    /// Samples that are as predicted.
    pub zeros: u64,
    /// Samples that the guessed boot is behind.
    pub shift: i64,
}

/// Guesses the samples of one boot from those of another.
#[must_use]
pub fn predict(known: &[u64], guessed: &[u64]) -> Prediction {
    let shift = best_shift(known, guessed);
    let (known, guessed) = aligned(known, guessed, shift);
    let step = common_step(&CounterStep::of(known), &CounterStep::of(guessed));
    let residuals = known
        .iter()
        .zip(guessed)
        .map(|(a, b)| (step.quotient(*b).wrapping_sub(step.quotient(*a)) & 0xff) as u8)
        .collect();
    let zeros = known.iter().zip(guessed).filter(|(a, b)| a == b).count() as u64;
    Prediction { residuals, zeros, shift }
}

/// How many samples or bytes both begin with.
#[must_use]
pub fn common_prefix<T: PartialEq>(a: &[T], b: &[T]) -> u64 {
    a.iter().zip(b).take_while(|(a, b)| a == b).count() as u64
}

/// The parts of both that lie over each other when the guessed boot is `shift` samples behind.
fn aligned<'a>(known: &'a [u64], guessed: &'a [u64], shift: i64) -> (&'a [u64], &'a [u64]) {
    let by = shift.unsigned_abs() as usize;
    let (known, guessed) =
        if shift >= 0 { (known, tail(guessed, by)) } else { (tail(known, by), guessed) };
    let len = known.len().min(guessed.len());
    (&known[..len], &guessed[..len])
}

fn tail(ticks: &[u64], from: usize) -> &[u64] {
    ticks.get(from..).unwrap_or(&[])
}

fn best_shift(known: &[u64], guessed: &[u64]) -> i64 {
    let share = |shift| {
        let (a, b) = aligned(known, guessed, shift);
        let len = a.len().min(SHIFT_WINDOW);
        let equal = a[..len].iter().zip(&b[..len]).filter(|(a, b)| a == b).count();
        equal as f64 / len.max(1) as f64
    };
    let unmoved = share(0);
    // A short overlap agrees by chance; all shifts are tried on long runs only.
    if known.len().min(guessed.len()) < SHIFT_WINDOW {
        return 0;
    }
    (-SHIFTS..=SHIFTS)
        .map(|shift| (shift, share(shift)))
        .filter(|(_, share)| *share > unmoved + SHIFT_GAIN)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(shift, _)| shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noisy(seed: u64, len: usize) -> Vec<u64> {
        let mut x = seed | 1;
        std::iter::repeat_with(|| {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            500 + 2 * (x % 100)
        })
        .take(len)
        .collect()
    }

    #[test]
    fn a_boot_that_lags_is_predicted_all_the_same() {
        let known = noisy(5, 100_000);
        let late = [noisy(9, 17), known.clone()].concat();
        let prediction = predict(&known, &late);
        assert_eq!((prediction.shift, prediction.zeros), (17, 100_000));
        assert!(prediction.residuals.iter().all(|residual| *residual == 0));
        assert_eq!(predict(&late, &known).shift, -17);
    }

    #[test]
    fn boots_without_relation_are_not_moved() {
        assert_eq!(best_shift(&noisy(5, 100_000), &noisy(6, 100_000)), 0);
    }
}
