// SPDX-License-Identifier: GPL-2.0-or-later
//! Health test cutoffs, computed at compile time from the claimed min-entropy per sample H and
//! alpha = 2^-30, the chance of a false alarm per test made. The engine itself holds integers only.

use chaos_vocab::CLAIMS_MILLIBITS;

/// Samples in a window of the adaptive proportion test; SP 800-90B §4.4.2 has 512 for sources that are not binary.
pub const WINDOW_SAMPLES: u32 = 512;

/// -log2(alpha): SP 800-90B §4.4.1 suggests 20 to 40.
pub const ALPHA_EXPONENT: u32 = 30;

/// The cutoffs for one claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Equal samples in a row that fail the repetition count test.
    pub repetition_count: u32,
    /// Samples of a window equal to its first, that one included, that fail the adaptive proportion test.
    pub adaptive_proportion: u32,
    /// Right predictions in a row that fail the lag predictor and, of straight lines, the stuck test.
    pub prediction_run: u32,
    /// Right predictions in a window that fail the lag predictor.
    pub prediction_count: u32,
}

/// One row per claim, in the order of [`CLAIMS_MILLIBITS`].
const TABLE: [Cutoffs; CLAIMS_MILLIBITS.len()] = {
    let mut table = [cutoffs(1000); CLAIMS_MILLIBITS.len()];
    let mut row = 0;
    while row < CLAIMS_MILLIBITS.len() {
        table[row] = cutoffs(CLAIMS_MILLIBITS[row]);
        row += 1;
    }
    table
};

impl Cutoffs {
    /// The cutoffs for a claim, or nothing if the claim is not in [`CLAIMS_MILLIBITS`].
    #[must_use]
    pub fn for_claim(claim_millibits: u32) -> Option<Self> {
        let row = CLAIMS_MILLIBITS.iter().position(|&claim| claim == claim_millibits)?;
        TABLE.get(row).copied()
    }
}

const fn cutoffs(claim_millibits: u32) -> Cutoffs {
    // A right prediction has a chance of 2^-H at most, so a run of ceil(-log2(alpha) / H) one of alpha.
    let run = (ALPHA_EXPONENT * 1000).div_ceil(claim_millibits);
    Cutoffs {
        // SP 800-90B §4.4.1: C = 1 + ceil(-log2(alpha) / H)
        repetition_count: 1 + run,
        // SP 800-90B §4.4.2: C = 1 + CRITBINOM(W, 2^-H, 1 - alpha)
        adaptive_proportion: 1 + critical_binomial(WINDOW_SAMPLES, claim_millibits),
        prediction_run: run,
        prediction_count: 1 + critical_binomial(WINDOW_SAMPLES, claim_millibits),
    }
}

/// The smallest k with P(X > k) <= alpha for X binomial with n trials of chance 2^-H.
///
/// P(X = n) is 2^(-n H) exactly, and each next lower term follows by one ratio; so the upper tail is summed from its
/// small end, as a mantissa and a power of two, without cancellation and without underflow.
const fn critical_binomial(trials: u32, claim_millibits: u32) -> u32 {
    let millibits = trials * claim_millibits;
    let chance = exp2_below_one(claim_millibits);
    let odds_against = (1.0 - chance) / chance;
    let mut exponent = -((millibits / 1000) as i32);
    let mut term = exp2_below_one(millibits % 1000);
    let mut tail = 0.0;
    let mut k = trials;
    while k > 0 {
        // `tail` is P(X > k) and `term` is P(X = k), both over 2^exponent.
        if exceeds_alpha(tail + term, exponent) {
            return k;
        }
        tail += term;
        term *= k as f64 / (trials - k + 1) as f64 * odds_against;
        if tail > SCALE {
            tail /= SCALE;
            term /= SCALE;
            exponent += SCALE_EXPONENT;
        }
        k -= 1;
    }
    0
}

const SCALE_EXPONENT: i32 = 32;
const SCALE: f64 = (1_u64 << SCALE_EXPONENT) as f64;

/// Whether mantissa * 2^exponent > 2^-30.
const fn exceeds_alpha(mantissa: f64, exponent: i32) -> bool {
    let mut threshold = 1.0;
    let mut shift = -(ALPHA_EXPONENT as i32) - exponent;
    while shift > 0 {
        threshold *= 2.0;
        shift -= 1;
        if threshold > SCALE * SCALE {
            return false;
        }
    }
    while shift < 0 {
        threshold /= 2.0;
        shift += 1;
    }
    mantissa > threshold
}

/// 2^(-millibits / 1000), by the series of the exponential function for the fraction and halving for the rest.
const fn exp2_below_one(millibits: u32) -> f64 {
    let x = -((millibits % 1000) as f64) / 1000.0 * core::f64::consts::LN_2;
    let mut sum = 1.0;
    let mut term = 1.0;
    let mut n = 1;
    while n < 30 {
        term *= x / n as f64;
        sum += term;
        n += 1;
    }
    let mut halvings = millibits / 1000;
    while halvings > 0 {
        sum /= 2.0;
        halvings -= 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec;
    use std::vec::Vec;

    // Exact binomial tails by another way: dynamic programming over the trials, P(n, k) from P(n - 1, ..).
    fn distribution(trials: usize, chance: f64) -> Vec<f64> {
        let mut row = vec![0.0; trials + 1];
        row[0] = 1.0;
        for n in 1..=trials {
            for k in (1..=n).rev() {
                row[k] = row[k] * (1.0 - chance) + row[k - 1] * chance;
            }
            row[0] *= 1.0 - chance;
        }
        row
    }

    #[test]
    fn critical_values_are_the_exact_binomial_quantiles() {
        for claim in CLAIMS_MILLIBITS {
            let chance = (-f64::from(claim) / 1000.0).exp2();
            let row = distribution(WINDOW_SAMPLES as usize, chance);
            let alpha = (-f64::from(ALPHA_EXPONENT)).exp2();
            let critical = critical_binomial(WINDOW_SAMPLES, claim) as usize;
            let above: f64 = row[critical + 1..].iter().rev().sum();
            let from: f64 = row[critical..].iter().rev().sum();
            assert!(
                above <= alpha && from > alpha,
                "claim {claim}: P(X>{critical}) = {above}, P(X>=) = {from}"
            );
        }
    }

    #[test]
    fn run_cutoffs_are_as_the_standard_says() {
        for claim in CLAIMS_MILLIBITS {
            let expected = 1 + (30.0 / (f64::from(claim) / 1000.0)).ceil() as u32;
            let cutoffs = Cutoffs::for_claim(claim).unwrap();
            assert_eq!(cutoffs.repetition_count, expected);
            assert_eq!(cutoffs.prediction_run, expected - 1);
        }
        assert_eq!(Cutoffs::for_claim(126), None);
    }

    #[test]
    fn the_table_is_as_exact_arithmetic_has_it() {
        // From tests/known_answers.py: claim, repetition count, adaptive proportion.
        let expected = [
            (31, 969, 513),
            (62, 485, 512),
            (125, 241, 502),
            (250, 121, 477),
            (500, 61, 422),
            (1000, 31, 325),
            (2000, 16, 190),
            (4000, 9, 71),
        ];
        for (claim, repetition_count, adaptive_proportion) in expected {
            let cutoffs = Cutoffs::for_claim(claim).unwrap();
            assert_eq!(cutoffs.repetition_count, repetition_count, "claim {claim}");
            assert_eq!(cutoffs.adaptive_proportion, adaptive_proportion, "claim {claim}");
            assert_eq!(cutoffs.prediction_count, adaptive_proportion, "claim {claim}");
        }
    }
}
