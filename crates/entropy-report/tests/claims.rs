// SPDX-License-Identifier: GPL-2.0-or-later
//! Every sentence follows from the figures next to it, and none is written where the figures say otherwise.

mod common;

use common::{Sizes, provenance, run, together, whole};
use entropy_report::claim::Fact;
use entropy_report::result::{BootFigures, Sanity, WorstLine};
use entropy_report::{
    Claim, CompareResult, Status, analyse, from_json, to_html, to_json, to_markdown, to_terminal,
};
use serde_json::Value;
use std::sync::LazyLock;

const SMALL: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };
/// As `compare` wrote it before sentences had inputs.
const OLDER: &str = include_str!("older-result.json");

static BASE: LazyLock<CompareResult> = LazyLock::new(|| {
    let mut boots = whole(SMALL);
    let sizes = Sizes { stream: 1 << 20, ..SMALL };
    let mut lesson = run("synthetic-period-16", false, 1, 11, sizes);
    lesson.accel = "synthetic".into();
    boots.push(lesson);
    together(vec![(provenance(), boots)]).expect("these boots make a result")
});

/// The result whose figures are those of [`BASE`] after `change`, put into words as a result that is read back is.
fn with(change: impl FnOnce(&mut CompareResult)) -> CompareResult {
    let mut result = BASE.clone();
    change(&mut result);
    result.claims.clear();
    from_json(&to_json(&result).expect("the made-up run has it")).expect("the made-up run has it")
}

/// Assessed figures of boots, in bits per sample, for the ordinary target `name`.
fn set(result: &mut CompareResult, name: &str, figures: &[f64]) {
    let target = ordinary(result, name);
    let raw = target.raw.as_mut().expect("the made-up run has it");
    raw.samples = 1_000_000;
    raw.min_entropy_bits_per_sample = Some(figures[0]);
    let boot = |(at, h): (usize, &f64)| BootFigures {
        boot: at as u32 + 1,
        samples: 1_000_000,
        min_entropy_bits_per_sample: Some(*h),
        restarts_held: Some(true),
        ..BootFigures::default()
    };
    target.boots = figures.iter().enumerate().map(boot).collect();
}

fn ordinary<'a>(
    result: &'a mut CompareResult,
    name: &str,
) -> &'a mut entropy_report::result::TargetResult {
    result
        .targets
        .iter_mut()
        .find(|t| t.name == name && !t.isolated)
        .expect("the made-up run has it")
}

/// All that is shown of a result, with every space one space.
fn shown(result: &CompareResult) -> String {
    let pages = [
        to_html(result).expect("the made-up run has it"),
        to_markdown(result),
        to_terminal(result, 200),
    ];
    pages.join(" ").replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn says(result: &CompareResult, text: &str) -> bool {
    shown(result).contains(text)
}

/// Every claim in a result's JSON.
fn claims(value: &Value) -> Vec<Claim> {
    match value {
        Value::Array(items) => items.iter().flat_map(claims).collect(),
        Value::Object(fields) => match serde_json::from_value(value.clone()) {
            Ok(claim) => vec![claim],
            Err(_) => fields.values().flat_map(claims).collect(),
        },
        _ => Vec::new(),
    }
}

#[test]
fn every_sentence_is_computed_from_its_inputs() {
    let five = with(|result| {
        for (name, base) in [("baremetal", 0.5), ("linux-user", 2.0), ("host-user", 1.0)] {
            let figures: Vec<f64> = (0..5).map(|boot| base + 0.01 * f64::from(boot)).collect();
            set(result, name, &figures);
        }
    });
    for result in [&*BASE, &five, &from_json(OLDER).unwrap()] {
        let json: Value = serde_json::from_str(&to_json(result).unwrap()).unwrap();
        let found = claims(&json);
        assert!(found.len() > 70, "{} sentences", found.len());
        for claim in &found {
            assert_eq!(
                (claim.fact.text(), claim.fact.status()),
                (claim.text.clone(), claim.status)
            );
            assert!(!claim.text.is_empty(), "{:?}", claim.fact);
        }
        let texts: Vec<&str> = result.claims.iter().map(|claim| claim.text.as_str()).collect();
        assert_eq!(result.summary, texts.join(" "));
        let verdicts = result.isolation.iter().chain(&result.ordinary).map(|c| &c.verdict);
        for verdict in verdicts {
            let texts: Vec<&str> = verdict.claims.iter().map(|claim| claim.text.as_str()).collect();
            assert_eq!(verdict.text, texts.join(" "));
        }
        // What is said at the top is on every page.
        for page in [to_html(result).unwrap(), to_markdown(result), to_terminal(result, 200)] {
            let page = page.replace('\\', "").split_whitespace().collect::<Vec<_>>().join(" ");
            for claim in &result.claims {
                let text = claim.text.replace('<', "&lt;").replace('\'', "&#39;");
                assert!(page.contains(&claim.text) || page.contains(&text), "{}", claim.text);
            }
        }
    }
}

/// Sentences that no figure can support, whatever it is.
#[test]
fn an_assessment_is_neither_a_limit_nor_a_guessing_rate() {
    for result in [&*BASE, &with(|r| set(r, "baremetal", &[0.5, 0.7])), &from_json(OLDER).unwrap()]
    {
        let text = shown(result);
        let never = [
            "holds at most",
            "best single guess",
            "is right about",
            "too much alike",
            "cannot be fooled",
            "as varied as in a long run",
            "upper bound",
            "upper limit",
            "every boot of",
            "▲",
            "▼",
        ];
        for phrase in never {
            assert!(!text.contains(phrase), "{phrase}");
        }
    }
    assert!(says(&with(|r| set(r, "baremetal", &[0.5, 0.7])), "would make it less"));
}

#[test]
fn isolated_boots_that_differ_are_a_control_that_failed() {
    let result = with(|result| {
        for comparison in &mut result.isolation {
            comparison.identical = false;
            comparison.all_differ = true;
            comparison.stream_identical = Some(false);
            comparison.stream_common_prefix_bytes = Some(77);
        }
    });
    let text = shown(&result);
    for never in [
        "gave the same bytes",
        "can predict the next",
        "The control worked",
        "CONTROL WORKED</span> <b>",
    ] {
        assert!(!text.contains(never), "{never}");
    }
    assert!(
        text.contains("did not repeat each other")
            && text.contains("the stream agrees for the first 77 bytes")
    );
    assert!(
        !text.contains("raw noise agrees for the first"),
        "the raw noise is the same to the end"
    );
    assert_eq!(result.claims[0].status, Status::Failed);
    // One that differs among others is named, and the others are not dragged along.
    let one = with(|result| {
        result.isolation[1].identical = false;
        result.isolation[1].raw_identical = Some(false);
    });
    assert!(
        one.summary
            .contains("both boots of baremetal, linux-user and linux-crng gave the same bytes")
    );
    assert!(one.summary.contains("Isolated boots of linux-module did not repeat"));
}

#[test]
fn a_control_that_worked_is_not_praise() {
    let isolation = &BASE.isolation[0].verdict;
    assert!(
        isolation
            .text
            .contains("The control worked: both boots gave the same raw noise and stream")
    );
    assert!(isolation.text.contains("says nothing about how much entropy an ordinary boot has"));
    let page = to_html(&BASE).unwrap();
    assert!(page.contains("= CONTROL WORKED"));
    let boots = page.split("id=\"boots\"").nth(1).unwrap().split("id=\"streams\"").next().unwrap();
    let isolated = boots.split("<details").filter(|part| part.contains("isolated boots:"));
    for part in isolated {
        assert!(!part.contains("badge passed"), "0 bits are not green: {part}");
    }
    let three = with(|result| result.isolation.iter_mut().for_each(|c| c.boots = 3));
    assert!(three.summary.contains("all 3 boots of each of 4 targets"), "{}", three.summary);
}

#[test]
fn an_isolated_stream_that_fails_its_tests_does_not_pass_them() {
    let result = with(|result| {
        for target in result.targets.iter_mut().filter(|target| target.isolated) {
            let tests = &mut target.stream.as_mut().unwrap().output_tests;
            tests.iter_mut().for_each(|test| test.status = Status::Failed);
        }
    });
    assert!(!result.summary.contains("although its output passes"));
    assert!(result.summary.contains("its output fails statistical output tests"));
}

#[test]
fn one_boot_shows_nothing_about_another() {
    let boots: Vec<_> = whole(SMALL).into_iter().filter(|boot| boot.boot == 1).collect();
    let result = analyse(&boots, provenance()).unwrap();
    let text = shown(&result);
    for never in
        ["gave the same bytes", "no two boots", "The control worked", "can predict the next"]
    {
        assert!(!text.contains(never), "{never}");
    }
    assert!(
        text.contains("this run has no control")
            && text.contains("whether boots differ was not tested")
    );
}

#[test]
fn ordinary_boots_that_repeat_are_said_to() {
    let result = with(|result| result.ordinary[0].all_differ = false);
    assert!(result.summary.contains("At least two ordinary boots of baremetal gave the same data"));
    assert!(!result.summary.contains("no two boots of each of"));
    assert!(result.ordinary[0].verdict.text.contains("do not use this source"));
}

/// A restart matrix of 1,000 x 1,000 that was checked against `h_initial`.
fn checked(
    result: &mut CompareResult,
    change: impl FnOnce(&mut entropy_report::result::RestartResult),
) {
    set(result, "baremetal", &[0.774]);
    let target = ordinary(result, "baremetal");
    target.boots.clear();
    let restarts = target.restarts.as_mut().expect("the made-up run has it");
    (restarts.rows, restarts.columns) = (1_000, 1_000);
    restarts.h_initial = Some(0.774);
    restarts.cutoff = Some(548);
    restarts.sanity = Sanity::Passed;
    restarts.worst_row = Some(WorstLine { index: 3, count: 401 });
    restarts.worst_column = Some(WorstLine { index: 505, count: 402 });
    (restarts.h_rows, restarts.h_columns) = (Some(0.70), Some(0.81));
    restarts.min_entropy_bits_per_sample = Some(0.70);
    change(restarts);
}

fn restart_text(result: &CompareResult) -> (Status, String) {
    let target = result
        .targets
        .iter()
        .find(|t| t.name == "baremetal" && !t.isolated)
        .expect("the made-up run has it");
    let verdict = &target.restarts.as_ref().expect("the made-up run has it").verdict;
    (verdict.status, verdict.text.clone())
}

#[test]
fn a_restart_check_says_where_and_which_way() {
    let (status, text) = restart_text(&with(|r| checked(r, |_| ())));
    assert_eq!(status, Status::Passed);
    assert!(
        text.contains("assessed at 0.700 bits per sample or more, fewer than the long run's 0.774"),
        "{text}"
    );
    let (_, text) = restart_text(&with(|r| {
        checked(r, |m| {
            (m.h_rows, m.h_columns) = (Some(0.9), Some(0.81));
            m.min_entropy_bits_per_sample = Some(0.774);
        });
    }));
    assert!(
        text.contains("0.810 bits per sample or more, no fewer than the long run's 0.774"),
        "{text}"
    );
    let column = with(|r| {
        checked(r, |m| {
            m.sanity = Sanity::Failed;
            m.worst_column = Some(WorstLine { index: 505, count: 830 });
            m.min_entropy_bits_per_sample = None;
        });
    });
    let (status, text) = restart_text(&column);
    assert_eq!(status, Status::Failed);
    assert!(text.contains("830 of the 1,000 samples in column 505 are equal"), "{text}");
    assert!(!text.contains("in row") && !text.contains("are credited"), "{text}");
    assert!(column.summary.contains("The restart check failed for baremetal"));
    assert!(!column.summary.contains("The restart check held for baremetal"));
    let (_, text) = restart_text(&with(|r| {
        checked(r, |m| {
            m.sanity = Sanity::Failed;
            m.worst_row = Some(WorstLine { index: 7, count: 900 });
            m.min_entropy_bits_per_sample = None;
        });
    }));
    assert!(
        text.contains("in row 7 are equal") && !text.contains("column 505 are equal"),
        "{text}"
    );
    // The sanity check holds, and the second check does not.
    let low = with(|r| {
        checked(r, |m| {
            (m.h_rows, m.h_columns) = (Some(0.2), Some(0.81));
            m.min_entropy_bits_per_sample = None;
        });
    });
    let (status, text) = restart_text(&low);
    assert_eq!(status, Status::Failed);
    assert!(text.contains("less than half of the long run's 0.774"), "{text}");
    assert!(low.summary.contains("The restart check failed for baremetal"));
}

fn order(result: &CompareResult) -> &str {
    let is_order = |claim: &&Claim| matches!(claim.fact, Fact::Order(_));
    result.claims.iter().find(is_order).map_or("", |claim| &claim.text)
}

/// Figures of five boots of two targets; no other target has any.
fn two(low: &[f64], high: &[f64]) -> CompareResult {
    with(|result| {
        set(result, "baremetal", low);
        set(result, "linux-user", high);
    })
}

#[test]
fn an_order_is_stated_only_where_boots_support_it() {
    let low = [0.50, 0.52, 0.51, 0.53, 0.50];
    let clear = two(&low, &[0.90, 0.92, 0.91, 0.93, 0.90]);
    assert!(
        order(&clear)
            .contains("baremetal lower than linux-user (at most 0.530 against at least 0.900"),
        "{}",
        order(&clear)
    );
    // The other way round it is said the other way round.
    let reverse = two(&[0.90, 0.92, 0.91, 0.93, 0.90], &low);
    assert!(order(&reverse).contains("linux-user lower than baremetal"), "{}", order(&reverse));
    assert!(!order(&reverse).contains("baremetal lower"));
    let overlap = two(&low, &[0.52, 0.92, 0.91, 0.93, 0.90]);
    assert_eq!(order(&overlap), "These boots support no order between targets.");
    let narrow = two(&low, &[0.54, 0.56, 0.57, 0.55, 0.58]);
    assert_eq!(order(&narrow), "These boots support no order between targets.");
    let few = two(&low[..3], &[0.90, 0.92, 0.91]);
    assert!(order(&few).contains("No order between targets is stated: 3 boots"), "{}", order(&few));
}

#[test]
fn a_target_that_failed_a_check_is_not_ranked() {
    let result = with(|result| {
        set(result, "baremetal", &[0.50, 0.52, 0.51, 0.53, 0.50]);
        set(result, "host-user", &[1.90, 1.92, 1.91, 1.93, 1.90]);
        ordinary(result, "host-user").boots[2].restarts_held = Some(false);
    });
    assert!(!order(&result).contains("lower than"), "{}", order(&result));
    assert!(
        order(&result).contains("1 pair with a target that failed its restart check"),
        "{}",
        order(&result)
    );
    assert!(result.summary.contains("host-user (1 of 5 boots)"));
    let page = to_html(&result).unwrap();
    assert!(page.contains("restart check failed") && page.contains("hollow"));
}

#[test]
fn figures_are_medians_with_their_range() {
    let result = two(&[0.9, 0.5, 0.6], &[1.0, 1.2, 1.1]);
    assert!(
        result.summary.contains("assessed at 0.600 (baremetal) to 1.10 (linux-user)"),
        "{}",
        result.summary
    );
    assert!(says(&result, "0.600 (0.500–0.900)"));
    let target = result.targets.iter().find(|t| t.name == "baremetal" && !t.isolated).unwrap();
    let text = &target.raw.as_ref().unwrap().verdict.text;
    assert!(text.contains("Over 3 boots the median is 0.600, from 0.500 to 0.900"), "{text}");
}

#[test]
fn guessing_from_another_boot_never_raises_a_figure() {
    let left = |h: f64| {
        with(|result| {
            set(result, "baremetal", &[0.774]);
            let boots = result.ordinary.iter_mut().find(|c| c.target == "baremetal").unwrap();
            boots.samples = 1_000_000;
            boots.min_entropy_bits_per_sample = Some(h);
        })
        .ordinary[0]
            .verdict
            .text
            .clone()
    };
    assert!(left(1.94).contains("does not raise the 0.774 of a boot alone"), "{}", left(1.94));
    assert!(left(0.3).contains("less than the 0.774 of a boot alone"), "{}", left(0.3));
}

#[test]
fn health_covers_what_it_covers() {
    let text = |samples: u64, failures: u64| {
        let result = with(|result| {
            let target = ordinary(result, "baremetal");
            target.raw.as_mut().unwrap().samples = 1_000_000;
            target.health.insert("samples".into(), samples.into());
            target.health.insert("stuck_failures".into(), failures.into());
        });
        let target = result.targets.iter().find(|t| t.name == "baremetal").unwrap();
        let health = target.claims.iter().find(|c| matches!(c.fact, Fact::Health(_))).unwrap();
        health.text.clone()
    };
    assert!(
        text(2_031, 0).contains("do not cover all of the 1,000,000 raw samples"),
        "{}",
        text(2_031, 0)
    );
    assert_eq!(text(3_000_000, 0), "State healthy: no failures over 3,000,000 samples.");
    assert!(text(3_000_000, 2).contains("2 failures"));
    let crng = BASE.targets.iter().find(|t| t.name == "linux-crng").unwrap();
    let health = crng.claims.iter().find(|c| matches!(c.fact, Fact::Health(_))).unwrap();
    assert_eq!(health.text, "This target reports no health tests.");
}

#[test]
fn a_lesson_that_fails_teaches_something_else() {
    let result = with(|result| {
        let lesson = result.targets.iter_mut().find(|t| t.accel == "synthetic").unwrap();
        lesson.stream.as_mut().unwrap().output_tests[0].status = Status::Failed;
    });
    assert!(
        BASE.summary.contains("passes 5 of 5 output tests: passing them is no evidence of entropy")
    );
    assert!(result.summary.contains("passes 4 of 5 output tests: the engine should have hidden"));
    assert!(!result.summary.contains("no evidence of entropy"));
}

#[test]
fn an_older_result_opens_and_says_what_its_figures_support() {
    assert!(OLDER.contains("best single guess"), "it is as it was written");
    let result = from_json(OLDER).unwrap();
    assert_eq!(result.targets.len(), 10);
    assert!(
        result.summary.contains("both boots of each of 4 targets gave the same bytes"),
        "{}",
        result.summary
    );
    assert!(result.summary.contains("(one boot each)"));
    assert!(order(&result).contains("1 boot of a target cannot support one"));
    assert!(result.summary.contains("The restart check failed for host-user"));
    // Written again, it is as it was read.
    assert_eq!(from_json(&to_json(&result).unwrap()).unwrap(), result);
}
