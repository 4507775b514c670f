// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea esv`: a project is checked, predicted and written in the server's shape; and the parts of the standard around it.

// A test that cannot read its data has to fail.
#![allow(clippy::unwrap_used)]

#[path = "../src/test_noise.rs"]
mod test_noise;

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const TOOL: &str = env!("CARGO_BIN_EXE_ea");

fn ea(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(TOOL).args(arguments).current_dir(folder).output().unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = ea(folder, arguments);
    let json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), json)
}

fn noise(count: usize, bits: u32, seed: u64) -> Vec<u8> {
    test_noise::symbols(bits, seed).take(count).collect()
}

const PROJECT: &str = r#"
[source]
name = "interrupt timing of a test"
iid = false
bits_per_sample = 1
h_submitter = 0.5
physical = false

[[conditioning]]
description = "folding by XOR"
vetted = false
n_in = 64
h_in = 24.0
nw = 32
n_out = 32

[[conditioning]]
description = "SHA2-256"
vetted = true
validation_number = "A1234"
n_in = 512
h_in = 320.0
nw = 256
n_out = 256

[[environment]]
id = 1
raw = "raw.bin"
restart = "restart.u16"
format = "FORMAT"
conditioned = ["folded.bin"]

[documents]
entropy_assessment_report = "ear.pdf"
public_use_document = "pud.pdf"
"#;

#[test]
fn a_project_becomes_registration_and_run_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let wide = |bits: Vec<u8>| -> Vec<u8> { bits.into_iter().flat_map(|bit| [bit, 0]).collect() };
    std::fs::write(path("raw.bin"), wide(noise(1_000_000, 1, 1))).unwrap();
    std::fs::write(path("restart.u16"), wide(noise(1_000_000, 1, 2))).unwrap();
    std::fs::write(path("folded.bin"), noise(125_000, 8, 3)).unwrap();
    std::fs::write(path("ear.pdf"), "%PDF").unwrap();
    std::fs::write(path("pud.pdf"), "%PDF").unwrap();
    std::fs::write(path("p.toml"), PROJECT.replace("FORMAT", "u16le")).unwrap();
    let (status, made) = json(folder.path(), &["esv", "p.toml", "--out", "out", "--json"]);
    assert_eq!((status, &made["complete"]), (Some(0), &true.into()), "{:#}", made["findings"]);
    let prediction = &made["prediction"];
    assert_eq!(prediction["environments"][0]["h_i"], 0.5);
    assert_eq!(prediction["h_assessed"], 0.5);
    // 24 bits in 64, folded to 32: h_in is far below n, so nearly all of it comes out.
    let folded = prediction["h_out"][0].as_f64().unwrap();
    assert!((23.99..24.0).contains(&folded), "{folded}");
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(path("out").join(name)).unwrap()).unwrap()
    };
    let registration = read("registration.json");
    assert_eq!(registration[0]["esvVersion"], "1.0");
    let source = &registration[1];
    for (key, value) in [
        ("primaryNoiseSource", Value::from("interrupt timing of a test")),
        ("iidClaim", false.into()),
        ("bitsPerSample", 1.into()),
        ("hminEstimate", 0.5.into()),
        ("physical", false.into()),
        ("numberOfRestarts", 1000.into()),
        ("samplesPerRestart", 1000.into()),
        ("additionalNoiseSources", false.into()),
        ("numberOfOEs", 1.into()),
    ] {
        assert_eq!(source[key], value, "{key}");
    }
    let components = source["conditioningComponent"].as_array().unwrap();
    assert_eq!(components.len(), 2);
    for key in [
        "sequencePosition",
        "vetted",
        "description",
        "bijectiveClaim",
        "minNin",
        "minHin",
        "nw",
        "nOut",
        "hOut",
    ] {
        assert!(!components[0][key].is_null(), "{key}");
    }
    assert_eq!(components[1]["validationNumber"], "A1234");
    let run = read("run.json");
    let files = &run[0]["DataFiles"][0];
    assert_eq!((&files["oeID"], &files["rawNoiseSampleSize"]), (&1.into(), &1.into()));
    // The server takes one sample per byte.
    let raw = std::fs::read(files["rawNoisePath"].as_str().unwrap()).unwrap();
    assert_eq!(raw, noise(1_000_000, 1, 1));
    let restart = std::fs::metadata(files["restartTestPath"].as_str().unwrap()).unwrap();
    assert_eq!(restart.len(), 1_000_000);
    let folded = std::fs::read(files["unvettedConditionedPaths"][0].as_str().unwrap()).unwrap();
    assert_eq!(folded.len(), 1_000_000);
    let first: Vec<u8> = (0..8).rev().map(|bit| noise(1, 8, 3)[0] >> bit & 1).collect();
    assert_eq!(folded[..8], first);
    // The client reads these although no certificate is requested.
    assert_eq!(run[0]["Certify"], serde_json::json!({ "Certify": false, "itar": false }));
    // What the server no longer takes in a registration.
    assert!(source["alphabetSize"].is_null() && source["itar"].is_null());
    assert_eq!(run[0]["SupportingDocuments"][0]["sdType"], "EntropyAssessmentReport");
    assert!(run[0]["AssessmentRegistrationPath"].as_str().unwrap().ends_with("registration.json"));
    assert_eq!(read("evidence.json")["provenance"]["files"].as_array().unwrap().len(), 3);
}

#[test]
fn what_is_missing_and_wrong_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("raw.bin"), noise(20_000, 1, 1)).unwrap();
    std::fs::write(path("restart.u16"), noise(1_000_000, 1, 2)).unwrap();
    std::fs::write(path("folded.bin"), noise(1000, 8, 3)).unwrap();
    let project = PROJECT
        .replace("FORMAT", "u8")
        .replace("h_submitter = 0.5", "h_submitter = 0.9")
        .replace("h_in = 24.0", "h_in = 60.0")
        .replace("SHA2-256", "SHA-256")
        .replace("nw = 32\n", "nw = 16\n")
        .replace("validation_number = \"A1234\"\n", "");
    std::fs::write(path("p.toml"), project).unwrap();
    let (status, made) = json(folder.path(), &["esv", "p.toml", "--json"]);
    assert_eq!((status, &made["complete"]), (Some(1), &false.into()));
    let said = made["findings"].to_string();
    for part in [
        "raw noise has 20000 samples",
        "conditioned file 1 has 8000 samples of 1 bits",
        "description of a vetted component is its ACVP name",
        "nw at least n_out",
        "no validation_number",
        "h_in = 60 bits are claimed",
        "documents.entropy_assessment_report",
        "documents.public_use_document",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    std::fs::write(path("bad.toml"), "[source]\nnmae = 1\n").unwrap();
    let output = ea(folder.path(), &["esv", "bad.toml"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && error.contains("nmae"), "{error}");
}

#[test]
fn restarts_of_an_iid_claim_are_tested_on_rows_and_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mut matrix = noise(22_500, 1, 5);
    std::fs::write(folder.path().join("good.bin"), &matrix).unwrap();
    let run = |name: &str| {
        let options =
            ["restart", "--iid", "--rows", "150", "--columns", "150", "--h-i", "0.9", "--json"];
        json(folder.path(), &[&options[..], &[name]].concat())
    };
    let (status, good) = run("good.bin");
    assert_eq!((status, &good["status"]), (Some(0), &"passed".into()), "{}", good["verdict"]);
    assert!(good["iid"]["row"]["passed"] == true && good["iid"]["column"]["passed"] == true);
    // Rows stay IID; each column repeats its value in half of the restarts.
    for row in (0..150).step_by(2) {
        let (from, to) = (row * 150, (row + 1) * 150);
        for column in 0..25 {
            matrix[to + column] = matrix[from + column];
        }
    }
    std::fs::write(folder.path().join("alike.bin"), &matrix).unwrap();
    let (status, alike) = run("alike.bin");
    assert_eq!((status, &alike["status"]), (Some(1), &"not_iid".into()), "{}", alike["verdict"]);
    assert_eq!(alike["iid"]["column"]["passed"], false);
}

#[test]
fn h_prime_of_a_file_is_the_one_that_counts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("out.bin"), noise(20_000, 8, 9)).unwrap();
    let sizes = ["conditioning", "--n-in", "512", "--n-out", "128", "--h-in", "400", "--json"];
    let (status, made) = json(folder.path(), &[&sizes[..], &["--file", "out.bin"]].concat());
    let h_prime = made["conditioned_output"]["h_bitstring"].as_f64().unwrap();
    assert_eq!(status, Some(0));
    assert!((made["h_out"].as_f64().unwrap() - 128.0 * h_prime).abs() < 1e-9, "{made}");
    let stated = h_prime.to_string();
    let (_, by_hand) = json(folder.path(), &[&sizes[..], &["--h-prime", &stated]].concat());
    assert_eq!(by_hand["h_out"], made["h_out"]);
    std::fs::write(folder.path().join("constant.bin"), [1; 20_000]).unwrap();
    let output = ea(folder.path(), &[&sizes[..], &["--file", "constant.bin"]].concat());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_long_capture_is_assessed_block_by_block_and_ranks_can_be_full() {
    let folder = tempfile::tempdir().unwrap();
    let mut capture = noise(60_000, 4, 7);
    // The third block is worse.
    for symbol in &mut capture[20_000..30_000] {
        *symbol &= 3;
    }
    std::fs::write(folder.path().join("long.bin"), &capture).unwrap();
    let (status, made) =
        json(folder.path(), &["--quick", "--blocks", "10000", "long.bin", "--json"]);
    assert_eq!((status, &made["worst"]), (Some(0), &2.into()));
    assert_eq!(made["blocks"].as_array().unwrap().len(), 6);
    let shown = ea(folder.path(), &["--quick", "--blocks", "10000", "long.bin"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("worst: block 2; alone: ea --from 20000 --count 10000"), "{shown}");
    std::fs::write(folder.path().join("short.bin"), noise(2000, 1, 3)).unwrap();
    let (_, full) = json(folder.path(), &["--track", "iid", "--full", "short.bin", "--json"]);
    let statistics = full["iid"]["permutation"]["statistics"].as_array().unwrap();
    for ranks in statistics {
        let count = |key: &str| ranks[key].as_u64().unwrap();
        assert_eq!(count("above") + count("equal") + count("below"), 10_000);
    }
}

#[test]
fn values_out_of_range_are_value_errors() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("m.bin"), noise(10_000, 4, 1)).unwrap();
    for h_i in ["-1", "0", "9", "nan", "1e-320"] {
        let options = ["restart", "--rows", "100", "--columns", "100", "--h-i", h_i, "m.bin"];
        let output = ea(folder.path(), &options);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_ne!(output.status.code(), Some(0), "{h_i}: {said}");
        assert!(!said.contains("unexpected argument") && said.len() < 2000, "{h_i}: {said}");
        assert!(!said.contains("0000000000"), "{h_i}: {said}");
    }
    let output =
        ea(folder.path(), &["conditioning", "--n-in", "8", "--n-out", "8", "--h-in", "-3"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && said.contains("-3"), "{said}");
    let one_row = ["restart", "--rows", "1", "--columns", "10000", "--h-i", "1", "m.bin"];
    assert_eq!(ea(folder.path(), &one_row).status.code(), Some(1));
    std::fs::write(folder.path().join("c.bin"), [3; 10_000]).unwrap();
    let constant = ["restart", "--rows", "100", "--columns", "100", "--h-i", "1", "c.bin"];
    assert_eq!(ea(folder.path(), &constant).status.code(), Some(1));
}
