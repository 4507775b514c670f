// SPDX-License-Identifier: GPL-2.0-or-later
//! What boots of one target show when they are compared with each other.

use super::{LEAST_SAMPLES, Sentence, all_boots, list};
use crate::format::{bits, bytes, count, share};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// How many boots of a target were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootsOf {
    /// The target.
    pub target: String,
    /// Boots.
    pub boots: u32,
}

/// By name; `each of 4 targets` where that is all that there are.
fn names(of: &[BootsOf], others: &[BootsOf]) -> String {
    if of.len() > 2 && others.is_empty() {
        return format!("each of {} targets", of.len());
    }
    list(&of.iter().map(|one| one.target.clone()).collect::<Vec<_>>())
}

/// Isolated boots of all targets: the control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolatedBoots {
    /// Targets whose boots gave the same bytes.
    pub same: Vec<BootsOf>,
    /// Targets whose boots did not.
    pub different: Vec<BootsOf>,
    /// Output tests that could be made on the streams of the targets in `same`.
    pub output_tests_made: u64,
    /// How many of these failed.
    pub output_tests_failed: u64,
}

impl Sentence for IsolatedBoots {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if let Some(first) = self.same.first() {
            let boots = if self.same.iter().all(|one| one.boots == first.boots) {
                all_boots(first.boots)
            } else {
                "all boots".to_owned()
            };
            let looks = match (self.output_tests_made, self.output_tests_failed) {
                (0, _) => "",
                (_, 0) => ", although its output passes every statistical output test",
                _ => ", and its output fails statistical output tests as well",
            };
            parts.push(format!(
                "In isolation, where time is a count of instructions, {boots} of {} gave the same bytes: anyone who has \
                 seen one such boot can predict the next{looks}.",
                names(&self.same, &self.different)
            ));
        }
        if !self.different.is_empty() {
            parts.push(format!(
                "Isolated boots of {} did not repeat each other: something other than the count of instructions \
                 reached the guest, so that this control failed.",
                names(&self.different, &self.same)
            ));
        }
        if parts.is_empty() {
            parts.push(
                "No target that makes its own bytes was booted twice in isolation, so this run has no control: whether its \
                 noise is only arithmetic was not tested."
                    .to_owned(),
            );
        }
        parts.join(" ")
    }

    fn status(&self) -> Status {
        match (self.same.is_empty(), self.different.is_empty()) {
            (_, false) => Status::Failed,
            (false, true) => Status::Passed,
            (true, true) => Status::Skipped,
        }
    }
}

/// Ordinary boots of all targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdinaryBoots {
    /// Targets of which no two boots gave the same data.
    pub different: Vec<BootsOf>,
    /// Targets of which two boots did.
    pub alike: Vec<BootsOf>,
}

impl Sentence for OrdinaryBoots {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.different.is_empty() {
            parts.push(format!(
                "With ordinary time, no two boots of {} gave the same data. That is necessary for entropy, and does not \
                 measure it.",
                names(&self.different, &self.alike)
            ));
        }
        if !self.alike.is_empty() {
            parts.push(format!(
                "At least two ordinary boots of {} gave the same data: do not use this source.",
                names(&self.alike, &self.different)
            ));
        }
        if parts.is_empty() {
            parts.push(
                "No target was booted twice with ordinary time, so whether boots differ was not tested."
                    .to_owned(),
            );
        }
        parts.join(" ")
    }

    fn status(&self) -> Status {
        match (self.different.is_empty(), self.alike.is_empty()) {
            (_, false) => Status::Failed,
            (false, true) => Status::Passed,
            (true, true) => Status::Skipped,
        }
    }
}

/// First isolated boots of one target from several runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AcrossRuns {
    /// The target.
    pub target: String,
    /// The runs, such as `A, B`.
    pub runs: String,
    /// Whether all gave the same bytes.
    pub identical: bool,
    /// Samples in common from the start; null without raw noise, or where all are equal.
    pub raw_common_prefix_samples: Option<u64>,
    /// Bytes of stream in common from the start; null without a stream, or where all are equal.
    pub stream_common_prefix_bytes: Option<u64>,
}

impl Sentence for AcrossRuns {
    fn text(&self) -> String {
        let Self { target, runs, .. } = self;
        if self.identical {
            return format!(
                "Isolated boots of {target} gave the same bytes in runs {runs}: neither the host nor the day reached \
                 the guest."
            );
        }
        let shared = difference(self.raw_common_prefix_samples, self.stream_common_prefix_bytes);
        format!(
            "Isolated boots of {target} differ between runs {runs}: {shared}. The same image, command and QEMU give the \
             same bytes in isolation, so look for what differs between these runs."
        )
    }

    fn status(&self) -> Status {
        if self.identical { Status::Passed } else { Status::Caution }
    }
}

fn difference(samples: Option<u64>, stream_bytes: Option<u64>) -> String {
    let raw = samples.map(|n| format!("raw noise agrees for the first {} samples", count(n)));
    let stream =
        stream_bytes.map(|n| format!("the stream agrees for the first {} bytes", count(n)));
    let parts: Vec<String> = raw.into_iter().chain(stream).collect();
    parts.join(", ")
}

/// Isolated boots of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// Boots compared.
    pub boots: u32,
    /// Whether the raw noise of all is equal; null where there is none.
    pub raw_identical: Option<bool>,
    /// Whether the streams of all are equal; null where there is none.
    pub stream_identical: Option<bool>,
    /// Samples in common from the start.
    pub raw_common_prefix_samples: Option<u64>,
    /// Bytes of stream in common from the start.
    pub stream_common_prefix_bytes: Option<u64>,
}

impl Sentence for Control {
    fn text(&self) -> String {
        let what = match (self.raw_identical, self.stream_identical) {
            (Some(_), Some(_)) => "raw noise and stream",
            (Some(_), None) => "raw noise",
            (None, Some(_)) => "stream",
            (None, None) => return "Neither raw noise nor stream was recorded.".to_owned(),
        };
        if self.raw_identical != Some(false) && self.stream_identical != Some(false) {
            let lengths: Vec<String> = self
                .raw_common_prefix_samples
                .map(|n| format!("{} samples", count(n)))
                .into_iter()
                .chain(self.stream_common_prefix_bytes.map(bytes))
                .collect();
            return format!(
                "The control worked: {} gave the same {what}, byte for byte ({}). Only the count of instructions reached \
                 this guest, and the second boot held 0 bits that the first did not show. This says nothing about how \
                 much entropy an ordinary boot has.",
                all_boots(self.boots),
                lengths.join(", ")
            );
        }
        let raw = self.raw_common_prefix_samples.filter(|_| self.raw_identical == Some(false));
        let stream =
            self.stream_common_prefix_bytes.filter(|_| self.stream_identical == Some(false));
        format!(
            "The control failed: isolated boots should repeat each other, and these {} do not: {}. Something other than \
             the count of instructions reached the guest.",
            self.boots,
            difference(raw, stream)
        )
    }

    fn status(&self) -> Status {
        match (self.raw_identical, self.stream_identical) {
            (None, None) => Status::Skipped,
            (Some(false), _) | (_, Some(false)) => Status::Failed,
            _ => Status::Passed,
        }
    }
}

/// Ordinary boots of one target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distinct {
    /// Boots compared.
    pub boots: u32,
    /// Whether raw noise was compared.
    pub raw: bool,
    /// Whether streams were compared.
    pub stream: bool,
    /// Whether every two boots differ in all that was compared.
    pub all_differ: bool,
}

impl Sentence for Distinct {
    fn text(&self) -> String {
        let (what, either) = match (self.raw, self.stream) {
            (true, true) => ("raw noise or stream", "raw noise or stream"),
            (true, false) => ("raw noise", "raw noise"),
            (false, true) => ("stream", "stream"),
            (false, false) => return "Neither raw noise nor stream was recorded.".to_owned(),
        };
        if self.all_differ {
            format!(
                "No two of the {} boots gave the same {what}. That is necessary; it does not say how much of them could \
                 be predicted.",
                self.boots
            )
        } else {
            format!(
                "At least two of the {} boots gave the same {either}. Their clock did not vary freely: do not use this \
                 source.",
                self.boots
            )
        }
    }

    fn status(&self) -> Status {
        match (self.raw || self.stream, self.all_differ) {
            (false, _) => Status::Skipped,
            (true, true) => Status::Passed,
            (true, false) => Status::Failed,
        }
    }
}

/// Predicting each sample of a boot to be as it was in another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondBoot {
    /// Samples that were predicted.
    pub samples: u64,
    /// Predictions that were right.
    pub right_samples: u64,
    /// Assessed min-entropy of what is left, in bits per sample; null where it cannot be assessed.
    pub left_bits_per_sample: Option<f64>,
    /// Assessed min-entropy of the first boot alone, in bits per sample; null where it cannot be assessed.
    pub alone_bits_per_sample: Option<f64>,
}

impl Sentence for SecondBoot {
    fn text(&self) -> String {
        if self.samples == 0 {
            return "There is no raw noise to predict.".to_owned();
        }
        let right = share(self.right_samples as f64 / self.samples as f64);
        let first = format!(
            "Predicting each of {} samples to be as it was in another boot is right for {right} of them.",
            count(self.samples)
        );
        let rest = match (self.left_bits_per_sample, self.alone_bits_per_sample) {
            (None, _) => format!(
                "What is left cannot be assessed; SP 800-90B asks for {} samples.",
                count(LEAST_SAMPLES as u64)
            ),
            (Some(left), Some(alone)) if left < alone => format!(
                "What is left is assessed at {} bits per sample, less than the {} of a boot alone: the boots have \
                 something in common, and the lower figure counts.",
                bits(left),
                bits(alone)
            ),
            (Some(left), Some(alone)) => format!(
                "What is left is assessed at {} bits per sample, which does not raise the {} of a boot alone: this guess \
                 is only a weaker one.",
                bits(left),
                bits(alone)
            ),
            (Some(left), None) => format!(
                "What is left is assessed at {} bits per sample; it is one guess among many.",
                bits(left)
            ),
        };
        format!("{first} {rest}")
    }
}
