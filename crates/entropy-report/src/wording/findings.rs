// SPDX-License-Identifier: GPL-2.0-or-later
//! What the whole result shows.

use super::{across, host_generator, output_tests};
use crate::claim::{
    Apart, Assessment, BootsOf, Claim, Distributions, Emulated, FailedRestarts, IsolatedBoots,
    Lesson, Order, OrdinaryBoots, OutputTests, Pair, RestartFinding, Runs, StreamFinding,
    TargetBits, needed_boots, supported,
};
use crate::groups::{Kind, kind};
use crate::result::{BootFigures, CompareResult, Comparison, LETTERS, Spread, TargetResult};
use crate::status::Status;
use crate::taken::HOST_GENERATOR;

/// What the whole result shows, the most important first.
pub(super) fn all(result: &CompareResult) -> Vec<Claim> {
    let ordinary: Vec<&TargetResult> =
        result.targets.iter().filter(|target| kind(target) == Kind::Ordinary).collect();
    let mut claims = vec![
        isolated_boots(result).into(),
        ordinary_boots(&result.ordinary).into(),
        assessment(&ordinary).into(),
    ];
    claims.extend(result.isolation.iter().filter_map(host_generator));
    let under_tcg: Vec<String> =
        ordinary.iter().filter(|t| t.accel == "tcg").map(|t| t.short_title()).collect();
    claims.extend((!under_tcg.is_empty()).then(|| Emulated { under_tcg }.into()));
    claims.extend(runs(result).map(Claim::from));
    claims.push(restart_finding(&ordinary).into());
    claims.push(orders(result, &ordinary).into());
    claims.extend(distributions(result).map(Claim::from));
    claims.push(streams(&ordinary).into());
    claims.extend(result.clones.iter().flat_map(|clones| clones.claims.clone()));
    claims.extend(result.server_keys.iter().flat_map(|keys| keys.claims.clone()));
    claims.extend(result.across.iter().map(|comparison| across(comparison).into()));
    claims.extend(result.targets.iter().find_map(lesson).map(Claim::from));
    claims.retain(|claim: &Claim| !claim.text.is_empty());
    claims
}

fn of(comparison: &Comparison) -> BootsOf {
    BootsOf { target: comparison.title(), boots: comparison.boots }
}

fn isolated_boots(result: &CompareResult) -> IsolatedBoots {
    let compared = result
        .isolation
        .iter()
        .filter(|c| c.raw_identical.is_some() || c.stream_identical.is_some())
        .filter(|c| c.target != HOST_GENERATOR);
    let (same, different): (Vec<&Comparison>, Vec<&Comparison>) =
        compared.partition(|comparison| comparison.identical);
    let tests = result
        .targets
        .iter()
        .filter(|target| target.isolated && same.iter().any(|c| c.is_of(target)))
        .filter_map(|target| target.stream.as_ref())
        .flat_map(|stream| &stream.output_tests)
        .filter(|test| test.status != Status::Invalid);
    let (made, failed) = tests.fold((0, 0), |(made, failed), test| {
        (made + 1, failed + u64::from(test.status == Status::Failed))
    });
    IsolatedBoots {
        same: same.into_iter().map(of).collect(),
        different: different.into_iter().map(of).collect(),
        output_tests_made: made,
        output_tests_failed: failed,
    }
}

fn ordinary_boots(ordinary: &[Comparison]) -> OrdinaryBoots {
    let compared =
        ordinary.iter().filter(|c| c.raw_identical.is_some() || c.stream_identical.is_some());
    let (different, alike): (Vec<&Comparison>, Vec<&Comparison>) =
        compared.partition(|comparison| comparison.all_differ);
    OrdinaryBoots {
        different: different.into_iter().map(of).collect(),
        alike: alike.into_iter().map(of).collect(),
    }
}

fn assessment(ordinary: &[&TargetResult]) -> Assessment {
    let targets = ordinary
        .iter()
        .filter_map(|target| {
            let bits_per_sample = target.spread(|boot| boot.min_entropy_bits_per_sample)?;
            Some(TargetBits { target: target.short_title(), bits_per_sample })
        })
        .collect();
    Assessment { targets }
}

fn runs(result: &CompareResult) -> Option<Runs> {
    let runs = result
        .runs
        .iter()
        .zip(LETTERS)
        .map(|(run, letter)| [letter.to_string(), run.run.clone(), run.cpu_model.clone()])
        .collect();
    (!result.runs.is_empty()).then_some(Runs { runs })
}

fn held(boot: &BootFigures) -> Option<bool> {
    boot.restarts_held
}

fn restart_finding(ordinary: &[&TargetResult]) -> RestartFinding {
    let (mut failed, mut passed) = (Vec::new(), Vec::new());
    for target in ordinary {
        let outcomes: Vec<bool> = target.boot_figures().iter().filter_map(held).collect();
        let failed_boots = outcomes.iter().filter(|held| !**held).count() as u32;
        let checked_boots = outcomes.len() as u32;
        if failed_boots > 0 {
            let target = target.short_title();
            failed.push(FailedRestarts { target, failed_boots, checked_boots });
        } else if checked_boots > 0 {
            passed.push(target.short_title());
        }
    }
    RestartFinding { failed, held: passed }
}

/// Pairs that are compared: targets of one run, or one target in several runs.
fn comparable(result: &CompareResult, a: &TargetResult, b: &TargetResult) -> bool {
    if result.runs.is_empty() { true } else { a.name == b.name && a.accel == b.accel }
}

fn orders(result: &CompareResult, ordinary: &[&TargetResult]) -> Order {
    let figures: Vec<(&TargetResult, Spread)> = ordinary
        .iter()
        .filter_map(|target| Some((*target, target.spread(|b| b.min_entropy_bits_per_sample)?)))
        .collect();
    let failed =
        |target: &TargetResult| target.boot_figures().iter().any(|boot| held(boot) == Some(false));
    let mut pairs = Vec::new();
    for (at, a) in figures.iter().enumerate() {
        pairs.extend(
            figures[at + 1..].iter().filter(|b| comparable(result, a.0, b.0)).map(|b| (a, b)),
        );
    }
    let all = pairs.len() as u32;
    pairs.retain(|(a, b)| !failed(a.0) && !failed(b.0));
    let count = pairs.len() as u32;
    let mut stated = Vec::new();
    for (a, b) in &pairs {
        let (low, high) = if a.1.median <= b.1.median { (a, b) } else { (b, a) };
        if supported(low.1.boots, high.1.boots, count) && high.1.is_clear_above(&low.1) {
            stated.push(Pair {
                lower: low.0.short_title(),
                lower_bits_per_sample: low.1,
                higher: high.0.short_title(),
                higher_bits_per_sample: high.1,
            });
        }
    }
    Order {
        stated,
        pairs: count,
        left_out: all - count,
        fewest_boots: pairs.iter().map(|(a, b)| a.1.boots.min(b.1.boots)).min().unwrap_or(0),
        needed_boots: needed_boots(count.max(1)),
    }
}

fn distributions(result: &CompareResult) -> Option<Distributions> {
    let pairs = result.distances.len() as u32;
    let different = result
        .distances
        .iter()
        .filter(|one| {
            let [a, b] = one.boots;
            one.between_low > one.within_high && supported(a, b, pairs)
        })
        .map(|one| Apart {
            targets: one.targets.clone(),
            between_low: one.between_low,
            between_high: one.between_high,
            within_high: one.within_high,
        })
        .collect();
    let fewest = result.distances.iter().flat_map(|one| one.boots).min()?;
    let needed_boots = needed_boots(pairs);
    Some(Distributions { different, pairs, fewest_boots: fewest, needed_boots })
}

fn streams(ordinary: &[&TargetResult]) -> StreamFinding {
    let streams = || ordinary.iter().filter_map(|target| target.stream.as_ref());
    let tested: Vec<OutputTests> = streams().map(output_tests).collect();
    let made = |tests: &&OutputTests| tests.passed > 0 || !tests.failed.is_empty();
    StreamFinding {
        fresh_bits_per_output_bit: streams().filter_map(|s| s.fresh_bits_per_output_bit).collect(),
        tested_streams: tested.iter().filter(made).count() as u64,
        failed_streams: tested.iter().filter(|tests| !tests.failed.is_empty()).count() as u64,
    }
}

fn lesson(target: &TargetResult) -> Option<Lesson> {
    let tests = output_tests(target.stream.as_ref().filter(|_| kind(target) == Kind::Synthetic)?);
    let tests_made = tests.passed + tests.failed.len() as u64;
    (tests_made > 0).then(|| Lesson {
        target: target.name.clone(),
        tests_made,
        tests_passed: tests.passed,
    })
}
