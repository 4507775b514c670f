// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea informed` on files: clocks that follow a rule, the old hash step, side information, and what it cannot take.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const SAMPLES: usize = 30_000;

fn ea(folder: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ea"))
        .arg("informed")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn json(folder: &TempDir, arguments: &[&str]) -> Value {
    let output = ea(folder, &[arguments, &["--json"]].concat());
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn h(json: &Value) -> f64 {
    json["min_entropy_bits_per_sample"].as_f64().unwrap_or_else(|| panic!("no figure: {json}"))
}

/// Status 2 and nothing but an error.
fn error(folder: &TempDir, arguments: &[&str]) -> String {
    let output = ea(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

fn write_words(folder: &TempDir, name: &str, words: &[u64]) {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// Numbers below `sides`, all equally likely.
fn dice(mut state: u64) -> impl FnMut(u64) -> u64 {
    move |sides| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(state) * u128::from(sides)) >> 64) as u64
    }
}

/// 100,000 deltas of the old `hash` step as it ran on a host, with the rare branches that its argument makes it take:
/// deltas, branches, and branches with a round more.
fn hash_step() -> [Vec<u64>; 3] {
    let pairs = include_bytes!("data/hash_step.bin");
    let (samples, _) = pairs.as_chunks::<3>();
    let delta = |s: &[u8; 3]| u64::from(u16::from_le_bytes([s[0], s[1]]));
    [
        samples.iter().map(delta).collect(),
        samples.iter().map(|s| u64::from(s[2] >> 4)).collect(),
        samples.iter().map(|s| u64::from(s[2] & 15)).collect(),
    ]
}

#[test]
fn clocks_that_follow_a_rule_have_nothing_left() {
    let folder = tempfile::tempdir().unwrap();
    let mut fibonacci = vec![1_u64, 2];
    for at in 2..SAMPLES {
        fibonacci.push(fibonacci[at - 1].wrapping_add(fibonacci[at - 2]));
    }
    let cubes: Vec<u64> = (0..=SAMPLES as u64).map(|n| n.pow(3)).collect();
    let deltas: Vec<u64> = cubes.windows(2).map(|pair| pair[1] - pair[0]).collect();
    write_words(&folder, "cubes", &cubes);
    write_words(&folder, "deltas", &deltas);
    write_words(&folder, "fibonacci", &fibonacci);
    for arguments in [
        &["--format", "u64le", "--counter", "cubes"][..],
        &["--format", "u64le", "--force", "deltas"],
        &["--format", "u64le", "--force", "fibonacci"],
    ] {
        let json = json(&folder, arguments);
        assert!(h(&json) < 0.001, "{arguments:?}: {}", json["verdict"]);
    }
    // SP 800-90B's estimators see most of the bits as entropy.
    let output = Command::new(env!("CARGO_BIN_EXE_ea"))
        .args(["assess", "--quick", "--format", "u64le", "--force", "--json", "fibonacci"])
        .current_dir(&folder)
        .output()
        .unwrap();
    let blind: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(h(&blind) > 0.1, "{}", blind["verdict"]);
    // Where every sample is guessed right no entropy is awarded.
    write_words(&folder, "constant", &[100; 5_000]);
    let output = ea(&folder, &["--format", "u64le", "constant", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["status"]), (Some(1), &"predictable".into()));
    assert_eq!(h(&json), 0.0);
}

#[test]
fn the_old_hash_step_is_seen_through_by_columns_and_by_files() {
    let folder = tempfile::tempdir().unwrap();
    let [deltas, branches, longer] = hash_step();
    let mut table = "delta,branches,longer\n".to_owned();
    for at in 0..deltas.len() {
        table += &format!("{},{},{}\n", deltas[at], branches[at], longer[at]);
    }
    std::fs::write(folder.path().join("run.csv"), table).unwrap();
    write_words(&folder, "branches", &branches);
    let bytes: Vec<u8> = longer.iter().map(|&value| value as u8).collect();
    std::fs::write(folder.path().join("longer"), bytes).unwrap();
    let of_table = ["--format", "dec", "--column", "1", "run.csv"];
    let blind = json(&folder, &of_table);
    assert!(h(&blind) > 1.8, "{}", blind["verdict"]);
    let by_columns =
        json(&folder, &[&of_table[..], &["--side", "rare=2", "--side", "longer=3"]].concat());
    assert!(h(&by_columns) < 0.7 * h(&blind), "{}", by_columns["verdict"]);
    assert!(by_columns["best"]["predictor"].as_str().unwrap().contains("rare"), "{by_columns}");
    let sides = ["--side", "rare=branches", "--side", "longer=u8:longer"];
    let by_files = json(&folder, &[&of_table[..], &sides].concat());
    assert_eq!(by_files["predictors"], by_columns["predictors"]);
    let files = by_columns["provenance"]["files"].as_array().unwrap();
    let columns: Vec<_> = files.iter().map(|file| file["column"].as_u64()).collect();
    assert_eq!(columns, [Some(1), Some(2), Some(3)]);
    let files = by_files["provenance"]["files"].as_array().unwrap();
    let named: Vec<_> = files.iter().map(|file| (&file["name"], &file["format"])).collect();
    let of = |name: &str, format: &str| (Value::from(name), Value::from(format));
    let wanted = [of("run.csv", "dec"), of("branches", "u64le"), of("longer", "u8")];
    assert_eq!(named, wanted.iter().map(|(name, format)| (name, format)).collect::<Vec<_>>());
    // Side information may rise, which deltas of a clock do not.
    write_words(&folder, "rising", &(0..deltas.len() as u64).collect::<Vec<_>>());
    let rising = json(&folder, &[&of_table[..], &["--side", "number=rising"]].concat());
    let warned = rising["input_warnings"].to_string();
    assert!(warned.contains("side information number: each value is larger"), "{warned}");
    // A slice is one of the side information, too.
    let slice = ["--from", "50000", "--count", "20000"];
    let sliced = json(&folder, &[&of_table[..], &sides, &slice].concat());
    assert_eq!(sliced["samples"], 20_000);
    assert!(h(&sliced) < 0.7 * h(&blind), "{}", sliced["verdict"]);
}

#[test]
fn text_has_the_finding_and_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = dice(3);
    let values: Vec<u64> = (0..SAMPLES).map(|_| dice(16)).collect();
    let deltas: Vec<u64> = values.iter().map(|value| 700 + 26 * value).collect();
    write_words(&folder, "deltas", &deltas);
    write_words(&folder, "known", &values);
    let output =
        ea(&folder, &["--format", "u64le", "--side", "known=known", "--window", "7,64", "deltas"]);
    let text = String::from_utf8(output.stdout).unwrap();
    for part in [
        "30000 samples of 8 bits, 16 different symbols; 15000 trained on, 15000 guessed",
        "column known",
        "H = -log2(max(p, 1/16))",
        "bits/sample: of ",
        "file     deltas: 240000 bytes as u64le, SHA-256 ",
        "file     known: 240000 bytes as u64le, SHA-256 ",
        "tool     ea ",
        "command  ",
    ] {
        assert!(text.contains(part), "no {part:?}: {text}");
    }
    let shown = |text: &str| text.lines().filter(|line| line.contains(" %  ")).count();
    assert_eq!(shown(&text), 10, "{text}");
    let output = ea(&folder, &["--format", "u64le", "--window", "7,64", "--all", "deltas"]);
    let all = String::from_utf8(output.stdout).unwrap();
    assert!(shown(&all) > 50 && all.contains("position modulo 7\n"), "{all}");
    // The step is one of these deltas, and the samples are guessed no better than 1 in 16.
    let blind = json(&folder, &["--format", "u64le", "deltas"]);
    assert!(h(&blind) > 3.6, "{}", blind["verdict"]);
    assert!(blind["step"].as_str().unwrap().contains("divides all deltas"), "{}", blind["step"]);
}

#[test]
fn another_boot_and_a_counters_columns_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = dice(5);
    let steps: Vec<u64> = (0..SAMPLES).map(|_| dice(64)).collect();
    let deltas: Vec<u64> = steps.iter().map(|step| 500 + step).collect();
    write_words(&folder, "first", &deltas);
    write_words(&folder, "second", &deltas[..SAMPLES - 10]);
    let twice = json(&folder, &["--format", "u64le", "--boot", "second", "first"]);
    assert!(h(&twice) < 0.01, "{}", twice["verdict"]);
    assert_eq!(twice["provenance"]["files"][1]["name"], "second");
    let symbols: Vec<u8> = steps.iter().map(|&step| step as u8).collect();
    std::fs::write(folder.path().join("symbols"), symbols).unwrap();
    let twice = json(&folder, &["--bits", "6", "--boot", "symbols", "symbols"]);
    assert!(h(&twice) < 0.001, "{}", twice["verdict"]);
    // The row of a reading says how long the sample took that ends there.
    let mut now = 1 << 40;
    let mut table = format!("{now} 0\n");
    for (delta, step) in deltas.iter().zip(&steps) {
        now += delta;
        table += &format!("{now} {step}\n");
    }
    std::fs::write(folder.path().join("readings.txt"), table).unwrap();
    let of_counter = ["--format", "dec", "--column", "1", "--counter", "readings.txt"];
    let blind = json(&folder, &of_counter);
    assert!(h(&blind) > 5.0, "{}", blind["verdict"]);
    let informed = json(&folder, &[&of_counter[..], &["--side", "step=2"]].concat());
    assert!(h(&informed) < 0.05, "{}", informed["verdict"]);
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write_words(&folder, "deltas", &(0..2_000).map(|n| 100 + n * n % 97).collect::<Vec<_>>());
    write_words(&folder, "short", &[1; 1_999]);
    std::fs::write(folder.path().join("words.txt"), "one\ntwo\n").unwrap();
    std::fs::write(folder.path().join("table.csv"), "1,2\n3,4\n".repeat(600)).unwrap();
    let with = |side: &str| error(&folder, &["--format", "u64le", "--side", side, "deltas"]);
    let of_table = |side: &str| {
        error(&folder, &["--format", "dec", "--column", "1", "--side", side, "table.csv"])
    };
    for (said, part) in [
        (with("line=short"), "column `line` has 1999 values for 2000 samples"),
        (with("short"), "branches=FILE"),
        (with("=short"), "branches=FILE"),
        (with("line=0"), "numbered from 1"),
        (with("line=2"), "--format dec or hex"),
        (with("line=absent"), "reading side information line: opening absent"),
        (with("line=words.txt"), "reading side information line"),
        (of_table("line=3"), "--column 3 was asked for"),
        (error(&folder, &["--window", "0", "deltas"]), "--window"),
        (error(&folder, &["deltas"]), "--format u64le"),
        (error(&folder, &["--format", "u64le", "--boot", "absent", "deltas"]), "opening absent"),
    ] {
        assert!(said.contains(part), "no {part:?}: {said}");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_ea"))
        .args(["informed", "--format", "dec", "--column", "1", "--side", "line=2", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all("1,2\n3,4\n".repeat(600).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("only once"), "{said}");
}

#[test]
fn too_few_samples_have_no_figure() {
    let folder = tempfile::tempdir().unwrap();
    write_words(&folder, "few", &[100; 999]);
    let output = ea(&folder, &["--format", "u64le", "few"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("INVALID: 999 samples"), "{text}");
    assert!(text.contains("SHA-256"), "{text}");
    let output = ea(&folder, &["--format", "u64le", "few", "--json"]);
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &json["status"]), (Some(1), &"invalid".into()));
    assert!(json["reason"].as_str().unwrap().starts_with("999 samples are too few"), "{json}");
    assert_eq!(json["min_entropy_bits_per_sample"], Value::Null);
}
