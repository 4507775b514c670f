// SPDX-License-Identifier: MIT OR Apache-2.0
//! From a predictor's hits to an estimate: the steps that §6.3.7 to §6.3.10 share.

use crate::MinEntropy;
use crate::math::{Unmet, bisect_falling, min_entropy_bits, upper_bound};

/// Figures of a prediction estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Predictor {
    /// Correct predictions.
    pub c: u64,
    /// One more than the longest run of correct predictions.
    pub r: u64,
    /// Predictions in all.
    pub n: u64,
    /// Share of correct predictions.
    pub p_global: f64,
    /// The upper end of its confidence interval.
    pub p_global_prime: f64,
    /// The probability that makes a run of `r` as likely as 1 %; absent where it cannot change the result.
    pub p_local: Option<f64>,
    /// `-log2(max(1/k, p_global_prime, p_local))`, bits per sample.
    pub min_entropy: f64,
}

impl MinEntropy for Predictor {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Counts hits and runs of hits as a predictor goes along.
#[derive(Clone, Copy, Default)]
pub(crate) struct Hits {
    correct: u64,
    run: u64,
    longest_run: u64,
}

impl Hits {
    #[inline]
    pub(crate) fn note(&mut self, hit: bool) {
        self.correct += u64::from(hit);
        self.run = if hit { self.run + 1 } else { 0 };
        self.longest_run = self.longest_run.max(self.run);
    }

    /// Notes `len` predictions, the first one in the highest bit of `right`; those that were not `made` do not count,
    /// and end no run.
    #[inline]
    pub(crate) fn note_word(&mut self, right: u64, made: u64, len: u32) {
        if made != u64::MAX || len != u64::BITS {
            for place in (64 - len..64).rev().filter(|place| made >> place & 1 == 1) {
                self.note(right >> place & 1 == 1);
            }
            return;
        }
        self.correct += u64::from(right.count_ones());
        if right == u64::MAX {
            self.run += 64;
            self.longest_run = self.longest_run.max(self.run);
            return;
        }
        self.longest_run = self.longest_run.max(self.run + u64::from(right.leading_ones()));
        self.run = u64::from(right.trailing_ones());
        // Is there a run inside of this word that is longer than the longest one? That is rare.
        let mut longer = right;
        let mut length = 1;
        while longer != 0 && length <= self.longest_run {
            let step = length.min(self.longest_run + 1 - length);
            longer &= longer >> step;
            length += step;
        }
        while longer != 0 {
            self.longest_run += 1;
            longer &= longer >> 1;
        }
    }

    /// The figures after `n` predictions over an alphabet of `alphabet_size` symbols.
    pub(crate) fn estimate(&self, n: u64, alphabet_size: usize) -> Predictor {
        let p_global = self.correct as f64 / n as f64;
        // §6.3.7 step 7: with no hit at all, the 99 % bound of a zero share.
        let p_global_prime = if self.correct == 0 {
            1.0 - 0.01_f64.powf(1.0 / n as f64)
        } else {
            upper_bound(p_global, n as usize)
        };
        let r = self.longest_run + 1;
        let floor = p_global_prime.max(1.0 / alphabet_size as f64);
        let p_local = (floor < 1.0 && log_no_run(floor, r, n) > 0.99_f64.ln()).then(|| {
            bisect_falling(floor, 1.0, 0.99_f64.ln(), Unmet::High, |p| log_no_run(p, r, n))
        });
        let p_max = p_local.map_or(floor, |p| p.max(floor));
        Predictor {
            c: self.correct,
            r,
            n,
            p_global,
            p_global_prime,
            p_local,
            min_entropy: min_entropy_bits(p_max),
        }
    }
}

/// The natural logarithm of the probability that `n` trials with hit probability `p` have no run of `r` hits
/// (§6.3.7 step 8, after Feller XIII.7).
///
/// The root `x` of `1 - x + q p^r x^(r+1)` is as near to 1 as 1e-300, so this works with `y = x - 1`:
/// `(1 - p x) / ((r + 1 - r x) q) = (1 - p y / q) / (1 - r y)`.
fn log_no_run(p: f64, r: u64, n: u64) -> f64 {
    // The series for x has converged, or never will, after 66 steps: what NIST's tool takes.
    const STEPS: usize = 66;
    // Extended precision's epsilon, which the tool compares with.
    const EPSILON: f64 = 1.084_202_172_485_504_4e-19;
    let q = 1.0 - p;
    let r = r as f64;
    let scale = q * (r * p.ln()).exp();
    let mut y = 0.0_f64;
    let mut last = -1.0_f64;
    for _ in 0..STEPS {
        if y - last <= EPSILON * (1.0 + y) {
            break;
        }
        last = y;
        y = scale * ((r + 1.0) * y.ln_1p()).exp();
    }
    (-p * y / q).ln_1p() - (-r * y).ln_1p() - (n as f64 + 1.0) * y.ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_run_probability_is_that_of_counting() {
        // n = 4, r = 2, p = 1/2: 8 of 16 sequences have no two hits in a row. The closed form is asymptotic.
        let p = log_no_run(0.5, 2, 4).exp();
        assert!((p - 0.5).abs() < 2e-3, "{p}");
        // n = 20, r = 3, p = 1/2: tribonacci(23) of 2^20.
        let p = log_no_run(0.5, 3, 20).exp();
        assert!((p - 223_317.0 / 1_048_576.0).abs() < 1e-6, "{p}");
    }

    #[test]
    fn a_predictor_without_hits_is_bounded_by_chance() {
        let mut hits = Hits::default();
        (0..1000).for_each(|_| hits.note(false));
        let figures = hits.estimate(1000, 2);
        assert_eq!((figures.c, figures.r), (0, 1));
        assert_eq!(figures.min_entropy, 1.0);
    }

    #[test]
    fn always_right_means_zero_bits() {
        let mut hits = Hits::default();
        (0..1000).for_each(|_| hits.note(true));
        let figures = hits.estimate(1000, 2);
        assert_eq!((figures.c, figures.r, figures.min_entropy), (1000, 1001, 0.0));
        assert_eq!(figures.p_local, None);
    }
}
