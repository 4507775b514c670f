// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine in another language, `known_answers.py`, gives the bytes and the cutoffs that the engine's tests hold it to.
#![allow(clippy::unwrap_used, reason = "a test with its own harness")]

use std::path::Path;
use std::process::{Command, ExitCode};

use chaos_core::{CLAIMS_MILLIBITS, Cutoffs};
use test_support::{Found, trials};

const EXPECTED_BYTES: &str = include_str!("known_answers.rs");

fn main() -> ExitCode {
    test_support::run(trials![python => known_answers_are_those_of_python])
}

/// A command that runs Python 3.
fn python() -> Found<&'static str> {
    match Command::new("python3").arg("--version").output() {
        Ok(output) if output.status.success() => Ok("python3"),
        _ => Err("needs python3 (package python3)".to_owned()),
    }
}

fn known_answers_are_those_of_python(python: &&str) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known_answers.py");
    let output = Command::new(python).arg(script).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut bytes, mut claims) = (0, Vec::new());
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if let Some(numbers) = numbers(&fields) {
            let [claim, repetition_count, adaptive_proportion] = numbers[..] else {
                panic!("a cutoff line with other fields: {line}")
            };
            let cutoffs = Cutoffs::for_claim(claim).unwrap();
            let ours = (cutoffs.repetition_count, cutoffs.adaptive_proportion);
            assert_eq!(ours, (repetition_count, adaptive_proportion), "claim {claim}");
            claims.push(claim);
        } else {
            let answer = fields.last().unwrap();
            assert!(answer.len() >= 64, "an answer of other length: {line}");
            assert!(EXPECTED_BYTES.contains(&format!("\"{answer}\"")), "not expected: {line}");
            bytes += 1;
        }
    }
    assert_eq!(claims, CLAIMS_MILLIBITS);
    assert!(bytes >= 4, "{text}");
}

fn numbers(fields: &[&str]) -> Option<Vec<u32>> {
    fields.iter().map(|field| field.parse().ok()).collect()
}
