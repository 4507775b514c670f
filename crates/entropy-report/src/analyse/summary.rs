// SPDX-License-Identifier: GPL-2.0-or-later
//! The findings in one paragraph for a reader who knows none of the terms.

use crate::format::{bits, count, share};
use crate::groups::{Kind, kind};
use crate::result::{CompareResult, Comparison, LETTERS, Sanity, TargetResult};
use crate::verdict::Status;

/// Writes the paragraph.
pub(crate) fn paragraph(result: &CompareResult) -> String {
    let targets = &result.targets;
    let sentences = [
        runs(result),
        noise(targets),
        stream(targets),
        restarts(targets),
        isolated(&result.isolation),
        across(&result.across),
        differ(&result.ordinary),
        made_up(targets),
        caveat(targets),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What was measured on physical time, or on the emulator's: a made-up clock is a lesson, and no finding.
fn ordinary_targets(targets: &[TargetResult]) -> impl Iterator<Item = &TargetResult> {
    targets.iter().filter(|target| kind(target) == Kind::Ordinary)
}

fn runs(result: &CompareResult) -> Option<String> {
    if result.runs.is_empty() {
        return None;
    }
    let names: Vec<String> = result
        .runs
        .iter()
        .zip(LETTERS)
        .map(|(run, letter)| format!("{letter} is {} on {}", run.run, run.cpu_model))
        .collect();
    Some(format!("Runs that were taken apart, side by side: {}.", names.join("; ")))
}

fn noise(targets: &[TargetResult]) -> Option<String> {
    let figures: Vec<String> = ordinary_targets(targets)
        .filter_map(|target| Some((target, target.raw.as_ref()?.min_entropy_bits_per_sample?)))
        .map(|(target, h)| format!("{} {} bits", target.short_title(), bits(h)))
        .collect();
    if figures.is_empty() {
        return Some("No target gave enough raw noise for a figure.".to_owned());
    }
    let list = figures.join(", ");
    Some(format!(
        "One timing sample holds at most this much that cannot be guessed (min-entropy): {list}."
    ))
}

fn stream(targets: &[TargetResult]) -> Option<String> {
    let shares: Vec<f64> = ordinary_targets(targets)
        .filter_map(|target| target.stream.as_ref()?.fresh_bits_per_output_bit)
        .collect();
    let low = shares.iter().copied().reduce(f64::min)?;
    let high = shares.iter().copied().reduce(f64::max)?;
    let range = if share(low) == share(high) {
        share(low)
    } else {
        format!("{} to {}", share(low), share(high))
    };
    Some(format!(
        "The mixer stretches that into a fast stream, of whose bits at most {range} are fresh; the stream looks \
         random all the same."
    ))
}

fn restarts(targets: &[TargetResult]) -> Option<String> {
    let failed: Vec<String> = ordinary_targets(targets)
        .filter(|t| t.restarts.as_ref().is_some_and(|r| r.sanity == Sanity::Failed))
        .map(TargetResult::short_title)
        .collect();
    (!failed.is_empty()).then(|| {
        format!(
            "After a restart the noise of {} begins too much alike (restart sanity check), so no min-entropy may \
             be credited to it: the figures are upper limits.",
            failed.join(", ")
        )
    })
}

fn isolated(isolation: &[Comparison]) -> Option<String> {
    if isolation.is_empty() {
        return None;
    }
    let names = |identical| names(isolation.iter().filter(move |c| c.identical == identical));
    let (same, different) = (names(true), names(false));
    let mut text = String::new();
    if !same.is_empty() {
        text.push_str(&format!(
            "Cut off from all physical time, every boot of {same} gave the same bytes: there, nothing \
             is unpredictable (0 bits), although each stream still looks random."
        ));
    }
    if !different.is_empty() {
        let space = if text.is_empty() { "" } else { " " };
        text.push_str(&format!(
            "{space}Isolated boots of {different} did not repeat each other: the isolation leaks."
        ));
    }
    Some(text)
}

fn across(across: &[Comparison]) -> Option<String> {
    let of = |identical: bool| {
        let mut names: Vec<&str> =
            across.iter().filter(|c| c.identical == identical).map(|c| c.target.as_str()).collect();
        names.dedup();
        names.join(", ")
    };
    let (same, different) = (of(true), of(false));
    let mut parts = Vec::new();
    if !same.is_empty() {
        parts.push(format!("In isolation {same} gave the same bytes in these runs too."));
    }
    if !different.is_empty() {
        parts.push(format!(
            "Isolated boots of {different} are not the same from run to run: image, command or QEMU differ."
        ));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn differ(ordinary: &[Comparison]) -> Option<String> {
    let stuck = names(ordinary.iter().filter(|comparison| !comparison.all_differ));
    if ordinary.is_empty() {
        return None;
    }
    Some(if stuck.is_empty() {
        "All ordinary boots differ from each other.".to_owned()
    } else {
        format!("Ordinary boots of {stuck} gave the same data, which must not happen.")
    })
}

/// The lesson: what good looks are worth.
fn made_up(targets: &[TargetResult]) -> Option<String> {
    let target = targets.iter().find(|target| kind(target) == Kind::Synthetic)?;
    let tests = &target.stream.as_ref()?.output_tests;
    let of = |status| tests.iter().filter(|test| test.status == status).count() as u64;
    let (passed, made) = (of(Status::Passed), tests.len() as u64 - of(Status::Invalid));
    (made > 0).then(|| {
        format!(
            "For comparison: the stream made from a clock that holds nothing at all ({}, known from end to end) passes \
             {} of {} output tests.",
            target.name,
            count(passed),
            count(made)
        )
    })
}

fn caveat(targets: &[TargetResult]) -> Option<String> {
    ordinary_targets(targets).any(|target| target.accel == "tcg").then(|| {
        "This was measured under TCG: timing here reflects the emulator, no figure carries over to a real \
         processor, and none is a reason to seed keys from it."
            .to_owned()
    })
}

/// Names in their order, each once.
fn names<'a>(comparisons: impl Iterator<Item = &'a Comparison>) -> String {
    let mut names: Vec<String> = Vec::new();
    for comparison in comparisons {
        let name = comparison.title();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(", ")
}
