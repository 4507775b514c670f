// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots of one target against each other.

use super::TargetResult;
use crate::verdict::Verdict;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Boots of one target under one condition, compared with the first of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The target.
    pub target: String,
    /// Which of several runs the boots are from, such as `A`; for boots of different runs all of them, such as `A, B`.
    /// Absent where there is one run only.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// Accelerator of these boots.
    pub accel: String,
    /// Boots that were compared.
    pub boots: u32,
    /// Whether raw noise and stream of all boots are equal byte for byte.
    pub identical: bool,
    /// Whether every two of the boots differ.
    pub all_differ: bool,
    /// Whether the raw noise of all boots is equal; null where there is none.
    pub raw_identical: Option<bool>,
    /// Whether the streams of all boots are equal; null where there is none.
    pub stream_identical: Option<bool>,
    /// Min-entropy for what a second boot cannot know, in bits per sample; null where it cannot be said.
    pub min_entropy_bits_per_sample: Option<f64>,
    /// Each estimator's min-entropy of the residuals, in bits per sample, for the lowest pair of boots.
    pub estimators: BTreeMap<String, f64>,
    /// The estimator with the lowest figure.
    pub binding: Option<String>,
    /// Residuals that were assessed, per pair of boots.
    pub samples: u64,
    /// Residuals that are 0: samples that the first boot predicts exactly.
    #[serde(rename = "foretold_samples")]
    pub predicted_samples: u64,
    /// Samples by which the later boot was moved so that the first predicts it best.
    pub shift_samples: i64,
    /// Samples at the start that are equal in all boots.
    pub raw_common_prefix_samples: Option<u64>,
    /// Bytes at the start of the stream that are equal in all boots.
    pub stream_common_prefix_bytes: Option<u64>,
    /// The first 64 bytes of each boot's stream, in hexadecimal.
    pub stream_first_bytes: Vec<String>,
    /// The first 16 deltas of each boot, in ticks.
    pub raw_first_delta_ticks: Vec<Vec<u64>>,
    /// What this means.
    pub verdict: Verdict,
}

impl Comparison {
    /// Whether `target` is what was booted.
    pub(crate) fn is_of(&self, target: &TargetResult) -> bool {
        (&self.target, &self.accel, &self.run) == (&target.name, &target.accel, &target.run)
    }

    /// `baremetal`, or `baremetal of A` where there are several runs.
    pub(crate) fn title(&self) -> String {
        if self.run.is_empty() {
            self.target.clone()
        } else {
            format!("{} of {}", self.target, self.run)
        }
    }
}
