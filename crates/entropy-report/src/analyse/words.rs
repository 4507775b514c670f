// SPDX-License-Identifier: GPL-2.0-or-later
//! Sentences that several parts need: what a second boot shows, and what timing means under an accelerator.

use super::raw::LEAST_SAMPLES;
use crate::format::{bits, count, share};
use crate::result::Comparison;
use crate::verdict::{Status, Verdict};

const FORMULA: &str = "residual d = ((B − A) / GCD) mod 256, sample by sample, B moved by the shift that makes most \
     residuals 0; H = min over the estimators of SP 800-90B §6.3 on d; all residuals 0 is 0 bits";

/// Stands in until the comparison is complete enough to be judged.
pub(crate) fn pending() -> Verdict {
    Verdict::new(Status::Skipped, "", FORMULA)
}

/// The judgement on boots of one target, `isolated` or not.
pub(crate) fn on_boots(comparison: &Comparison, isolated: bool) -> Verdict {
    let what = match (comparison.raw_identical, comparison.stream_identical) {
        (Some(_), Some(_)) => "raw noise and stream",
        (Some(_), None) => "raw noise",
        (None, Some(_)) => "stream",
        (None, None) => {
            return Verdict::new(
                Status::Skipped,
                "Neither raw noise nor stream was taken.",
                FORMULA,
            );
        }
    };
    let boots = comparison.boots;
    let (status, text) = match (isolated, comparison.identical) {
        (true, true) => (
            Status::Passed,
            format!(
                "All {boots} boots gave the same {what}, byte for byte. With time a count of instructions nothing \
                 physical reaches the guest: who has seen one boot knows the next. 0 bits per sample, however \
                 random a single boot looks."
            ),
        ),
        (true, false) => (
            Status::Failed,
            format!(
                "The boots should repeat each other and do not: {}. Something that is no count of instructions \
                 reached the guest. {}",
                difference(comparison),
                left_over(comparison)
            ),
        ),
        (false, _) if comparison.all_differ => (
            Status::Passed,
            format!(
                "Every two of the {boots} boots differ in {what}, as they must. {}",
                left_over(comparison)
            ),
        ),
        (false, _) => (
            Status::Failed,
            format!(
                "At least two of the {boots} boots gave the same {what}. Their clock did not move freely; do not \
                 use this source."
            ),
        ),
    };
    Verdict::new(status, text, FORMULA).false_alarm(
        "equality is exact and has no false alarms; two boots of noise with 0.1 bits per sample agree in 1,000,000 \
         samples with probability below 1 in 2^100,000",
    )
}

/// The judgement on isolated boots of different runs.
pub(crate) fn on_runs(comparison: &Comparison) -> Verdict {
    let runs = &comparison.run;
    let (status, text) = if comparison.identical {
        (
            Status::Passed,
            format!(
                "Isolated boots of the runs {runs} gave the same bytes. Neither the host nor the day reached the guest: \
                 who has ever seen one of them knows them all."
            ),
        )
    } else {
        (
            Status::Caution,
            format!(
                "Isolated boots of the runs {runs} differ: {}. The same image, command and QEMU give the same bytes in \
                 isolation, so look below for what is not the same in these runs.",
                difference(comparison)
            ),
        )
    };
    Verdict::new(status, text, FORMULA).false_alarm("equality is exact and has no false alarms")
}

fn difference(comparison: &Comparison) -> String {
    let mut parts = Vec::new();
    if comparison.raw_identical == Some(false) {
        let same = comparison.raw_common_prefix_samples.unwrap_or(0);
        parts.push(format!("raw noise agrees for the first {} samples", count(same)));
    }
    if comparison.stream_identical == Some(false) {
        let same = comparison.stream_common_prefix_bytes.unwrap_or(0);
        parts.push(format!("the stream agrees for the first {} bytes", count(same)));
    }
    parts.join(", ")
}

fn left_over(comparison: &Comparison) -> String {
    let Some(_) = comparison.raw_identical else {
        return "There is no raw noise to say how much a second boot cannot know.".to_owned();
    };
    let known = comparison.foretold_samples as f64 / comparison.samples.max(1) as f64;
    match comparison.min_entropy_bits_per_sample {
        Some(h) => format!(
            "Guessing each sample as it was in another boot is right for {} of them; what is left over is assessed \
             at {} bits per sample, an upper bound against this one attack.",
            share(known),
            bits(h)
        ),
        None => format!(
            "{} samples are too few to assess what is left over ({} are needed).",
            count(comparison.samples),
            count(LEAST_SAMPLES as u64)
        ),
    }
}

/// What timing means under an accelerator; stands next to every figure.
pub(crate) fn stamp(accel: &str, isolated: bool) -> String {
    match (accel, isolated) {
        (_, true) => "isolated: time is a count of instructions",
        ("tcg", _) => "timing here reflects the emulator",
        ("kvm", _) => "real processor below a hypervisor: the host sees and steers this clock",
        ("host", _) => "the host itself, no machine in between",
        ("synthetic", _) => "a synthetic clock, made up for this lesson",
        _ => "unknown accelerator: nothing is known about this clock",
    }
    .to_owned()
}
