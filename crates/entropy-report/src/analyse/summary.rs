// SPDX-License-Identifier: GPL-2.0-or-later
//! The findings in one paragraph for a reader who knows none of the terms.

use crate::format::{bits, share};
use crate::result::{Comparison, Sanity, TargetResult};

/// Writes the paragraph.
pub(crate) fn paragraph(
    targets: &[TargetResult],
    isolation: &[Comparison],
    ordinary: &[Comparison],
) -> String {
    let sentences = [
        noise(targets),
        stream(targets),
        restarts(targets),
        isolated(isolation),
        differ(ordinary),
        caveat(targets),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn ordinary_targets(targets: &[TargetResult]) -> impl Iterator<Item = &TargetResult> {
    // A made-up clock is a lesson, and no finding.
    targets.iter().filter(|target| !target.isolated && target.accel != "synthetic")
}

fn noise(targets: &[TargetResult]) -> Option<String> {
    let figures: Vec<String> = ordinary_targets(targets)
        .filter_map(|target| Some((target, target.raw.as_ref()?.min_entropy_bits_per_sample?)))
        .map(|(target, h)| format!("{} {} bits", target.name, bits(h)))
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
    let failed: Vec<&str> = ordinary_targets(targets)
        .filter(|t| t.restarts.as_ref().is_some_and(|r| r.sanity == Sanity::Failed))
        .map(|t| t.name.as_str())
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

fn caveat(targets: &[TargetResult]) -> Option<String> {
    ordinary_targets(targets).any(|target| target.accel == "tcg").then(|| {
        "This was measured under TCG: timing here reflects the emulator, and no figure carries over to a real \
         processor."
            .to_owned()
    })
}

/// Names in their order, each once.
fn names<'a>(comparisons: impl Iterator<Item = &'a Comparison>) -> String {
    let mut names: Vec<&str> = Vec::new();
    for comparison in comparisons {
        if !names.contains(&comparison.target.as_str()) {
            names.push(&comparison.target);
        }
    }
    names.join(", ")
}
