// SPDX-License-Identifier: MIT OR Apache-2.0
//! Arithmetic that more than one estimator needs.

/// Min-entropy in bits of an event of probability `p`; 0 (not -0) where `p` is 1.
pub(crate) fn min_entropy_bits(p: f64) -> f64 {
    0.0 - p.log2()
}

/// The normal quantile Z(1 - 0.005) that SP 800-90B §6.3 uses: 99 % confidence, two-sided.
pub(crate) const Z_ALPHA: f64 = 2.575_829_303_548_901;

/// `min(1, p + Z · sqrt(p (1 - p) / (samples - 1)))`, SP 800-90B §6.3.1 step 2.
///
/// `samples` must be 2 or more; with fewer there is no interval, and the answer is 1.
pub(crate) fn upper_bound(p: f64, samples: usize) -> f64 {
    if samples < 2 {
        return 1.0;
    }
    (p + Z_ALPHA * (p * (1.0 - p) / (samples as f64 - 1.0)).sqrt()).min(1.0)
}

/// A quantity for a sentence: tiny ones with an exponent and not with hundreds of zeros.
pub(crate) fn readable(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-6 { format!("{value:e}") } else { value.to_string() }
}

/// A sum whose rounding error does not grow with the number of terms (Kahan).
#[derive(Default)]
pub(crate) struct CarefulSum {
    sum: f64,
    lost: f64,
}

impl CarefulSum {
    pub(crate) fn add(&mut self, term: f64) {
        let y = term - self.lost;
        let t = self.sum + y;
        self.lost = (t - self.sum) - y;
        self.sum = t;
    }

    pub(crate) fn value(&self) -> f64 {
        self.sum
    }
}

/// Whether two reals differ by no more than double precision can tell: 1 part in 2^52, or 4 representable steps.
pub(crate) fn indistinguishable(a: f64, b: f64) -> bool {
    if a == b {
        return true;
    }
    if !a.is_finite() || !b.is_finite() {
        return false;
    }
    let (small, large) = if a.abs() <= b.abs() { (a, b) } else { (b, a) };
    let difference = (large - small).abs();
    let scale = large.abs() * f64::EPSILON;
    // Below the normal range a relative comparison says nothing.
    if small.abs() < f64::MIN_POSITIVE
        || difference < f64::MIN_POSITIVE
        || scale < f64::MIN_POSITIVE
    {
        return difference <= f64::MIN_POSITIVE;
    }
    difference <= scale
        || (a.is_sign_negative() == b.is_sign_negative()
            && large.abs().to_bits() - small.abs().to_bits() <= 4)
}

/// How a bisection over a falling function ends when no point meets the target.
#[derive(Clone, Copy)]
pub(crate) enum Unmet {
    /// Answer with the low end of the domain.
    Low,
    /// Answer with the high end of the domain.
    High,
}

/// Finds `p` in `low..=high` where the falling function `f` takes the value `target`.
///
/// The steps, and what happens where `f` is not quite monotonic any more because of rounding, follow NIST's tool,
/// so that both stop at the same `p`.
pub(crate) fn bisect_falling(
    low: f64,
    high: f64,
    target: f64,
    unmet: Unmet,
    f: impl Fn(f64) -> f64,
) -> f64 {
    let give_up = match unmet {
        Unmet::Low => low,
        Unmet::High => high,
    };
    let (mut left, mut right) = (low, high);
    let (mut left_value, mut right_value) = (f64::INFINITY, f64::NEG_INFINITY);
    let mut p = f64::midpoint(left, right);
    let mut value = f(p);
    // Double precision cannot be halved more often than this.
    for _ in 0..1076 {
        if indistinguishable(value, target) {
            break;
        }
        if target < value {
            left = p;
            left_value = value;
        } else {
            right = p;
            right_value = value;
        }
        if left >= right {
            return left.max(right).min(high);
        }
        if !(right_value..=left_value).contains(&target) {
            return give_up;
        }
        p = f64::midpoint(left, right);
        if !(left < p && p < right) {
            return right;
        }
        value = f(p);
        if !(right_value..=left_value).contains(&value) {
            return right;
        }
    }
    p
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bisection_finds_a_square_root() {
        let root = bisect_falling(0.0, 2.0, -2.0, Unmet::High, |x| -x * x);
        assert!((root - 2.0_f64.sqrt()).abs() < 1e-15, "{root}");
    }

    #[test]
    fn bisection_gives_up_where_it_was_told_to() {
        assert_eq!(bisect_falling(0.0, 2.0, 5.0, Unmet::High, |_| f64::NAN), 2.0);
        assert_eq!(bisect_falling(0.0, 2.0, 5.0, Unmet::Low, |_| f64::NAN), 0.0);
    }

    #[test]
    fn careful_sum_keeps_small_terms() {
        let mut sum = CarefulSum::default();
        sum.add(1e16);
        for _ in 0..1000 {
            sum.add(1.0);
        }
        assert_eq!(sum.value(), 1e16 + 1000.0);
    }

    #[test]
    fn tiny_quantities_are_short() {
        assert_eq!(readable(1e-320), "1e-320");
        assert_eq!((readable(0.25), readable(0.0)), ("0.25".to_owned(), "0".to_owned()));
    }

    #[test]
    fn certainty_is_plus_zero_bits() {
        assert!(min_entropy_bits(1.0).is_sign_positive());
        assert_eq!(min_entropy_bits(0.25), 2.0);
    }
}
