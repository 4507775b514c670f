// SPDX-License-Identifier: MIT OR Apache-2.0
//! The upper confidence bound of a hit rate: Clopper and Pearson, Biometrika 26 (1934), 404-413. Exact for every number
//! of hits; one-sided here.

/// The hit rate `p` at which `hits` or fewer of `trials` come with probability `alpha`: larger rates are ruled out with
/// confidence `1 - alpha`. With no trials nothing is ruled out, and the answer is 1.
pub(super) fn clopper_pearson_upper(hits: u64, trials: u64, alpha: f64) -> f64 {
    if hits >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (hits as f64 / trials as f64, 1.0);
    // The tail falls as the rate rises; 60 halvings are below the precision of the rate.
    for _ in 0..60 {
        let p = f64::midpoint(low, high);
        if lower_tail(hits, trials, p) > alpha {
            low = p;
        } else {
            high = p;
        }
    }
    high
}

/// The probability of `hits` or fewer among `trials` with hit rate `p`.
fn lower_tail(hits: u64, trials: u64, p: f64) -> f64 {
    if p >= 1.0 {
        return 0.0;
    }
    let (n, q) = (trials as f64, 1.0 - p);
    let k = hits as f64;
    let log_choices = ln_factorial(trials) - ln_factorial(hits) - ln_factorial(trials - hits);
    let mut term = (log_choices + k * p.ln() + (n - k) * q.ln()).exp();
    let mut tail = term;
    for left in (1..=hits).rev() {
        let left = left as f64;
        term *= left * q / ((n - left + 1.0) * p);
        tail += term;
        if term < tail * 1e-17 {
            break;
        }
    }
    tail
}

/// The natural logarithm of `n!`, by Stirling's series where it is exact to double precision.
fn ln_factorial(n: u64) -> f64 {
    if n < 256 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let n = n as f64;
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + 1.0 / (12.0 * n)
        - 1.0 / (360.0 * n.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn textbook_values() {
        // R: binom.test(4, 10, alternative = "less", conf.level = 0.95)$conf.int[2]
        assert!((clopper_pearson_upper(4, 10, 0.05) - 0.696_462).abs() < 1e-6);
        // With no hit: 1 - alpha^(1/n).
        let none = clopper_pearson_upper(0, 100, 0.01);
        assert!((none - (1.0 - 0.01_f64.powf(0.01))).abs() < 1e-12, "{none}");
        assert_eq!(clopper_pearson_upper(7, 7, 0.01), 1.0);
        assert_eq!(clopper_pearson_upper(0, 0, 0.01), 1.0);
    }

    #[test]
    fn large_counts_meet_the_normal_bound() {
        let (hits, trials) = (150_000_u64, 500_000_u64);
        let upper = clopper_pearson_upper(hits, trials, 0.005);
        let normal = crate::math::upper_bound(0.3, trials as usize);
        assert!((upper - normal).abs() < 1e-5, "{upper} {normal}");
        assert!((ln_factorial(300) - 1_414.905_849_9).abs() < 1e-6);
    }
}
