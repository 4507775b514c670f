// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine in another language, `known_answers.py`, gives the bytes and the cutoffs that the engine's tests expect.

use std::process::{Command, ExitCode};

use test_support::{Found, trials};

fn main() -> ExitCode {
    test_support::run(trials![python => known_answers_are_those_of_python])
}

fn python() -> Found<&'static str> {
    match Command::new("python3").arg("--version").output() {
        Ok(output) if output.status.success() => Ok("python3"),
        _ => Err("needs python3 (apt-get install python3)".to_owned()),
    }
}

fn known_answers_are_those_of_python(python: &&str) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/known_answers.py");
    let output = Command::new(python).args([script, "--check"]).output().expect("Python starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
}
