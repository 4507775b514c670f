// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Python package, built as a wheel and installed into a fresh virtual environment, gives the figures that `ea` gives.
//!
//! It takes minutes, so it runs with `--ignored` or `--include-ignored` only. Without Python or its package index it is skipped with the
//! reason; in continuous integration, where `CI` is set by custom, that is a failure.

// A test that cannot run its commands has to fail.
#![allow(clippy::unwrap_used)]

use libtest_mimic::{Arguments, Completion, Trial};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What a command printed, or how it failed.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() { Ok(out) } else { Err(format!("{command:?}: {out}{error}")) }
}

/// Two virtual environments: one with the tool that builds wheels, and a fresh one with numpy.
struct Environments {
    tools: PathBuf,
    fresh: PathBuf,
}

impl Environments {
    /// Without Python or its package index, the reason why not.
    fn create(folder: &Path) -> Result<Self, String> {
        let of = |name: &str, packages: &str| -> Result<PathBuf, String> {
            let environment = folder.join(name);
            output(Command::new("python3").args(["-m", "venv"]).arg(&environment))
                .map_err(|error| format!("needs python3 with venv (python3-venv): {error}"))?;
            output(
                Command::new(environment.join("bin/pip")).args(["install", "--quiet", packages]),
            )
            .map_err(|error| format!("needs PyPI for {packages}: {error}"))?;
            Ok(environment)
        };
        Ok(Self { tools: of("tools", "maturin>=1.9,<2")?, fresh: of("fresh", "numpy")? })
    }
}

/// The package for Python, next to this crate.
fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("sp800-90b-python")
}

fn the_wheel_gives_the_figures_of_ea(folder: &Path, environments: &Environments) {
    let run = |command: &mut Command| output(command).unwrap_or_else(|error| panic!("{error}"));
    let package = package();
    let wheels = folder.join("wheels");
    run(Command::new(environments.tools.join("bin/maturin"))
        .args(["build", "--release", "--interpreter", "python3", "--out"])
        .arg(&wheels)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("python"))
        .current_dir(&package));
    let wheel = std::fs::read_dir(&wheels).unwrap().next().unwrap().unwrap().path();
    run(Command::new(environments.fresh.join("bin/pip")).args(["install", "--quiet"]).arg(&wheel));
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut compare = Command::new(environments.fresh.join("bin/python"));
    compare.arg(package.join("tests/same_as_ea.py")).arg(env!("CARGO_BIN_EXE_ea"));
    for (set, bits) in [("rand1_short", "1"), ("rand8_short", "8"), ("walk3", "3")] {
        compare.arg(data.join(set).with_extension("bin")).arg(bits);
    }
    let answer = run(compare.current_dir(folder));
    assert!(answer.contains("figures are the same"), "{answer}");
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let is_asked_for = arguments.ignored || arguments.include_ignored;
    let trial = Trial::ignorable_test("the_wheel_gives_the_figures_of_ea", move || {
        if !is_asked_for {
            return Ok(Completion::ignored_with("long: builds a wheel; -- --ignored runs it"));
        }
        if !package().is_dir() {
            return Ok(Completion::ignored_with(
                "needs the repository, which has the package for Python",
            ));
        }
        let folder = tempfile::tempdir()?;
        match Environments::create(folder.path()) {
            Ok(environments) => {
                the_wheel_gives_the_figures_of_ea(folder.path(), &environments);
                Ok(Completion::Completed)
            }
            Err(reason) if std::env::var_os("CI").is_some_and(|value| !value.is_empty()) => {
                Err(reason.into())
            }
            Err(reason) => Ok(Completion::ignored_with(reason.replace('\n', " "))),
        }
    });
    libtest_mimic::run(&arguments, vec![trial.with_ignored_flag(is_asked_for)]).exit_code()
}
