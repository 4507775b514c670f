// SPDX-License-Identifier: GPL-2.0-or-later
//! The restart tests' answer in words.

use super::{RestartAssessment, RestartStatus};

pub(super) fn in_words(result: &RestartAssessment) -> String {
    let sanity = &result.sanity;
    match (result.status, result.h_r, result.h_c) {
        (RestartStatus::SanityFailed, ..) => format!(
            "FAILED the sanity check: one symbol occurs {} times in a row (at most {} allowed) and {} times in a column \
             (at most {} allowed). Restarts are more alike than H_I = {} bits/sample allows, and no entropy may be \
             claimed (§3.1.4.3). A good source fails this with probability 0.01.",
            sanity.x_r, sanity.cutoff_r, sanity.x_c, sanity.cutoff_c, result.h_i
        ),
        (RestartStatus::ValidationFailed, Some(h_r), Some(h_c)) => format!(
            "FAILED the validation: min(H_r = {h_r:.6}, H_c = {h_c:.6}) is less than half of H_I = {} bits/sample, and \
             no entropy may be claimed (§3.1.4.2).",
            result.h_i
        ),
        (RestartStatus::Passed, Some(h_r), Some(h_c)) => format!(
            "Passed: restarts are as unpredictable as H_I = {} bits/sample says (H_r = {h_r:.6}, H_c = {h_c:.6}).{}",
            result.h_i,
            if result.short {
                " There are fewer than the 1,000 x 1,000 samples that §3.1.4.1 asks for."
            } else {
                ""
            }
        ),
        _ => "INVALID: too few samples to estimate H_r and H_c; SP 800-90B §3.1.4.1 asks for 1,000 samples from each of \
              1,000 restarts."
            .to_owned(),
    }
}
