// SPDX-License-Identifier: GPL-2.0-or-later
//! The compiled-in cutoffs against those that crate `sp800-90b` computes from the standard's formulas.

// A claim without cutoffs has to fail.
#![allow(clippy::unwrap_used)]

use chaos_core::cutoffs::{ALPHA_EXPONENT, WINDOW_SAMPLES};
use chaos_core::{CLAIMS_MILLIBITS, Cutoffs};
use sp800_90b::health::{WINDOW_NON_BINARY, adaptive_proportion_cutoff, repetition_count_cutoff};

#[test]
fn every_claim_has_the_standards_cutoffs() {
    assert_eq!(WINDOW_SAMPLES, WINDOW_NON_BINARY);
    let alpha = (-f64::from(ALPHA_EXPONENT)).exp2();
    for claim in CLAIMS_MILLIBITS {
        let h = f64::from(claim) / 1000.0;
        let ours = Cutoffs::for_claim(claim).unwrap();
        let repetition_count = repetition_count_cutoff(h, alpha).unwrap();
        assert_eq!(u64::from(ours.repetition_count), repetition_count, "claim {claim}");
        let adaptive_proportion = adaptive_proportion_cutoff(h, alpha, WINDOW_SAMPLES).unwrap();
        assert_eq!(ours.adaptive_proportion, adaptive_proportion, "claim {claim}");
    }
}
