// SPDX-License-Identifier: GPL-2.0-or-later
//! Cutoff of the restart sanity check.

use statrs::distribution::{Binomial, DiscreteCDF};

/// SP 800-90B §3.1.4.3: 2,000 rows and columns at 0.01 in all leave each of them 1 − 0.99^(1/2,000).
const ALPHA_OF_A_LINE: f64 = 0.000_005;

/// The least count that a value with probability 2^-`h_initial` reaches among `samples` with probability below
/// alpha; one more than `samples` where no count is that rare.
pub(crate) fn restart_cutoff(h_initial: f64, samples: u64) -> u64 {
    let p = (-h_initial.max(0.0)).exp2();
    let Ok(binomial) = Binomial::new(p, samples) else { return samples + 1 };
    // P(X >= count) = P(X > count - 1) falls as the count grows.
    (1..=samples).find(|count| binomial.sf(count - 1) < ALPHA_OF_A_LINE).unwrap_or(samples + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(X >= count) summed term by term, by logarithms.
    fn tail(count: u64, samples: u64, p: f64) -> f64 {
        let mut ln_choose = 0.0;
        let mut sum = 0.0;
        for k in 0..=samples {
            if k > 0 {
                ln_choose += ((samples - k + 1) as f64).ln() - (k as f64).ln();
            }
            if k >= count {
                sum +=
                    (ln_choose + k as f64 * p.ln() + (samples - k) as f64 * (1.0 - p).ln()).exp();
            }
        }
        sum
    }

    #[test]
    fn cutoff_is_the_first_count_that_is_rare_enough() {
        for h in [0.1, 0.5, 1.0, 2.0, 4.0, 7.5] {
            let cutoff = restart_cutoff(h, 1_000);
            let p = (-h).exp2();
            assert!(tail(cutoff, 1_000, p) < ALPHA_OF_A_LINE, "H = {h}");
            assert!(tail(cutoff - 1, 1_000, p) >= ALPHA_OF_A_LINE, "H = {h}");
        }
    }

    #[test]
    fn without_min_entropy_nothing_is_too_frequent() {
        assert_eq!(restart_cutoff(0.0, 1_000), 1_001);
    }
}
