// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cutoffs of the two approved continuous health tests, SP 800-90B §4.4, computed rather than looked up.

/// Window of the adaptive proportion test on a binary source (§4.4.2).
pub const WINDOW_BINARY: u32 = 1024;
/// Window of the adaptive proportion test on any other source (§4.4.2).
pub const WINDOW_NON_BINARY: u32 = 512;

/// The longest window that is computed, in samples.
pub const LONGEST_WINDOW: u32 = 1 << 20;
/// Above this a count of samples is not exact in an `f64`.
const LARGEST_CUTOFF: f64 = (1_u64 << 53) as f64;

/// A parameter out of range.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// The claimed min-entropy must be above 0: a source without entropy has no cutoff.
    #[error(
        "a claimed min-entropy of {0} bits/sample has no cutoff; it must be a finite number above 0"
    )]
    Entropy(f64),
    /// The false-alarm probability must be in (0, 1).
    #[error(
        "a false-alarm probability of {0} is not in (0, 1); SP 800-90B §4.3 recommends 2^-20 to 2^-40"
    )]
    Alpha(f64),
    /// The window must hold a sample, and no more than [`LONGEST_WINDOW`].
    #[error(
        "a window of {0} samples cannot be tested: it must be 1 to {LONGEST_WINDOW}; \
         SP 800-90B §4.4.2 uses 1024 for bits and 512 otherwise"
    )]
    Window(u32),
    /// So little entropy that no source lives long enough to fail the test.
    #[error(
        "a claimed min-entropy of {h} bits/sample allows {samples:e} equal samples in a row, which no test can \
         wait for; claim more, or test nothing"
    )]
    TooLittleEntropy {
        /// The claim.
        h: f64,
        /// The cutoff that it would give.
        samples: f64,
    },
}

/// Cutoff of the repetition count test, `C = 1 + ceil(-log2(alpha) / H)` (§4.4.1), in samples.
///
/// `h` is the claimed min-entropy in bits per sample, `alpha` the false-alarm probability per sample. The test fails
/// when a sample is repeated `C` times in a row.
///
/// # Errors
/// [`HealthError`] for a parameter out of range.
pub fn repetition_count_cutoff(h: f64, alpha: f64) -> Result<u64, HealthError> {
    check(h, alpha)?;
    let samples = 1.0 + (-alpha.log2() / h).ceil();
    if samples > LARGEST_CUTOFF {
        return Err(HealthError::TooLittleEntropy { h, samples });
    }
    Ok(samples as u64)
}

/// Cutoff of the adaptive proportion test, `C = 1 + critbinom(W, 2^-H, 1 - alpha)` (§4.4.2), in samples.
///
/// The test fails when a window's first sample occurs `C` times or more in its `window` samples. A cutoff above
/// `window` says that the test cannot fail at this claim.
///
/// # Errors
/// [`HealthError`] for a parameter out of range.
pub fn adaptive_proportion_cutoff(h: f64, alpha: f64, window: u32) -> Result<u32, HealthError> {
    check(h, alpha)?;
    if !(1..=LONGEST_WINDOW).contains(&window) {
        return Err(HealthError::Window(window));
    }
    Ok(1 + binomial_quantile(window, (-h).exp2(), alpha))
}

fn check(h: f64, alpha: f64) -> Result<(), HealthError> {
    if !(h > 0.0 && h.is_finite()) {
        return Err(HealthError::Entropy(h));
    }
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(HealthError::Alpha(alpha));
    }
    Ok(())
}

/// The smallest `k` with `P(X > k) <= upper_tail` for `X` binomial over `trials` with probability `p`.
///
/// The tail is summed from its small end, so that no `1 - alpha` is ever rounded. `p` must be in `0..=1`.
pub(crate) fn binomial_quantile(trials: u32, p: f64, upper_tail: f64) -> u32 {
    if p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return trials;
    }
    let (log_p, log_q) = (p.ln(), (-p).ln_1p());
    // ln of trials choose k, for k from `trials` down.
    let mut log_choose = 0.0;
    let mut tail = 0.0;
    for k in (0..=trials).rev() {
        let log_mass = log_choose + f64::from(k) * log_p + f64::from(trials - k) * log_q;
        tail += log_mass.exp();
        // `tail` is P(X >= k) = P(X > k - 1).
        if tail > upper_tail {
            return k;
        }
        log_choose += f64::from(k).ln() - f64::from(trials - k + 1).ln();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALPHA: f64 = 1.0 / 1_048_576.0;

    #[test]
    fn the_standards_examples() {
        // SP 800-90B §4.4.1: H = 2, alpha = 2^-20 gives 11; jitterentropy's H = 1 gives 21.
        assert_eq!(repetition_count_cutoff(2.0, ALPHA), Ok(11));
        assert_eq!(repetition_count_cutoff(1.0, ALPHA), Ok(21));
        assert_eq!(repetition_count_cutoff(0.125, ALPHA), Ok(161));
        // SP 800-90B §4.4.2: W = 1024, alpha = 2^-20.
        for (h, binary) in [(0.2, 941), (0.4, 840), (0.6, 748), (0.8, 664), (1.0, 589)] {
            assert_eq!(adaptive_proportion_cutoff(h, ALPHA, WINDOW_BINARY), Ok(binary), "{h}");
        }
    }

    #[test]
    fn the_quantile_is_that_of_adding_up() {
        // P(X > k) for 10 trials with p = 1/2, in units of 2^-10: k = 9: 1, 8: 11, 7: 56, 6: 176, 5: 386.
        let unit = 1.0 / 1024.0;
        assert_eq!(binomial_quantile(10, 0.5, 1.01 * unit), 9);
        assert_eq!(binomial_quantile(10, 0.5, 0.99 * unit), 10);
        assert_eq!(binomial_quantile(10, 0.5, 56.1 * unit), 7);
        assert_eq!(binomial_quantile(10, 0.5, 55.9 * unit), 8);
        assert_eq!(binomial_quantile(10, 0.5, 1.0), 0);
        assert_eq!((binomial_quantile(7, 0.0, 0.1), binomial_quantile(7, 1.0, 0.1)), (0, 7));
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        assert_eq!(repetition_count_cutoff(0.0, ALPHA), Err(HealthError::Entropy(0.0)));
        assert!(repetition_count_cutoff(f64::NAN, ALPHA).is_err());
        assert_eq!(adaptive_proportion_cutoff(1.0, 1.0, 512), Err(HealthError::Alpha(1.0)));
        assert_eq!(adaptive_proportion_cutoff(1.0, ALPHA, 0), Err(HealthError::Window(0)));
    }

    #[test]
    fn tiny_claims_and_huge_windows_are_errors_at_once() {
        for h in [1e-19, 1e-300, f64::MIN_POSITIVE] {
            let error = repetition_count_cutoff(h, ALPHA).unwrap_err();
            assert!(matches!(error, HealthError::TooLittleEntropy { .. }), "{error}");
        }
        assert_eq!(repetition_count_cutoff(1e-12, ALPHA), Ok(20_000_000_000_001));
        for window in [LONGEST_WINDOW + 1, u32::MAX] {
            let error = adaptive_proportion_cutoff(1.0, ALPHA, window).unwrap_err();
            assert_eq!(error, HealthError::Window(window));
        }
        // Mean 524,288, standard deviation 512: 4.8 of them above.
        let cutoff = adaptive_proportion_cutoff(1.0, ALPHA, LONGEST_WINDOW).unwrap();
        assert!((526_600..526_900).contains(&cutoff), "{cutoff}");
        // No claim is too small for this test: its cutoff then lies above the window.
        assert_eq!(adaptive_proportion_cutoff(1e-300, ALPHA, 512), Ok(513));
    }
}
