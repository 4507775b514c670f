// SPDX-License-Identifier: GPL-2.0-or-later
//! Length of the longest repeated substring test, SP 800-90B §5.2.5.

use crate::Invalid;
use crate::estimators::longest_repeat;
use serde::{Deserialize, Serialize};

/// Figures of the test.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LrsLength {
    /// The probability that two samples of the source are equal.
    pub p_col: f64,
    /// The length of the longest repeated substring.
    pub w: u64,
    /// The probability that an IID source repeats a substring of that length.
    pub probability: f64,
    /// Whether that is at least 0.001.
    pub passed: bool,
}

/// Tests whether a substring repeats that is longer than an IID source would repeat (§5.2.5).
///
/// # Errors
/// [`Invalid`] for an empty string, or one of 2^31 - 1 symbols or more.
pub fn lrs_length(symbols: &[u8], alphabet_size: usize) -> Result<LrsLength, Invalid> {
    let mut counts = vec![0_u64; alphabet_size];
    for &symbol in symbols {
        counts[usize::from(symbol)] += 1;
    }
    let p_col: f64 =
        counts.iter().map(|&count| (count as f64 / symbols.len() as f64).powi(2)).sum();
    let w = longest_repeat(symbols)?;
    let strings = (symbols.len() - w + 1) as f64;
    let pairs = strings * (strings - 1.0) / 2.0;
    // ln of the probability that no pair of substrings collides, were they independent.
    let log_no_collision = pairs * (-p_col.powf(w as f64)).ln_1p();
    Ok(LrsLength {
        p_col,
        w: w as u64,
        probability: -log_no_collision.exp_m1(),
        passed: log_no_collision <= 0.999_f64.ln(),
    })
}
