// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Python package, built as a wheel and installed into a fresh virtual environment, gives the figures that `ea` gives.

// A test that cannot run its commands has to fail.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

#[test]
#[ignore = "builds a wheel: needs python3 with venv, and PyPI for maturin and numpy"]
fn the_wheel_gives_the_figures_of_ea() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let package = crates.join("sp800-90b-python");
    let folder = tempfile::tempdir().unwrap();
    let (tools, fresh, wheels) =
        (folder.path().join("tools"), folder.path().join("fresh"), folder.path().join("wheels"));
    for environment in [&tools, &fresh] {
        run(Command::new("python3").args(["-m", "venv"]).arg(environment));
    }
    run(Command::new(tools.join("bin/pip")).args(["install", "--quiet", "maturin>=1.9,<2"]));
    run(Command::new(tools.join("bin/maturin"))
        .args(["build", "--release", "--interpreter", "python3", "--out"])
        .arg(&wheels)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("python"))
        .current_dir(&package));
    let wheel = std::fs::read_dir(&wheels).unwrap().next().unwrap().unwrap().path();
    run(Command::new(fresh.join("bin/pip")).args(["install", "--quiet", "numpy"]).arg(&wheel));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut compare = Command::new(fresh.join("bin/python"));
    compare.arg(package.join("tests/same_as_ea.py")).arg(env!("CARGO_BIN_EXE_ea"));
    for (set, bits) in [("rand1_short", "1"), ("rand8_short", "8"), ("walk3", "3")] {
        compare.arg(data.join(set).with_extension("bin")).arg(bits);
    }
    let answer = run(compare.current_dir(folder.path()));
    assert!(answer.contains("figures are the same"), "{answer}");
}
