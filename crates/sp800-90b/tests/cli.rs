// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea` as its users call it: exit status, JSON, and what it says of data that it cannot take.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::io::Write;
use std::process::{Command, Output};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn ea(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ea")).args(arguments).output().unwrap()
}

/// Exit status, standard output, standard error of an assessment of `bytes`.
fn assess(bytes: &[u8], options: &[&str]) -> (i32, String, String) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let output = ea(&[options, &[file.path().to_str().unwrap()]].concat());
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn names(estimators: &Value) -> Vec<&str> {
    estimators.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn json_has_the_promised_shape_with_and_without_the_command() {
    let file = format!("{DATA}/rand4_short.bin");
    let named = ea(&["assess", "--bits", "4", &file, "--json"]);
    let unnamed = ea(&["--bits", "4", &file, "--json"]);
    assert!(named.status.success() && unnamed.status.success());
    let json: Value = serde_json::from_slice(&named.stdout).unwrap();
    let mut other: Value = serde_json::from_slice(&unnamed.stdout).unwrap();
    // The command and the time differ, and nothing else.
    for key in ["command_line", "utc"] {
        other["provenance"][key] = json["provenance"][key].clone();
    }
    assert_eq!(json, other);
    let literal = ["lag", "lrs", "lz78y", "mcv", "multi_mcw", "multi_mmc", "t_tuple"];
    let bits_only = ["collision", "compression", "markov"];
    let mut all = [&literal[..], &bits_only].concat();
    all.sort_unstable();
    let mut ours = names(&json["estimators"]["literal"]);
    ours.sort_unstable();
    assert_eq!(ours, literal);
    let mut ours = names(&json["estimators"]["bitstring"]);
    ours.sort_unstable();
    assert_eq!(ours, all);
    assert_eq!((&json["samples"], &json["bits_per_symbol"]), (&10_000.into(), &4.into()));
    for key in ["h_original", "h_bitstring", "min_entropy_bits_per_sample"] {
        assert!(json[key].as_f64().unwrap() > 0.0, "{key}");
    }
    let bits = ea(&["--bits", "1", &format!("{DATA}/rand1_short.bin"), "--json"]);
    let json: Value = serde_json::from_slice(&bits.stdout).unwrap();
    // NIST prints "Literal ..." for them, and no H_bitstring.
    assert_eq!(names(&json["estimators"]), ["literal"]);
    assert_eq!(json["h_bitstring"], Value::Null);
}

#[test]
fn what_cannot_be_taken_is_named() {
    let (status, out, error) = assess(&[1, 2, 3, 15, 16, 3], &["--bits", "4", "--json"]);
    assert_eq!((status, out.as_str()), (2, ""));
    assert!(error.contains("offset 4 is 16"), "{error}");
    let (status, _, error) = assess(&[], &["--bits", "8"]);
    assert!(status == 2 && error.contains("no samples"), "{error}");
    let (status, _, error) = assess(&[0; 12], &["--format", "u64le"]);
    assert!(status == 2 && error.contains("whole 8-byte deltas"), "{error}");
}

#[test]
fn too_little_has_no_value_and_a_constant_has_none_of_it() {
    let noise = std::fs::read(format!("{DATA}/few8.bin")).unwrap();
    let (status, out, _) = assess(&noise, &["--bits", "8", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &json["status"]), (1, &"invalid".into()));
    assert_eq!(json["min_entropy_bits_per_sample"], Value::Null);
    let (status, out, _) = assess(&noise[..1], &["--bits", "8"]);
    assert!(status == 1 && out.contains("INVALID"), "{out}");
    let (status, out, _) = assess(&[0; 5000], &["--bits", "8", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &json["min_entropy_bits_per_sample"]), (1, &0.0.into()));
    assert_eq!(json["status"], "constant");
}

#[test]
fn packed_bits_and_ticks_are_unpacked() {
    let (status, out, _) =
        assess(&[0x5A; 200], &["--quick", "--format", "packed", "--bits", "1", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &json["samples"], &json["status"]), (0, &1600.into(), &"partial".into()));
    let deltas: Vec<u8> = (1..=300_u64).flat_map(|n| (n * n % 17 * 26).to_le_bytes()).collect();
    let (_, out, _) = assess(&deltas, &["--quick", "--format", "u64le", "--bits", "4", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    let ticks = &json["ticks"];
    assert_eq!((&ticks["step"]["ticks"], &ticks["low_bits"]), (&26.into(), &4.into()));
    assert!(ticks["cut_samples"].as_u64().unwrap() > 0, "{ticks}");
}

#[test]
fn a_reader_that_has_gone_ends_it_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut tool = Command::new(env!("CARGO_BIN_EXE_ea"));
    let output = tool.args(["cutoffs", "--h", "0.5", "--json"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}
