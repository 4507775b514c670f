// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea` in the place of NIST's programs: the same command lines, against what the real tool printed (version 1.1.7,
//! which release 1.1.8 prints too; `tests/data/nist`).
//!
//! A recording `X.txt` is the command, the output without the usage text and the progress, and the exit status; `X.json` is a record of
//! `-o`. Text must be equal, and each number within 1e-9. The shuffles' counts depend on the tool's random seed, and are
//! not compared; their verdict is. The recorded data pass or fail with every seed: the tool was run eight times on each.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

#[path = "../src/test_noise.rs"]
mod test_noise;

use serde_json::Value;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
const TOOL: &str = env!("CARGO_BIN_EXE_ea");

/// Runs a recorded command line by its program's name.
fn called(command: &str, more: &[&str]) -> Output {
    let mut words = command.split(' ');
    let program = words.next().unwrap();
    Command::new(TOOL).arg0(program).args(words).args(more).current_dir(DATA).output().unwrap()
}

/// What of the output does not depend on chance or on how a program is used wrongly.
fn lines(text: &str) -> Vec<String> {
    text.lines()
        .take_while(|line| !line.starts_with("Usage is"))
        .filter(|line| !line.starts_with("Attempting to compute entropy"))
        .filter(|line| !is_count(line))
        .map(str::to_owned)
        .collect()
}

/// A row of the table of shuffles.
fn is_count(line: &str) -> bool {
    let fields: Vec<&str> = line.split_whitespace().collect();
    fields.len() == 4 && fields[1..].iter().all(|field| field.parse::<u32>().is_ok())
}

fn assert_same_line(recorded: &str, ours: &str, name: &str) {
    let split = |line: &str| -> Vec<String> {
        line.split([' ', '\t', '(', ')', ',', ';', ':', '^', '\'']).map(str::to_owned).collect()
    };
    let (recorded_words, our_words) = (split(recorded), split(ours));
    assert_eq!(recorded_words.len(), our_words.len(), "{name}:\n{recorded}\n{ours}");
    for (recorded_word, our_word) in recorded_words.iter().zip(&our_words) {
        let same = match (recorded_word.parse::<f64>(), our_word.parse::<f64>()) {
            (Ok(tools), Ok(ours)) if tools.is_finite() => {
                (tools - ours).abs() <= 1e-9 * tools.abs()
            }
            _ => recorded_word == our_word,
        };
        assert!(same, "{name}:\n{recorded}\n{ours}");
    }
}

#[test]
fn every_recording_is_repeated() {
    let mut seen = 0;
    for entry in std::fs::read_dir(format!("{DATA}/nist")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        seen += 1;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let recording = std::fs::read_to_string(&path).unwrap();
        let (command, expected) = recording.split_once('\n').unwrap();
        let command = command.strip_prefix("$ ").unwrap();
        let output = called(command, &[]);
        let mut ours = lines(&String::from_utf8(output.stdout).unwrap());
        ours.push(format!("status {}", output.status.code().unwrap()));
        let expected = lines(expected);
        assert_eq!(expected.len(), ours.len(), "{name}: {ours:#?}");
        for (expected, ours) in expected.iter().zip(&ours) {
            assert_same_line(expected, ours, &name);
        }
    }
    assert!(seen >= 15, "{seen} recordings");
}

#[test]
fn every_record_has_the_same_fields() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for entry in std::fs::read_dir(format!("{DATA}/nist")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        seen += 1;
        let expected = std::fs::read_to_string(&path).unwrap();
        let tools: Value = serde_json::from_str(&expected).unwrap();
        let out = folder.path().join(path.file_name().unwrap());
        let output = called(tools["commandline"].as_str().unwrap(), &["-o", out.to_str().unwrap()]);
        let level = tools["errorLevel"].as_i64().unwrap();
        assert_eq!(output.status.code(), Some((level & 0xff) as i32));
        let text = std::fs::read_to_string(&out).unwrap();
        let ours: Value = serde_json::from_str(&text).unwrap();
        assert_same(&tools, &ours, "");
        // Laid out alike, so that a script that takes lines by grep finds them.
        assert_eq!(text.lines().count(), expected.lines().count());
        for (expected, ours) in expected.lines().zip(text.lines()) {
            let key = |line: &str| line.split(" : ").next().unwrap().to_owned();
            assert_eq!(key(expected), key(ours));
        }
    }
    assert_eq!(seen, 6);
}

fn assert_same(tools: &Value, ours: &Value, path: &str) {
    match (tools, ours) {
        // What names the run, and what chance decides.
        _ if ["/commandline", "/dateTimeStamp"].contains(&path)
            || path.contains("permutationTestResults/") && !path.ends_with("iteration") => {}
        (Value::Object(tools), Value::Object(ours)) => {
            let keys = |of: &serde_json::Map<String, Value>| of.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(tools), keys(ours), "{path}");
            for (key, tool) in tools {
                assert_same(tool, &ours[key], &format!("{path}/{key}"));
            }
        }
        (Value::Array(tools), Value::Array(ours)) => {
            assert_eq!(tools.len(), ours.len(), "{path}");
            for (at, (tool, our)) in tools.iter().zip(ours).enumerate() {
                assert_same(tool, our, &format!("{path}/{at}"));
            }
        }
        (Value::Number(tool), Value::Number(our)) => {
            let (tool, our) = (tool.as_f64().unwrap(), our.as_f64().unwrap());
            assert!((tool - our).abs() <= 1e-9 * tool.abs(), "{path}: {tool} {our}");
        }
        _ => assert_eq!(tools, ours, "{path}"),
    }
}

#[test]
fn a_link_with_the_programs_name_and_the_command_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("ea_non_iid");
    symlink(TOOL, &link).unwrap();
    let file = format!("{DATA}/rand4_short.bin");
    let by_link = Command::new(&link).args([&file, "4"]).output().unwrap();
    let by_command =
        Command::new(TOOL).args(["nist-compat", "ea_non_iid", &file, "4"]).output().unwrap();
    assert!(by_link.status.success());
    assert_eq!(by_link.stdout, by_command.stdout);
    let version = Command::new(&link).arg("--version").output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("noniid 1.1.7\n"));
}

#[test]
fn a_matrix_is_tested_and_transposed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let matrix: Vec<u8> = test_noise::symbols(1, 3).take(1_000_000).collect();
    std::fs::write(path("rows"), &matrix).unwrap();
    let run = |command: &str| {
        let output = called(command, &[]);
        (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
    };
    let (status, out) = run(&format!("ea_restart -v {} 1 0.9", path("rows")));
    assert_eq!(status, 0, "{out}");
    for line in ["H_I: 0.900000", "Restart Sanity Check Passed...", "Validation Test Passed..."] {
        assert!(out.lines().any(|seen| seen == line), "{out}");
    }
    assert!(out.contains("\tLZ78Y Prediction Test Estimate (Cols) = 0.99"), "{out}");
    let (status, out) = run(&format!("ea_restart -i -vv {} 1 0.9", path("rows")));
    assert_eq!(status, 0, "{out}");
    // Once for the rows and once for the columns.
    assert_eq!(out.matches("Chi square independence: df = ").count(), 2, "{out}");
    let (status, _) = run(&format!("ea_transpose {} {}", path("rows"), path("columns")));
    let columns = std::fs::read(path("columns")).unwrap();
    assert_eq!((status, columns[1], columns[1000]), (0, matrix[1000], matrix[1]));
    // A source that restarts alike.
    let alike: Vec<u8> = matrix[..1000].repeat(1000);
    std::fs::write(path("alike"), alike).unwrap();
    let (status, out) = run(&format!("ea_restart -o {} {} 1 0.9", path("r.json"), path("alike")));
    assert!(status == 255 && out.contains("*** Restart Sanity Check Failed ***"), "{out}");
    let record: Value =
        serde_json::from_str(&std::fs::read_to_string(Path::new(&path("r.json"))).unwrap())
            .unwrap();
    assert_eq!((&record["errorLevel"], &record["type"]), (&(-1).into(), &"Restart".into()));
    assert_eq!(record["errorMessage"], "Restart Sanity Check Failed.");
}
