// SPDX-License-Identifier: MIT OR Apache-2.0
//! What people reported about tools of this kind, tried on `ea`. Lengths that 10 does not divide, and alphabets with gaps,
//! are among the golden sets.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

#[path = "../src/test_noise.rs"]
mod test_noise;

use serde_json::Value;
use std::collections::HashSet;
use std::process::Command;
use tempfile::TempDir;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

fn ea(folder: &TempDir, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ea"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A JSON text that names no key of an object twice.
fn json(text: &str) -> Value {
    let mut open: Vec<HashSet<String>> = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some((key, _)) = line.strip_prefix('"').and_then(|rest| rest.split_once("\": ")) {
            assert!(open.last_mut().unwrap().insert(key.to_owned()), "{key} twice: {text}");
        }
        if line.ends_with(['{', '[']) {
            open.push(HashSet::new());
        } else if line.starts_with(['}', ']']) {
            open.pop();
        }
    }
    serde_json::from_str(text).unwrap()
}

/// A printed number is that of the JSON, to its last digit.
fn assert_printed(printed: &str, figure: &Value, name: &str) {
    let figure = figure.as_f64().unwrap_or_else(|| panic!("{name} is not in the JSON"));
    let decimals = printed.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    assert_eq!(printed, format!("{figure:.decimals$}"), "{name}");
}

/// The number after a phrase.
fn after<'a>(text: &'a str, phrase: &str) -> &'a str {
    let rest = text.split_once(phrase).unwrap_or_else(|| panic!("no {phrase:?}: {text}")).1;
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    rest[..end].trim_end_matches('.')
}

#[test]
fn the_printed_figures_of_an_assessment_are_those_of_its_json() {
    let folder = tempfile::tempdir().unwrap();
    for (set, bits) in [("rand4_short", "4"), ("biased1", "1"), ("two8", "8")] {
        let file = format!("{DATA}/{set}.bin");
        for track in [&["--track", "non-iid"][..], &["--track", "iid"], &["--quick"]] {
            let arguments = [&["--bits", bits, &file], track].concat();
            let text = ea(&folder, &arguments);
            let json = json(&ea(&folder, &[&arguments[..], &["--json"]].concat()));
            let mut on = "";
            let mut compared = 0;
            for line in text.lines() {
                let words: Vec<&str> = line.split_whitespace().collect();
                let figure = match words.as_slice() {
                    ["literal" | "bitstring", ..] => {
                        on = words[0];
                        continue;
                    }
                    ["H_original", ..] => &json["h_original"],
                    ["H_bitstring", ..] => &json["h_bitstring"],
                    ["H", value, _] if value.contains('.') => &json["min_entropy_bits_per_sample"],
                    [estimator, value] if !on.is_empty() && value.contains('.') => {
                        &json["estimators"][on][estimator]["min_entropy"]
                    }
                    _ => continue,
                };
                assert_printed(words[1], figure, line);
                compared += 1;
            }
            let estimators =
                |on: &str| json["estimators"][on].as_object().map_or(0, serde_json::Map::len);
            let finals = ["h_original", "h_bitstring", "min_entropy_bits_per_sample"];
            let finals = finals.iter().filter(|name| !json[**name].is_null()).count();
            assert_eq!(
                compared,
                estimators("literal") + estimators("bitstring") + finals,
                "{text}"
            );
            assert!(text.contains(json["verdict"].as_str().unwrap()), "{text}");
            assert!(text.contains(json["formula"].as_str().unwrap()), "{text}");
        }
    }
}

#[test]
fn the_printed_figures_of_the_other_commands_are_those_of_their_json() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = format!("{DATA}/rand1_short.bin");
    let both = |arguments: &[&str]| {
        let json = json(&ea(&folder, &[arguments, &["--json"]].concat()));
        (ea(&folder, arguments), json)
    };
    let restart =
        ["restart", "--bits", "1", "--h-i", "0.5", "--rows", "100", "--columns", "100", &matrix];
    let (text, json) = both(&restart);
    assert_printed(after(&text, "H_I = "), &json["h_i"], "h_i");
    for name in ["h_r", "h_c"] {
        let phrase = format!("{} = ", name.replacen('h', "H", 1));
        assert_printed(after(&text, &phrase), &json[name], name);
    }
    let conditioning =
        ["conditioning", "--n-in", "256", "--n-out", "512", "--nw", "1600", "--h-in", "256"];
    let (text, json) = both(&conditioning);
    assert_printed(after(&text, "h_out = "), &json["h_out"], "h_out");
    let shortfall = after(&text, "Output_Entropy is 2^").parse::<f64>().unwrap().exp2();
    let exact = json["shortfall_bits"].as_f64().unwrap();
    assert!((shortfall / exact - 1.0).abs() < 1e-3, "{shortfall} {exact}");
    let (text, json) = both(&["cutoffs", "--h", "0.5"]);
    assert_printed(after(&text, "repetition count: fails at "), &json["repetition_count"], "rct");
    assert_printed(after(&text, "proportion: fails at "), &json["adaptive_proportion"], "apt");
    assert_printed(after(&text, "of "), &json["window"], "window");
}

#[test]
fn a_buffer_that_was_written_many_times_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut bits: Vec<u8> = test_noise::symbols(1, 9).take(400_000).collect();
    let buffer = bits[1_000..7_000].to_vec();
    for at in 0..40 {
        let place = 20_000 + at * 9_000;
        bits[place..place + buffer.len()].copy_from_slice(&buffer);
    }
    std::fs::write(folder.path().join("bits"), bits).unwrap();
    let json = json(&ea(&folder, &["--bits", "1", "bits", "--json"]));
    assert!(json["min_entropy_bits_per_sample"].as_f64().unwrap() < 0.01);
    assert_eq!(json["binding"]["estimator"], "t_tuple");
    let verdict = json["verdict"].as_str().unwrap();
    let len: usize = after(verdict, "The longest repeat is ").parse().unwrap();
    assert!((6_000..6_100).contains(&len), "{verdict}");
    assert!(verdict.contains("a buffer that was written twice"), "{verdict}");
}
