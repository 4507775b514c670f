// SPDX-License-Identifier: GPL-2.0-or-later
//! Every sentence follows from the figures next to it, and none is written where the figures say otherwise.

#[path = "../common/mod.rs"]
mod common;
mod isolation;
mod order;
mod restarts;

use common::{Sizes, provenance, run, together, whole};
use entropy_report::claim::Fact;
use entropy_report::result::{BootFigures, TargetResult};
use entropy_report::{
    Claim, CompareResult, Status, from_json, to_html, to_json, to_markdown, to_terminal,
};
use serde_json::Value;
use std::sync::LazyLock;

const SMALL: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };
/// As `compare` wrote it before sentences had inputs.
const OLDER: &str = include_str!("../older-result.json");

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

fn ordinary<'a>(result: &'a mut CompareResult, name: &str) -> &'a mut TargetResult {
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

fn order(result: &CompareResult) -> &str {
    let is_order = |claim: &&Claim| matches!(claim.fact, Fact::Order(_));
    result.claims.iter().find(is_order).map_or("", |claim| &claim.text)
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
        BASE.summary.contains("passes 5 of 5 output tests: passing them does not show entropy")
    );
    assert!(result.summary.contains("passes 4 of 5 output tests: the engine should have hidden"));
    assert!(!result.summary.contains("does not show entropy"));
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
