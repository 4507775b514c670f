// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every figure of the IID track that does not depend on chance, against what NIST's tool prints (`ea_iid -i -a -vvv`,
//! version 1.1.7): the lines of `tests/data/X.iid` that name a result.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use sp800_90b::{Symbols, Track, assess};
use std::path::{Path, PathBuf};

/// Reals must agree to this, relative to the tool's.
const TOLERANCE: f64 = 1e-9;

/// Our figure for the tool's name of it.
fn figure<'a>(iid: &'a Value, test: &str, name: &str) -> &'a Value {
    let test = match test {
        "Chi square independence" => "independence",
        "Chi square goodness of fit" => "goodness_of_fit",
        "Literal Longest Repeated Substring results" => "lrs_length",
        "Permutation testing" => {
            let name = name.strip_prefix("Unpermuted result ").unwrap();
            return &statistic(iid, name)["original"];
        }
        other => panic!("the tool names a test that we do not know: {other}"),
    };
    let name = match name {
        "T" => "score",
        "df" => "degrees_of_freedom",
        "P-value" => "p_value",
        "P_col" => "p_col",
        "W" => "w",
        "Pr(X >= 1)" => "probability",
        other => panic!("the tool names a figure of {test} that we do not know: {other}"),
    };
    &iid[test][name]
}

/// The statistic that the tool calls `numDirectionalRuns` or `periodicity(16)`.
fn statistic<'a>(iid: &'a Value, name: &str) -> &'a Value {
    let mut ours = String::new();
    for character in name.chars() {
        match character {
            '(' => ours.push('_'),
            ')' => {}
            upper if upper.is_uppercase() => ours.extend(['_', upper.to_ascii_lowercase()]),
            other => ours.push(other),
        }
    }
    let statistics = iid["permutation"]["statistics"].as_array().unwrap();
    statistics.iter().find(|statistic| statistic["statistic"] == *ours).unwrap()
}

fn check(path: &Path) {
    let set = path.file_stem().unwrap().to_string_lossy();
    let text = std::fs::read_to_string(path).unwrap();
    let loaded = text.lines().next().unwrap();
    let bits: u8 = loaded.split(' ').nth(6).unwrap().split('-').next().unwrap().parse().unwrap();
    let raw = std::fs::read(path.with_extension("bin")).unwrap();
    let symbols = Symbols::new(raw, bits).unwrap();
    let assessment = assess(&symbols, Track::Iid { seed: 90 }).unwrap();
    let ours = serde_json::to_value(assessment.iid.unwrap()).unwrap();
    let mut compared = 0;
    for line in text.lines().skip(1) {
        if let Some((test, passed)) = line.split_once(": ").filter(|(test, _)| {
            *test == "Chi square tests" || *test == "Length of longest repeated substring test"
        }) {
            let passes = |test: &str| ours[test]["passed"].as_bool().unwrap();
            let both = passes("independence") && passes("goodness_of_fit");
            let ours = if test == "Chi square tests" { both } else { passes("lrs_length") };
            assert_eq!(ours, passed == "Passed", "{set}: {test}");
            continue;
        }
        let (head, theirs) = line.split_once(" = ").unwrap();
        let theirs: f64 = theirs.parse().unwrap();
        let figure = match head.split_once(": ") {
            Some((test, name)) => figure(&ours, test, name),
            None if head == "Raw Mean" => &ours["raw_mean"],
            None => {
                assert_eq!(head, "Median");
                &ours["median"]
            }
        };
        let figure = figure.as_f64().unwrap_or_else(|| panic!("{set}: we have no {head}"));
        assert!(
            (figure - theirs).abs() <= TOLERANCE * theirs.abs(),
            "{set}: {head}: {figure} is not the tool's {theirs}"
        );
        compared += 1;
    }
    assert!(compared >= 28, "{set}: only {compared} figures were compared");
}

#[test]
fn small_sets_agree_with_nists_tool() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut sets: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    sets.retain(|path| path.extension().is_some_and(|extension| extension == "iid"));
    assert_eq!(sets.len(), 11);
    sets.iter().for_each(|set| check(set));
}
