// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots of one target compared: how much of the second boot does the first not predict?
//!
//! *Min-entropy for what a second boot cannot know.* Someone holds the raw noise A of one boot and guesses that
//! of another boot B sample by sample, "it will be as in A". What is left over, the residual
//! `d_i = B_i / s − A_i / s` with s the step that both have in common, low 8 bits, is assessed with the estimators
//! that assess raw noise. Where B repeats A every residual is 0, and the figure is 0, however random A looks.
//! The figure is one attack, not all: it bounds from above, and a high one proves nothing.

use super::assess::{self, Assessed};
use crate::claim::LEAST_SAMPLES;
use crate::result::Comparison;
use crate::taken::TakenRun;
use crate::verdict::Verdict;
use sample_stats::digest;
use sample_stats::prediction::{common_prefix, predict};
use std::collections::BTreeMap;

const FORMULA: &str = "residual d = ((B − A) / GCD) mod 256, sample by sample, B moved by the shift that makes most \
     residuals 0; H = min over the estimators of SP 800-90B §6.3 on d; all residuals 0 is 0 bits";
const FALSE_ALARM: &str = "equality is exact and has no false alarms; two boots of independent samples of 0.1 bits each agree \
     in 1,000,000 samples with probability below 1 in 2^100,000";

/// Compares boots of one target under one condition; `None` for fewer than two.
pub(crate) fn comparison(boots: &[&TakenRun]) -> Option<Comparison> {
    let (first, later) = boots.split_first().filter(|(_, later)| !later.is_empty())?;
    let raw_identical =
        boots.iter().any(|b| !b.raw.is_empty()).then(|| later.iter().all(|b| b.raw == first.raw));
    let stream_identical = boots
        .iter()
        .any(|b| !b.stream.is_empty())
        .then(|| later.iter().all(|b| b.stream == first.stream));
    let something = raw_identical.is_some() || stream_identical.is_some();
    let lowest = if first.raw.is_empty() {
        None
    } else {
        later.iter().map(|boot| Prediction::of(&first.raw, &boot.raw)).min_by(Prediction::order)
    };
    let mut comparison = Comparison {
        target: first.target.clone(),
        run: first.run.clone(),
        accel: first.accel.clone(),
        boots: boots.len() as u32,
        identical: something && raw_identical != Some(false) && stream_identical != Some(false),
        all_differ: something && pairs(boots).all(|(a, b)| differ(a, b)),
        raw_identical,
        stream_identical,
        min_entropy_bits_per_sample: None,
        estimators: BTreeMap::new(),
        binding: None,
        samples: 0,
        predicted_samples: 0,
        shift_samples: 0,
        raw_common_prefix_samples: raw_identical
            .map(|_| shared(later.iter().map(|b| common_prefix(&first.raw, &b.raw)))),
        stream_common_prefix_bytes: stream_identical
            .map(|_| shared(later.iter().map(|b| common_prefix(&first.stream, &b.stream)))),
        stream_first_bytes: boots
            .iter()
            .filter(|b| !b.stream.is_empty())
            .map(|b| digest::hex(&b.stream[..b.stream.len().min(64)]))
            .collect(),
        raw_first_delta_ticks: boots
            .iter()
            .filter(|b| !b.raw.is_empty())
            .map(|b| b.raw[..b.raw.len().min(16)].to_vec())
            .collect(),
        verdict: Verdict::unstated(FORMULA).false_alarm(FALSE_ALARM),
    };
    if let Some(lowest) = lowest {
        comparison.samples = lowest.samples;
        comparison.predicted_samples = lowest.zeros;
        comparison.shift_samples = lowest.shift;
        comparison.min_entropy_bits_per_sample = lowest.figure();
        if let Some(assessed) = lowest.assessed {
            comparison.estimators = assessed.estimators;
            comparison.binding = assessed.binding;
        }
    } else if comparison.identical {
        // No samples, but every byte that came out is known from the first boot: nothing is left to assess.
        comparison.min_entropy_bits_per_sample = Some(0.0);
    }
    Some(comparison)
}

fn pairs<'a>(boots: &'a [&TakenRun]) -> impl Iterator<Item = (&'a TakenRun, &'a TakenRun)> {
    boots.iter().enumerate().flat_map(|(i, a)| boots[i + 1..].iter().map(|b| (*a, *b)))
}

/// Whether both raw noise and stream differ, where there are any: equal streams over different noise would be as
/// much of a finding as the other way round.
fn differ(a: &TakenRun, b: &TakenRun) -> bool {
    apart(&a.raw, &b.raw) && apart(&a.stream, &b.stream)
}

/// Whether there is nothing to compare, or what both have is not the same. One may have more than the other.
fn apart<T: PartialEq>(a: &[T], b: &[T]) -> bool {
    let len = a.len().min(b.len());
    len == 0 || a[..len] != b[..len]
}

fn shared(prefixes: impl Iterator<Item = u64>) -> u64 {
    prefixes.min().unwrap_or(0)
}

/// What one boot predicts of another.
struct Prediction {
    samples: u64,
    zeros: u64,
    shift: i64,
    assessed: Option<Assessed>,
}

impl Prediction {
    fn of(known: &[u64], guessed: &[u64]) -> Self {
        let sample_stats::prediction::Prediction { residuals, zeros, shift } =
            predict(known, guessed);
        Self {
            samples: residuals.len() as u64,
            zeros,
            shift,
            assessed: assess::assess_bytes(residuals),
        }
    }

    /// The figure, where one can be given: too few samples give none (those that the shift took off do not count
    /// as missing), unless nothing at all was left over.
    fn figure(&self) -> Option<f64> {
        if self.samples > 0 && self.zeros == self.samples {
            return Some(0.0);
        }
        self.assessed
            .as_ref()
            .filter(|_| self.samples + self.shift.unsigned_abs() >= LEAST_SAMPLES as u64)
            .and_then(|a| a.h_bits)
    }

    /// Lowest figure first; where there is none, the pair that is predicted best.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        let key = |f: &Self| f.figure().or(f.assessed.as_ref().and_then(|a| a.h_bits));
        match (key(self), key(other)) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
    }
}
