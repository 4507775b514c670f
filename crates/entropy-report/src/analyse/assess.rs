// SPDX-License-Identifier: GPL-2.0-or-later
//! The only module that calls the estimators of crate `sp800-90b`.

use sp800_90b::{Estimators, Symbols, Track};
use std::collections::BTreeMap;

/// Prefix of an estimate's name if it is on the bits of the symbols.
const ON_BITS: &str = "bitstring.";

/// Symbols, assessed.
#[derive(Debug, Clone)]
pub(crate) struct Assessed {
    /// Assessed min-entropy, in bits per sample; none where the track needs more samples than there are.
    pub h_bits: Option<f64>,
    /// Each estimator's figure, in bits per sample; those on the bitstring have `bitstring.` before their name, and
    /// are scaled by the width of a symbol.
    pub estimators: BTreeMap<String, f64>,
    /// The estimator that gives the assessed figure.
    pub binding: Option<String>,
}

/// Assesses 8-bit symbols by the whole non-IID track; `None` if there are no symbols.
pub(crate) fn assess(symbols: &Symbols) -> Option<Assessed> {
    let assessment = sp800_90b::assess(symbols, Track::NonIid).ok()?;
    let mut estimators = BTreeMap::new();
    let width = f64::from(assessment.bits_per_symbol);
    let sets = [
        ("", 1.0, &assessment.estimators.literal),
        (ON_BITS, width, &assessment.estimators.bitstring),
    ];
    for (prefix, scale, set) in sets {
        for (name, estimate) in set.iter().flat_map(Estimators::lines) {
            if let Ok(h) = estimate
                && h.is_finite()
            {
                estimators.insert(format!("{prefix}{name}"), plain(h * scale));
            }
        }
    }
    let binding = assessment.binding.map(|binding| {
        let prefix = if binding.on == "bitstring" { ON_BITS } else { "" };
        format!("{prefix}{}", binding.estimator)
    });
    let h_bits = assessment.min_entropy_bits_per_sample.filter(|h| h.is_finite()).map(plain);
    Some(Assessed { h_bits, estimators, binding })
}

/// [`assess`] of bytes that already are symbols.
pub(crate) fn assess_bytes(bytes: Vec<u8>) -> Option<Assessed> {
    assess(&Symbols::new(bytes, 8).ok()?)
}

/// Without the sign of a negative zero.
fn plain(h: f64) -> f64 {
    h + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_holds_nothing() {
        let assessed = assess_bytes(vec![7; 10_000]).expect("there are symbols");
        assert_eq!(assessed.h_bits, Some(0.0));
        assert_eq!(assessed.binding.as_deref(), Some("mcv"));
    }

    #[test]
    fn no_symbols_are_no_figure() {
        assert!(assess_bytes(Vec::new()).is_none());
    }
}
