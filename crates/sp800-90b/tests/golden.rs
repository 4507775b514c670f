// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every figure that NIST's tool prints (`ea_non_iid -i -a -vv`, version 1.1 line format) against ours.
//!
//! The small data sets are in `tests/data`. Larger ones, such as those that NIST ships with its tool, are not part of
//! the repository: the test that reads them is skipped unless a folder is named:
//! `UCHAOS_SP800_90B_DATA=FOLDER cargo test -p sp800-90b --test golden`.
//! A set is `X.bin` (one symbol per byte) and `X.res`.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use libtest_mimic::{Arguments, Completion, Trial};
use serde_json::Value;
use sp800_90b::{Symbols, Track, assess};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Names the folder of the large sets.
const FOLDER: &str = "UCHAOS_SP800_90B_DATA";

/// Reals must agree to this, relative to the tool's.
const TOLERANCE: f64 = 1e-9;

/// One line `Bitstring Lag Prediction Estimate: C = 39922` of the tool.
struct Figure {
    on: String,
    estimator: &'static str,
    name: &'static str,
    value: String,
}

fn estimator_key(title: &str) -> &'static str {
    match title {
        "Most Common Value" => "mcv",
        "Collision" => "collision",
        "Markov" => "markov",
        "Compression" => "compression",
        "t-Tuple" => "t_tuple",
        "LRS" => "lrs",
        "MultiMCW Prediction" => "multi_mcw",
        "Lag Prediction" => "lag",
        "MultiMMC Prediction" => "multi_mmc",
        "LZ78Y Prediction" => "lz78y",
        other => panic!("the tool prints an estimator that we do not know: {other}"),
    }
}

fn figure_key(estimator: &str, name: &str) -> &'static str {
    match name {
        "Mode count" => "mode_count",
        "p-hat" => "p_hat",
        "p-hat_max" => "p_hat_max",
        "p_u" => "p_u",
        "min entropy" => "min_entropy",
        "v" => "v",
        "Sum t_i" => "sum_t",
        "X-bar" => "x_bar",
        "sigma-hat" => "sigma_hat",
        "X-bar'" => "x_bar_prime",
        "p" => "p",
        "P_0" => "p_0",
        "P_1" => "p_1",
        "P_{0,0}" => "p_00",
        "P_{0,1}" => "p_01",
        "P_{1,0}" => "p_10",
        "P_{1,1}" => "p_11",
        "t" => "t",
        "u" => "u",
        "C" => "c",
        "r" => "r",
        "N" => "n",
        "P_global" => "p_global",
        "P_global'" => "p_global_prime",
        "P_local" => "p_local",
        other => panic!("the tool prints a figure of {estimator} that we do not know: {other}"),
    }
}

/// The figures in a `.res` file, and the number of lines that say something without a figure.
fn figures(text: &str) -> (Vec<Figure>, Vec<(String, &'static str, String)>) {
    let (mut figures, mut remarks) = (Vec::new(), Vec::new());
    for line in text.lines() {
        let Some((head, rest)) = line.split_once(" Estimate: ") else { continue };
        let Some((on, title)) = head.split_once(' ') else { continue };
        let estimator = estimator_key(title);
        let on = on.to_lowercase();
        match rest.split_once(" = ") {
            Some((name, value)) => figures.push(Figure {
                on,
                estimator,
                name: figure_key(estimator, name),
                value: value.to_owned(),
            }),
            None => remarks.push((on, estimator, rest.to_owned())),
        }
    }
    (figures, remarks)
}

fn same(what: &str, ours: &Value, theirs: &str) {
    if !theirs.contains(['.', 'e']) && ours.is_u64() {
        assert_eq!(ours.to_string(), theirs, "{what}");
        return;
    }
    let theirs: f64 = theirs.parse().unwrap();
    let ours = ours.as_f64().unwrap_or_else(|| panic!("{what}: we have {ours}, the tool {theirs}"));
    assert!(
        (ours - theirs).abs() <= TOLERANCE * theirs.abs(),
        "{what}: {ours} is not the tool's {theirs}"
    );
}

fn check(bin: &Path) {
    let set = bin.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(bin.with_extension("res")).unwrap();
    let loaded = text.lines().find(|line| line.starts_with("Loaded ")).unwrap();
    let bits: u8 = loaded.split(' ').nth(6).unwrap().split('-').next().unwrap().parse().unwrap();
    let symbols = Symbols::new(std::fs::read(bin).unwrap(), bits).unwrap();
    assert!(loaded.starts_with(&format!("Loaded {} samples", symbols.len())), "{set}");
    let assessment = assess(&symbols, Track::NonIid).unwrap();
    let ours = serde_json::to_value(&assessment).unwrap();

    let (figures, remarks) = figures(&text);
    assert!(figures.len() > 50, "{set}: only {} figures were read", figures.len());
    for figure in &figures {
        let what = format!("{set}: {} {} {}", figure.on, figure.estimator, figure.name);
        same(&what, &ours["estimators"][&figure.on][figure.estimator][figure.name], &figure.value);
    }
    for (on, estimator, remark) in &remarks {
        let figures = &ours["estimators"][on][*estimator];
        match remark.as_str() {
            "Found p." => assert_eq!(figures["found_p"], true, "{set} {on} {estimator}"),
            "P_local can't change the result." => {
                assert!(figures["p_local"].is_null(), "{set} {on} {estimator}");
            }
            other if other.starts_with("Could Not Find p") => {
                assert_eq!(figures["found_p"], false, "{set} {on} {estimator}");
            }
            other => panic!("{set}: the tool says of {estimator} what we do not know: {other}"),
        }
    }
    let finals = [
        ("H_bitstring = ", "h_bitstring"),
        ("H_original: ", "h_original"),
        ("H_original = ", "h_original"),
        ("Assessed min entropy: ", "min_entropy_bits_per_sample"),
    ];
    for (prefix, key) in finals {
        if let Some(theirs) = text.lines().find_map(|line| line.strip_prefix(prefix)) {
            // The tool leaves out an estimator that would need more samples; we then draw no conclusion.
            if text.contains("not enough samples") {
                assert_eq!(
                    (&ours["status"], &ours[key]),
                    (&"invalid".into(), &Value::Null),
                    "{set}"
                );
            } else {
                same(&format!("{set}: {key}"), &ours[key], theirs);
            }
        }
    }
}

fn sets_in(folder: &Path) -> Vec<PathBuf> {
    let mut sets: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    sets.retain(|path| {
        path.extension().is_some_and(|extension| extension == "bin")
            && path.with_extension("res").is_file()
    });
    sets.sort();
    sets
}

fn main() -> ExitCode {
    let small = Trial::test("small_sets_agree_with_nists_tool", || {
        let sets = sets_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data"));
        assert_eq!(sets.len(), 14);
        sets.iter().for_each(|set| check(set));
        Ok(())
    });
    let large = Trial::ignorable_test("large_sets_agree_with_nists_tool", || {
        let Some(folder) = std::env::var_os(FOLDER) else {
            let needs = format!("needs {FOLDER}, a folder of X.bin and X.res");
            return Ok(Completion::ignored_with(needs));
        };
        let sets = sets_in(Path::new(&folder));
        assert!(!sets.is_empty(), "{} holds no X.bin with its X.res", folder.display());
        sets.iter().for_each(|set| check(set));
        Ok(Completion::Completed)
    });
    libtest_mimic::run(&Arguments::from_args(), vec![small, large]).exit_code()
}
