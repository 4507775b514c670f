// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea` over many files, its reports, its output tests, and its own help and version.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
const TOOL: &str = env!("CARGO_BIN_EXE_ea");

fn ea(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn captures(folder: &Path) {
    for name in ["rand4_short.bin", "uniform5.bin", "few8.bin", "biased1.bin"] {
        std::fs::copy(format!("{DATA}/{name}"), folder.join(name)).unwrap();
    }
    std::fs::write(folder.join("constant.bin"), [7; 5000]).unwrap();
    std::fs::write(folder.join("lines.txt"), "12\n13\n15\n".repeat(500)).unwrap();
}

#[test]
fn a_batch_lists_the_worst_first_and_continues_where_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let captured = folder.path().join("captures");
    std::fs::create_dir(&captured).unwrap();
    captures(&captured);
    let run = || {
        let output = ea(folder.path(), &["batch", "captures", "--quick", "--json"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let json: Value = serde_json::from_slice(&output.stdout).unwrap();
        json["files"].as_array().unwrap().clone()
    };
    let first = run();
    let names: Vec<&str> = first.iter().map(|file| file["name"].as_str().unwrap()).collect();
    assert_eq!(names[0], "captures/lines.txt");
    assert!(first[0]["error"].as_str().unwrap().contains("--format dec"));
    assert_eq!(names[1], "captures/constant.bin");
    let per_bit: Vec<f64> = first[2..]
        .iter()
        .map(|file| {
            let made = &file["assessment"];
            made["min_entropy_bits_per_sample"].as_f64().unwrap()
                / made["bits_per_symbol"].as_f64().unwrap()
        })
        .collect();
    assert!(per_bit.is_sorted() && per_bit.len() == 4, "{per_bit:?}");
    let state = folder.path().join("ea-batch.jsonl");
    let noted = std::fs::read_to_string(&state).unwrap();
    assert_eq!(noted.lines().count(), 6);
    // Stopped in the middle of the third line: two are kept, four are assessed again.
    let kept = noted.lines().take(2).map(|line| format!("{line}\n")).collect::<String>();
    std::fs::write(&state, format!("{kept}{{\"name\":\"cap\n")).unwrap();
    assert_eq!(run(), first);
    assert_eq!(std::fs::read_to_string(&state).unwrap().lines().count(), 7);
    // A file that changed is assessed again, the others are not.
    std::fs::copy(captured.join("biased1.bin"), captured.join("uniform5.bin")).unwrap();
    assert_ne!(run(), first);
    assert_eq!(std::fs::read_to_string(&state).unwrap().lines().count(), 8);
}

#[test]
fn a_report_is_one_page_with_the_finding_and_its_source() {
    let folder = tempfile::tempdir().unwrap();
    captures(folder.path());
    std::fs::rename(folder.path().join("few8.bin"), folder.path().join("a<b>&.bin")).unwrap();
    let files = ["report", "rand4_short.bin", "a<b>&.bin", "--html", "out.html"];
    let output = ea(folder.path(), &files);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let page = std::fs::read_to_string(folder.path().join("out.html")).unwrap();
    for part in [
        "a&lt;b&gt;&amp;.bin",
        "a9e2169cb1accc78cd23892d793a232b84b0cd13ccc3923526e0b20762bd77ac",
        "INVALID",
        "compression",
        "3.215488",
        "ea report rand4_short.bin",
    ] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("a<b>") && !page.contains("<script"));
}

#[test]
fn every_answer_says_where_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    captures(folder.path());
    let json = |arguments: &[&str]| -> Value {
        let output = ea(folder.path(), arguments);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let answers = [
        json(&["rand4_short.bin", "--json"]),
        json(&["--track", "iid", "--seed", "7", "biased1.bin", "--json"]),
        json(&[
            "restart",
            "--rows",
            "100",
            "--columns",
            "100",
            "--h-i",
            "2",
            "rand4_short.bin",
            "--json",
        ]),
        json(&["conditioning", "--n-in", "512", "--n-out", "256", "--h-in", "300", "--json"]),
        json(&["cutoffs", "--h", "0.5", "--json"]),
    ];
    for answer in &answers {
        let source = &answer["provenance"];
        assert_eq!(source["tool"]["version"], env!("CARGO_PKG_VERSION"), "{answer}");
        assert!(source["command_line"].as_array().unwrap().len() > 2);
        assert!(source["utc"].as_str().unwrap().ends_with('Z'));
        assert!(source["threads"].as_u64().unwrap() > 0);
    }
    let file = &answers[0]["provenance"]["files"][0];
    assert_eq!(file["name"], "rand4_short.bin");
    assert_eq!(file["len_bytes"], 10_000);
    assert_eq!(file["sha256"], "a9e2169cb1accc78cd23892d793a232b84b0cd13ccc3923526e0b20762bd77ac");
    assert_eq!(answers[1]["provenance"]["seed"], 7);
    let shown = text(&ea(folder.path(), &["rand4_short.bin"]).stdout);
    assert!(shown.contains("SHA-256 a9e2169c") && shown.contains("\ntool     ea "), "{shown}");
}

#[test]
fn output_tests_are_labelled_and_shown_next_to_a_rule() {
    let folder = tempfile::tempdir().unwrap();
    let mut state = 11_u64;
    let noise: Vec<u8> = (0..100_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
            (state >> 56) as u8
        })
        .collect();
    std::fs::write(folder.path().join("noise.bin"), noise).unwrap();
    std::fs::write(folder.path().join("bad.bin"), [0xF0; 100_000]).unwrap();
    let good = ea(folder.path(), &["looks", "noise.bin", "--json"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let json: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!(json["label"], "output tests: they say nothing about entropy");
    let outcomes = |list: &Value| -> Vec<String> {
        let tests = list.as_array().unwrap().iter();
        tests.map(|test| test["outcome"].as_str().unwrap().to_owned()).collect()
    };
    assert!(outcomes(&json["rule_without_entropy"]).iter().all(|outcome| outcome == "passed"));
    let ours = outcomes(&json["tests"]);
    assert!(ours.contains(&"not_run".to_owned()) && !ours.contains(&"failed".to_owned()));
    let bad = ea(folder.path(), &["looks", "--bits", "8", "bad.bin"]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(text(&bad.stdout).starts_with("output tests: they say nothing about entropy"));
}

#[test]
fn help_is_short_and_completions_and_manual_name_every_command() {
    let here = Path::new(".");
    let help = text(&ea(here, &["--help"]).stdout);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // A description that is too long for its line continues further to the right.
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    for known in ["assess", "informed", "restart", "esv", "nist-compat", "man"] {
        assert!(commands.contains(&known), "{known}: {help}");
    }
    for &command in &commands {
        for flag in ["-h", "--help"] {
            // NIST's programs have their own -h.
            if ["nist-compat", "help"].contains(&command) {
                continue;
            }
            let help = text(&ea(here, &[command, flag]).stdout);
            assert!((5..100).contains(&help.lines().count()), "{command}: {help}");
        }
    }
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = text(&ea(here, &["completions", shell]).stdout);
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
        assert!(script.contains("--counter") || script.contains("counter"), "{shell}");
    }
    let page = text(&ea(here, &["man"]).stdout);
    assert!(page.contains(".TH ea 1") && page.contains("Exit status"), "{page}");
    let page = text(&ea(here, &["man", "assess"]).stdout);
    assert!(page.contains("\\-\\-counter"), "{page}");
    let page = text(&ea(here, &["man", "informed"]).stdout);
    assert!(page.contains(".TH ea-informed 1") && page.contains("\\-\\-side"), "{page}");
    assert_eq!(ea(here, &["man", "nosuch"]).status.code(), Some(2));
}
