// SPDX-License-Identifier: MIT OR Apache-2.0
//! The cutoff of the restart sanity check, SP 800-90B §3.1.4.3, computed and not simulated.
//!
//! For a given min-entropy the largest counts come from the inverted near-uniform family: as many symbols of
//! probability `p = 2^-H_I` as there is room for, and one with the rest. NIST's tool draws 5,000,000 such rows and
//! takes a quantile of their largest counts; here that quantile is computed from the distribution itself.

/// The smallest `x` such that a row of `samples` has a symbol that occurs more than `x` times with probability
/// `alpha` at most.
pub(super) fn largest_count_cutoff(samples: usize, h_i: f64, alpha: f64) -> usize {
    let p = (-h_i).exp2();
    let full_symbols = (1.0 / p).floor() as usize;
    let rest = (1.0 - p * full_symbols as f64).max(0.0);
    // P(largest > x) falls with x.
    let (mut fails, mut passes) = (0, samples);
    while fails + 1 < passes {
        let x = usize::midpoint(fails, passes);
        if 1.0 - no_count_above(x, samples, p, full_symbols, rest) <= alpha {
            passes = x;
        } else {
            fails = x;
        }
    }
    passes
}

/// The probability that none of the symbols occurs more than `x` times in `samples`.
///
/// Counts of a multinomial are Poisson counts given their sum: the probability is the coefficient of `z^samples` in
/// the product of the truncated Poisson series, over that of the whole series.
fn no_count_above(x: usize, samples: usize, p: f64, full_symbols: usize, rest: f64) -> f64 {
    let one = poisson(p * samples as f64, x.min(samples));
    let mut product = poisson(rest * samples as f64, x.min(samples));
    let mut power = one;
    let mut left = full_symbols;
    while left > 0 {
        if left & 1 == 1 {
            product = multiply(&product, &power, samples);
        }
        left >>= 1;
        if left > 0 {
            power = multiply(&power, &power, samples);
        }
    }
    let whole = poisson(samples as f64, samples);
    product.get(samples).copied().unwrap_or(0.0) / whole[samples]
}

/// Poisson probabilities of `0..=largest` for a mean.
fn poisson(mean: f64, largest: usize) -> Vec<f64> {
    if mean <= 0.0 {
        return vec![1.0];
    }
    let mut log_mass = -mean;
    (0..=largest)
        .map(|count| {
            if count > 0 {
                log_mass += mean.ln() - (count as f64).ln();
            }
            log_mass.exp()
        })
        .collect()
}

/// The product of two series, up to degree `degree`.
fn multiply(a: &[f64], b: &[f64], degree: usize) -> Vec<f64> {
    let len = (a.len() + b.len() - 1).min(degree + 1);
    let mut product = vec![0.0; len];
    for (i, &x) in a.iter().enumerate().take(len) {
        for (sum, &y) in product[i..].iter_mut().zip(b) {
            *sum += x * y;
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::binomial_quantile;

    #[test]
    fn two_equal_symbols_are_a_binomial_with_two_tails() {
        let alpha = 1.0 - (0.99_f64.ln() / 2000.0).exp();
        assert_eq!(
            largest_count_cutoff(1000, 1.0, alpha),
            binomial_quantile(1000, 0.5, alpha / 2.0) as usize
        );
    }

    #[test]
    fn a_small_case_agrees_with_counting() {
        // 4 samples of 4 equal symbols: 4 of 256 rows have a count of 4, and 48 more one of 3.
        let at_most = |x| no_count_above(x, 4, 0.25, 4, 0.0);
        assert!((at_most(3) - 252.0 / 256.0).abs() < 1e-12);
        assert!((at_most(2) - 204.0 / 256.0).abs() < 1e-12);
        assert!((at_most(1) - 24.0 / 256.0).abs() < 1e-12);
        // p = 0.4: two such symbols, and one of 0.2.
        let h = -(0.4_f64.log2());
        let p_3 = 2.0 * 0.4_f64.powi(3) + 0.2_f64.powi(3);
        assert!((no_count_above(2, 3, (-h).exp2(), 2, 0.2) - (1.0 - p_3)).abs() < 1e-12);
    }

    #[test]
    fn no_entropy_means_no_cutoff() {
        assert_eq!(largest_count_cutoff(1000, 0.0, 1e-5), 1000);
    }
}
