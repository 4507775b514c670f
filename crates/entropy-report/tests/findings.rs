// SPDX-License-Identifier: GPL-2.0-or-later
//! What is found in runs whose truth is known because they were made so.

mod common;

use common::{Sizes, provenance, run, whole};
use entropy_report::result::{Comparison, Sanity};
use entropy_report::{
    AnalyseOptions, CompareResult, Provenance, ReportError, Status, TakenRun, analyse, to_markdown,
};
use std::sync::Mutex;

const SMALL: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };

fn two(isolated: bool, change: impl FnOnce(&mut TakenRun)) -> Vec<TakenRun> {
    let first = run("baremetal", isolated, 1, 7, SMALL);
    let mut second = TakenRun { boot: 2, ..first.clone() };
    change(&mut second);
    vec![first, second]
}

fn compared(runs: &[TakenRun]) -> Comparison {
    let mut result = analyse(runs, provenance()).expect("these runs make a result");
    result.isolation.pop().or(result.ordinary.pop()).expect("these runs make a result")
}

#[test]
fn isolated_boots_that_repeat_hold_nothing_however_random_they_look() {
    let runs = two(true, |_| ());
    let comparison = compared(&runs);
    assert!(comparison.identical && !comparison.all_differ);
    assert_eq!(comparison.min_entropy_bits_per_sample, Some(0.0));
    assert_eq!(comparison.verdict.status, Status::Passed);
    assert_eq!(comparison.stream_common_prefix_bytes, Some(SMALL.stream as u64));
    let result = analyse(&runs, provenance()).unwrap();
    let stream = result.targets[0].stream.as_ref().unwrap();
    assert_eq!(stream.fresh_bits_per_output_bit, Some(0.0));
    assert!(
        stream.output_tests.iter().all(|test| test.status != Status::Failed),
        "it looks random"
    );
}

#[test]
fn one_flipped_byte_is_seen() {
    let comparison = compared(&two(true, |second| second.stream[99_999] ^= 0x10));
    assert!(!comparison.identical);
    assert_eq!((comparison.raw_identical, comparison.stream_identical), (Some(true), Some(false)));
    assert_eq!(comparison.stream_common_prefix_bytes, Some(99_999));
    assert_eq!(comparison.verdict.status, Status::Failed);
}

#[test]
fn one_changed_delta_is_seen() {
    let comparison = compared(&two(true, |second| second.raw[500] += 2));
    assert!(!comparison.identical);
    assert_eq!(comparison.raw_common_prefix_samples, Some(500));
    assert_eq!(comparison.predicted_samples, SMALL.raw as u64 - 1);
    assert_eq!(comparison.min_entropy_bits_per_sample, None, "too few samples for a figure");
}

#[test]
fn a_boot_cut_short_is_not_identical() {
    assert!(!compared(&two(true, |second| second.stream.truncate(100))).identical);
    assert!(!compared(&two(true, |second| second.raw.clear())).identical);
}

#[test]
fn ordinary_boots_that_repeat_are_a_failure() {
    let comparison = compared(&two(false, |_| ()));
    assert!(comparison.identical && !comparison.all_differ);
    assert_eq!(comparison.verdict.status, Status::Failed);
    let comparison = compared(&two(false, |second| second.stream[0] ^= 1));
    assert!(!comparison.identical && !comparison.all_differ, "the raw noise repeats");
    let shorter = |second: &mut TakenRun| {
        second.stream.truncate(100);
        second.raw[0] += 2;
    };
    let comparison = compared(&two(false, shorter));
    assert!(!comparison.all_differ, "a shorter stream that begins the same repeats");
    assert_eq!(comparison.verdict.status, Status::Failed);
}

#[test]
fn too_little_data_is_invalid_and_gives_no_figure() {
    let result = analyse(&whole(SMALL), provenance()).unwrap();
    let target = &result.targets[0];
    let (raw, restarts) = (target.raw.as_ref().unwrap(), target.restarts.as_ref().unwrap());
    assert_eq!((raw.min_entropy_bits_per_sample, raw.verdict.status), (None, Status::Invalid));
    assert_eq!((restarts.sanity, restarts.verdict.status), (Sanity::Invalid, Status::Invalid));
    assert_eq!(target.stream.as_ref().unwrap().fresh_bits_per_output_bit, None);
    let tiny = run("baremetal", false, 1, 3, Sizes { raw: 3, stream: 5, side: 1 });
    let result = analyse(&[tiny], provenance()).unwrap();
    let stream = result.targets[0].stream.as_ref().unwrap();
    assert!(stream.output_tests.iter().all(|test| test.status == Status::Invalid));
}

#[test]
fn one_isolated_boot_alone_says_nothing_about_its_stream() {
    let result = analyse(&[run("baremetal", true, 1, 7, SMALL)], provenance()).unwrap();
    assert!(result.isolation.is_empty());
    assert_eq!(result.targets[0].stream.as_ref().unwrap().fresh_bits_per_output_bit, None);
}

#[test]
fn full_runs_are_assessed_and_the_figures_follow_from_each_other() {
    let sizes = Sizes { raw: 1_000_000, stream: 120_000, side: 0 };
    let mut runs = vec![
        run("baremetal", false, 1, 1, sizes),
        run("baremetal", true, 1, 3, sizes),
        run("baremetal", true, 2, 3, sizes),
    ];
    runs[0].meta.insert("turns".into(), "3".into());
    runs[2].raw[123_456] += 2;
    let result = analyse(&runs, provenance()).unwrap();
    let raw = result.targets[0].raw.as_ref().unwrap();
    let h = raw.min_entropy_bits_per_sample.unwrap();
    // The hill is 48 ticks wide in steps of 2, and its top is twice as high as if it were even.
    assert!(h > 0.5 && h < 24f64.log2(), "{h} bits per sample");
    assert_eq!((raw.gcd_ticks, raw.step.ticks, raw.step.exceptions), (2, 2, 0));
    let least = raw.estimators.values().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(least, h);
    assert_eq!(raw.estimators[raw.binding.as_ref().unwrap()], h);
    let fresh = result.targets[0].stream.as_ref().unwrap().fresh_bits_per_output_bit.unwrap();
    let informed = result.targets[0].informed.as_ref().unwrap().min_entropy_bits_per_sample;
    let headline = result.targets[0].headline_bits_per_sample().unwrap();
    assert_eq!(headline, h.min(informed));
    assert!((fresh - headline * 3.0 / 64.0).abs() < 1e-12);
    let comparison = &result.isolation[0];
    assert!(!comparison.identical);
    let left = comparison.min_entropy_bits_per_sample.unwrap();
    assert!(left < 0.01, "one sample of a million is new, but {left} bits per sample are found");
}

#[test]
fn runs_that_make_no_sense_are_refused_with_a_reason() {
    assert!(matches!(analyse(&[], provenance()), Err(ReportError::NoRuns)));
    let one = run("baremetal", false, 1, 1, SMALL);
    let twice = [one.clone(), one.clone()];
    let error = analyse(&twice, provenance()).unwrap_err();
    assert!(error.to_string().contains("boot 1 of baremetal (tcg) occurs twice"), "{error}");
    let mut damaged = one;
    damaged.restarts.as_mut().unwrap().delta_ticks.pop();
    assert!(matches!(
        analyse(&[damaged], provenance()),
        Err(ReportError::MatrixShape { given: 399, .. })
    ));
}

#[test]
fn progress_tells_of_every_target() {
    let seen = Mutex::new(Vec::new());
    let note = |progress| seen.lock().unwrap().push(progress);
    let options = AnalyseOptions { provenance: provenance(), runs: Vec::new(), progress: &note };
    analyse(&whole(SMALL), options).unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!(seen.len(), 9);
    assert!(seen.iter().all(|progress| progress.total == 9));
    assert!(seen.iter().any(|progress| progress.what == "linux-crng (tcg, isolated)"));
}

#[test]
fn a_made_up_clock_without_entropy_passes_the_output_tests_and_is_assessed_at_nothing() {
    let mut lesson =
        run("synthetic-period-16", false, 1, 11, Sizes { raw: 0, stream: 1 << 20, side: 0 });
    lesson.accel = "synthetic".into();
    lesson.raw = (0..1_000_000).map(|i| 500 + 3 * (i * 5 % 16)).collect();
    let result = analyse(&[lesson], provenance()).unwrap();
    let stream = result.targets[0].stream.as_ref().unwrap();
    assert!(stream.output_tests.iter().all(|test| test.status == Status::Passed));
    assert!(stream.fresh_bits_per_output_bit.unwrap() < 1e-4);
    // A lesson appears as a comparison, never among the measured figures.
    assert!(result.summary.contains("No target gave enough raw noise"), "{}", result.summary);
    assert!(result.summary.contains("passes 5 of 5 output tests"), "{}", result.summary);
}

#[test]
fn a_made_up_clock_is_not_compared_with_itself() {
    let sizes = Sizes { raw: 2_000, stream: 2_000, side: 0 };
    let boots = [1, 2].map(|boot| {
        let mut lesson = run("synthetic-period-16", false, boot, 11, sizes);
        lesson.accel = "synthetic".into();
        lesson
    });
    let result = analyse(&boots, provenance()).unwrap();
    assert!(result.ordinary.is_empty() && result.isolation.is_empty());
    assert_eq!(result.targets.len(), 1);
}

/// Two runs that were taken apart; `change` is done to the second one's boots.
fn apart(change: impl Fn(&mut TakenRun)) -> CompareResult {
    let mut second = whole(SMALL);
    second.iter_mut().for_each(change);
    let named = |run: &str| Provenance { run: run.to_owned(), ..provenance() };
    let runs = vec![(named("one"), whole(SMALL)), (named("two"), second)];
    common::together(runs).expect("runs make a result")
}

#[test]
fn runs_taken_apart_stand_side_by_side_each_with_its_own_figures() {
    let result = apart(|boot| {
        if !boot.isolated {
            boot.raw.iter_mut().for_each(|delta| *delta += 2);
        }
    });
    let named: Vec<&str> = result.runs.iter().map(|origin| origin.run.as_str()).collect();
    assert_eq!(named, ["one", "two"]);
    let bare: Vec<_> =
        result.targets.iter().filter(|t| t.name == "baremetal" && !t.isolated).collect();
    assert_eq!(bare.iter().map(|t| t.run.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    let median = |at: usize| bare[at].raw.as_ref().unwrap().median_delta_ticks;
    assert_eq!(median(1), median(0) + 2);
    // Boots are compared within their run, and not with the other one's.
    assert!(result.isolation.iter().all(|c| c.boots == 2 && c.identical));
    assert_eq!((result.isolation.len(), result.ordinary.len()), (8, 10));
    let markdown = to_markdown(&result);
    let row = markdown.lines().find(|line| line.starts_with("| median delta (ticks)")).unwrap();
    assert!(row.ends_with("+2 (+0.369 %) |"), "{row}");
}

#[test]
fn isolated_boots_of_runs_taken_apart_must_be_the_same_bytes() {
    let same = apart(|_| ());
    assert_eq!(same.across.len(), 4);
    assert!(same.across.iter().all(|c| c.identical && c.run == "A, B"));
    assert!(same.summary.contains("gave the same bytes in runs A, B"), "{}", same.summary);
    let other = apart(|boot| boot.stream[77] ^= 1);
    let found = other.across.iter().find(|c| c.target == "baremetal").unwrap();
    assert_eq!((found.identical, found.stream_common_prefix_bytes), (false, Some(77)));
    assert!(found.verdict.text.contains("agrees for the first 77 bytes"), "{}", found.verdict.text);
    // Boots with different requests are not expected to agree.
    let asked = apart(|boot| drop(boot.meta.insert("request".into(), "raw:1".into())));
    assert!(asked.across.is_empty());
}
