// SPDX-License-Identifier: GPL-2.0-or-later
//! What the assessment of raw noise says.

use super::{Sentence, list};
use crate::format::{bits, count};
use crate::spread::Spread;
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// What every assessed figure leaves open.
const UNSEEN: &str = "a pattern that the estimators do not see would make it less";
/// How far each bound can be relied on.
pub(crate) const FALSE_ALARM: &str = "each bound holds at 99 % confidence if samples are independent; where samples depend on each \
     other, as timing noise does, its rate is not known, and the range over boots is the better guide";
/// Assessed below this, in bits per sample, noise is too predictable to make a seed from.
const NEXT_TO_NOTHING: f64 = 0.001;

/// A target's assessed min-entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetBits {
    /// The target.
    pub target: String,
    /// Over its boots, in bits per sample.
    pub bits_per_sample: Spread,
}

/// Assessed min-entropy of all ordinary targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Each target's figure; none for targets without one.
    pub targets: Vec<TargetBits>,
}

impl Sentence for Assessment {
    fn text(&self) -> String {
        let by_median = |a: &&TargetBits, b: &&TargetBits| {
            a.bits_per_sample.median.total_cmp(&b.bits_per_sample.median)
        };
        let (Some(low), Some(high)) =
            (self.targets.iter().min_by(by_median), self.targets.iter().max_by(by_median))
        else {
            return "No target gave enough raw noise to assess.".to_owned();
        };
        let named =
            |one: &TargetBits| format!("{} ({})", bits(one.bits_per_sample.median), one.target);
        let figures = if self.targets.len() == 1 {
            named(low)
        } else if bits(low.bits_per_sample.median) == bits(high.bits_per_sample.median) {
            format!("{} for each target", bits(low.bits_per_sample.median))
        } else {
            // Without their names: which is the lowest is an order, and that is stated only where boots support it.
            format!("{} to {}", bits(low.bits_per_sample.median), bits(high.bits_per_sample.median))
        };
        let most = self.targets.iter().map(|one| one.bits_per_sample.boots).max().unwrap_or(0);
        let what = if most == 1 { "one boot each" } else { "median over boots" };
        format!(
            "Raw noise is assessed at {figures} bits of min-entropy per sample ({what}); {UNSEEN}."
        )
    }

    fn status(&self) -> Status {
        if self.targets.is_empty() { Status::Invalid } else { Status::Stated }
    }
}

/// Timing is the emulator's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Emulated {
    /// Ordinary targets that ran under TCG.
    pub under_tcg: Vec<String>,
}

impl Sentence for Emulated {
    fn text(&self) -> String {
        format!(
            "Measured under TCG: the timing of {} is the emulator's. No figure of theirs carries over to a real \
             processor, and none is a reason to seed keys.",
            list(&self.under_tcg)
        )
    }

    fn status(&self) -> Status {
        Status::Caution
    }
}

/// Several runs side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Runs {
    /// Letter, name and processor of each run.
    pub runs: Vec<[String; 3]>,
}

impl Sentence for Runs {
    fn text(&self) -> String {
        let each: Vec<String> = self
            .runs
            .iter()
            .map(|[letter, run, cpu]| format!("{letter} is {run} on {cpu}"))
            .collect();
        format!("Runs recorded apart, side by side: {}.", each.join("; "))
    }
}

/// Assessed min-entropy of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessed {
    /// The first boot's figure, in bits per sample.
    pub bits_per_sample: f64,
    /// The estimator that gave it.
    pub estimator: String,
    /// The figure over boots, in bits per sample.
    pub over_boots: Spread,
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// Whether a second boot repeated these samples; null where there was none.
    pub repeated: Option<bool>,
}

impl Sentence for Assessed {
    fn text(&self) -> String {
        let figure = bits(self.bits_per_sample);
        if self.isolated {
            let known = match self.repeated {
                Some(true) => "a second boot repeated every sample, so that it held 0 bits",
                Some(false) => "a second boot did not repeat it, which isolation should rule out",
                None => "no second boot shows whether it repeats",
            };
            return format!(
                "Read alone, this isolated boot is assessed at {figure} bits per sample; {known}. The estimators cannot \
                 see that time is a count of instructions."
            );
        }
        let Spread { median, low, high, boots } = self.over_boots;
        let over = if boots > 1 {
            format!(
                " Over {boots} boots the median is {}, from {} to {}.",
                bits(median),
                bits(low),
                bits(high)
            )
        } else {
            " It is one boot's figure; another boot's may differ much.".to_owned()
        };
        let seed = if self.bits_per_sample < NEXT_TO_NOTHING {
            " That is too little to make a seed from."
        } else {
            ""
        };
        format!(
            "Assessed at {figure} bits per sample, by the estimator {}; {UNSEEN}.{over}{seed}",
            self.estimator
        )
    }

    fn status(&self) -> Status {
        if self.isolated || self.bits_per_sample < NEXT_TO_NOTHING {
            Status::Caution
        } else {
            Status::Stated
        }
    }
}

/// Too few samples to assess.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooFewSamples {
    /// Samples that are there.
    pub samples: u64,
    /// Samples that SP 800-90B §3.1.1 asks for.
    pub needed_samples: u64,
}

impl Sentence for TooFewSamples {
    fn text(&self) -> String {
        if self.samples >= self.needed_samples {
            return format!("{} samples gave no figure.", count(self.samples));
        }
        format!(
            "{} samples are too few: SP 800-90B §3.1.1 asks for {} of one run. No figure follows; the estimates are \
             shown only as an indication.",
            count(self.samples),
            count(self.needed_samples)
        )
    }

    fn status(&self) -> Status {
        Status::Invalid
    }
}
