// SPDX-License-Identifier: GPL-2.0-or-later
//! The upper end of a confidence interval, which every estimator of §6.3 puts on its probability.

/// The normal quantile Z(1 - 0.005) that SP 800-90B §6.3 uses: 99 % confidence, two-sided.
pub const Z_ALPHA: f64 = 2.575_829_303_548_901;

/// `min(1, p + Z · sqrt(p (1 - p) / (samples - 1)))`, SP 800-90B §6.3.1 step 2.
///
/// `samples` must be 2 or more; with fewer there is no interval, and the answer is 1.
#[must_use]
pub fn upper_bound(p: f64, samples: usize) -> f64 {
    if samples < 2 {
        return 1.0;
    }
    (p + Z_ALPHA * (p * (1.0 - p) / (samples as f64 - 1.0)).sqrt()).min(1.0)
}
