// SPDX-License-Identifier: GPL-2.0-or-later
//! A run recorded by an earlier version (commit 330cec4, `compare --samples 2000 --stream 4K --restarts 20x20`) still
//! opens: it can be assessed again, its report can be regenerated, and no field of its result.json has disappeared.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use guest_run::archive::read_back;
use serde_json::Value;

const RUN: &str = "2026-11-28T19-04-46Z";

/// A runs folder with the recorded run in it.
fn runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let archive = include_bytes!("data/run-of-2026-11-28.cpio.gz");
    for (name, bytes) in read_back(archive).unwrap() {
        let path = folder.path().join(RUN).join(&name);
        if bytes.is_empty() && Path::new(&name).extension().is_none() {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    folder
}

fn uchaos(runs: &Path, arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos"));
    let output = command.args(arguments).arg("--runs").arg(runs).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn result(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("result.json")).unwrap()).unwrap()
}

/// The path of every field, with `[]` for an element of a list.
fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = format!("{path}.{name}");
                fields(member, &path, found);
                found.insert(path);
            }
        }
        Value::Array(elements) => {
            elements.iter().for_each(|element| fields(element, &format!("{path}[]"), found));
        }
        _ => {}
    }
}

#[test]
fn it_is_assessed_again_and_no_field_of_its_result_has_gone() {
    let runs = runs();
    let recorded = result(&runs.path().join(RUN));
    uchaos(runs.path(), &["compare", RUN]);
    assert!(!runs.path().join("latest").exists(), "an assessment holds no samples");
    let assessed = fs::read_dir(runs.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().is_some_and(|name| name != RUN))
        .unwrap();
    let again = result(&assessed);
    let (mut before, mut now) = (BTreeSet::new(), BTreeSet::new());
    fields(&recorded, "", &mut before);
    fields(&again, "", &mut now);
    let gone: Vec<_> = before.difference(&now).collect();
    assert!(gone.is_empty(), "{gone:?}");
    let targets = |result: &Value| {
        let of = |target: &Value| target["name"].as_str().unwrap().to_owned();
        result["targets"].as_array().unwrap().iter().map(of).collect::<BTreeSet<_>>()
    };
    assert_eq!(targets(&recorded), targets(&again));
    assert!(fs::read_to_string(assessed.join("report.html")).unwrap().contains("linux-crng"));
}

#[test]
fn its_report_is_regenerated_from_the_result_alone() {
    let runs = runs();
    let page = runs.path().join(RUN).join("report.html");
    assert!(!page.exists());
    uchaos(runs.path(), &["report", RUN]);
    assert!(fs::read_to_string(page).unwrap().contains("synthetic-period-16"));
}

#[test]
fn a_changed_sample_is_noticed() {
    let runs = runs();
    let raw = runs.path().join(RUN).join("baremetal/ordinary-1/raw.u64le");
    let mut bytes = fs::read(&raw).unwrap();
    bytes[100] ^= 1;
    fs::write(&raw, bytes).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos"));
    let output = command.args(["compare", RUN, "--runs"]).arg(runs.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("baremetal/ordinary-1/raw.u64le"));
}
