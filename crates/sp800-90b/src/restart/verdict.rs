// SPDX-License-Identifier: MIT OR Apache-2.0
//! The restart tests' answer in words.

use super::{RestartAssessment, RestartStatus};
use crate::math::readable;

pub(super) fn in_words(result: &RestartAssessment) -> String {
    let sanity = &result.sanity;
    let h_i = readable(result.h_i);
    match (result.status, result.h_r, result.h_c) {
        (RestartStatus::SanityFailed, ..) => format!(
            "FAILED the sanity check: one symbol occurs {} times in a row (at most {} allowed) and {} times in a column \
             (at most {} allowed). Restarts are more alike than H_I = {h_i} bits/sample allows, and no entropy may be \
             claimed (§3.1.4.3). A good source fails this with probability 0.01.",
            sanity.x_r, sanity.cutoff_r, sanity.x_c, sanity.cutoff_c
        ),
        (RestartStatus::ValidationFailed, Some(h_r), Some(h_c)) => format!(
            "FAILED the validation: min(H_r = {h_r:.6}, H_c = {h_c:.6}) is less than half of H_I = {h_i} bits/sample, and \
             no entropy may be claimed (§3.1.4.2)."
        ),
        (RestartStatus::NotIid, ..) => format!(
            "NOT IID: a test of SP 800-90B §5 shows structure in the {} data set, so that the source may not be claimed \
             to be IID (§3.1.2). Assess it, and its restarts, with the non-IID track.",
            not_iid_data_set(result)
        ),
        (RestartStatus::Constant, ..) => "Every sample is the same: no entropy is awarded.".to_owned(),
        (RestartStatus::Passed, Some(h_r), Some(h_c)) => format!(
            "Passed: restarts are as unpredictable as H_I = {h_i} bits/sample says (H_r = {h_r:.6}, H_c = {h_c:.6}).{}",
            if result.short {
                " There are fewer than the 1,000 x 1,000 samples that §3.1.4.1 asks for."
            } else {
                ""
            }
        ),
        (_, Some(_), Some(_)) if result.iid.is_none() => format!(
            "INVALID: with {} restarts of {} samples and H_I = {h_i} bits/sample the sanity check cannot fail, because no \
             row or no column is long enough to exceed its cutoff; SP 800-90B §3.1.4.1 asks for 1,000 samples from each \
             of 1,000 restarts.",
            result.rows, result.columns
        ),
        _ => "INVALID: too few samples for the tests of this track; SP 800-90B §3.1.4.1 asks for 1,000 samples from each \
              of 1,000 restarts."
            .to_owned(),
    }
}

fn not_iid_data_set(result: &RestartAssessment) -> &'static str {
    let passed = |row: bool| {
        let tests = result.iid.as_ref().map(|iid| if row { &iid.row } else { &iid.column });
        tests.and_then(|tests| tests.value()).is_none_or(|tests| tests.passed)
    };
    match (passed(true), passed(false)) {
        (true, _) => "column",
        (false, true) => "row",
        (false, false) => "row and in the column",
    }
}
