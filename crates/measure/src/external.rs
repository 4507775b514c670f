// SPDX-License-Identifier: GPL-2.0-or-later
//! External tests: programs installed by the user, run on the bytes that we have assessed. Each has a time limit;
//! one that is not installed is listed as absent, and we never install any.

mod nist;
mod tools;

use fs_err as fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;
use entropy_report::result::{Absent, Judges, Opinion, TargetResult};
use entropy_report::{CompareResult, Status, TakenRun, Verdict};
use guest_run::process::{self, Finished, OnInterrupt, ProcessError, Wiring};
use guest_run::progress::task;
use guest_run::{CommandContext, quoted};

use nist::{EA_NON_IID, PYTHON_PACKAGE};
use tools::{DIEHARDER, ENT, PRACTRAND, RNGTEST};

/// Whether to run external tests, and their time limit.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "External tests")]
pub struct ExternalOptions {
    /// Run the external tests that are installed.
    #[arg(
        long,
        alias = "judge",
        help = "Run the external tests that are installed: ea_non_iid or PyPI's sp800-90b, ent, rngtest, dieharder, RNG_test"
    )]
    pub external_tests: bool,
    /// Time limit of one external test for one target
    #[arg(long, alias = "judge-seconds", value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..))]
    external_seconds: u64,
}

/// The input of an external test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Data {
    /// Raw noise as the 8-bit symbols that we assess.
    Raw,
    Stream,
}

struct ExternalTest {
    name: &'static str,
    /// Where to obtain it.
    from: &'static str,
    data: Data,
    figure: &'static str,
    unit: &'static str,
    formula: &'static str,
    /// The text before the version in its output.
    version_after: Option<&'static str>,
    /// The commands that test a file, in order.
    commands: fn(&Path) -> Vec<Command>,
    /// Parses the result from the commands' output.
    read: fn(&str, &TargetResult) -> Result<Reading>,
}

/// The result of an external test.
#[derive(Debug)]
struct Reading {
    theirs: f64,
    ours: Option<f64>,
    status: Status,
    text: String,
}

impl ExternalTest {
    fn is_installed(&self) -> bool {
        if self.name != PYTHON_PACKAGE.name {
            return guest_run::tools::find(self.name).is_some();
        }
        let mut python = Command::new("python3");
        python.args(["-c", "import sp800_90b"]);
        let deadline = Some(Duration::from_secs(10));
        process::run(python, Wiring::Pipes, deadline, OnInterrupt::Kill)
            .is_ok_and(|finished| finished.status.success())
    }
}

impl ExternalOptions {
    /// Their number of progress steps.
    #[must_use]
    pub fn steps(&self) -> usize {
        usize::from(self.external_tests)
    }

    /// Runs every external test, if requested, and records it in `result`. `boots` include their samples. A test
    /// that fails is recorded, and is not an error.
    pub fn run(
        &self,
        context: &CommandContext,
        result: &mut CompareResult,
        boots: &[TakenRun],
    ) -> Result<()> {
        if !self.external_tests {
            return Ok(());
        }
        let folder = tempfile::tempdir().context("creating a folder for the external tests")?;
        result.judges = Some(task(&context.next_label("external tests"), |bar| {
            // Those on raw noise first.
            let all = [EA_NON_IID, PYTHON_PACKAGE, ENT, RNGTEST, DIEHARDER, PRACTRAND];
            let (installed, absent): (Vec<_>, Vec<_>) =
                all.into_iter().partition(ExternalTest::is_installed);
            let mut opinions = Vec::new();
            for (target, boot) in tested(result, boots) {
                for test in &installed {
                    bar.set_prefix(format!("{}, {}", test.name, target.title()));
                    opinions.extend(self.test(test, target, boot, folder.path())?);
                }
            }
            let absent = absent
                .into_iter()
                .map(|test| Absent { judge: test.name.to_owned(), from: test.from.to_owned() })
                .collect();
            Ok(Judges { opinions, absent })
        })?);
        Ok(())
    }

    fn test(
        &self,
        test: &ExternalTest,
        target: &TargetResult,
        boot: &TakenRun,
        folder: &Path,
    ) -> Result<Option<Opinion>> {
        let (data, bytes) = match test.data {
            Data::Raw => ("raw", symbols(boot)),
            Data::Stream => ("stream", boot.stream.clone()),
        };
        if bytes.is_empty() {
            return Ok(None);
        }
        let file = folder.join(format!("{data}.bin"));
        fs::write(&file, &bytes)?;
        let begun = Instant::now();
        let commands = (test.commands)(&file);
        let shown: Vec<String> = commands.iter().map(quoted).collect();
        let output = self.outputs(commands, begun)?;
        let reading = output.and_then(|output| match (test.read)(&output, target) {
            Ok(reading) => Ok((output, reading)),
            Err(error) => Err(format!("{error:#}")),
        });
        let mut found = Opinion {
            judge: test.name.to_owned(),
            version: String::new(),
            target: target.title(),
            data: data.to_owned(),
            bytes: bytes.len() as u64,
            figure: String::new(),
            unit: String::new(),
            theirs: None,
            ours: None,
            difference: None,
            seconds: begun.elapsed().as_secs_f64(),
            command: shown.join("\n"),
            verdict: Verdict::new(Status::Skipped, "", "none: there is no result"),
        };
        match reading {
            Ok((output, Reading { theirs, ours, status, text })) => {
                let version = test.version_after.and_then(|text| tools::word_after(&output, text));
                found.version = version.unwrap_or_default();
                found.figure = test.figure.to_owned();
                found.unit = test.unit.to_owned();
                found.theirs = Some(theirs);
                found.ours = ours;
                found.difference = ours.map(|ours| theirs - ours);
                found.verdict = Verdict::new(status, text, test.formula);
            }
            Err(why) => found.verdict.text = format!("No result: {why}."),
        }
        Ok(Some(found))
    }

    /// The output of all commands, in order; the inner error says why there is none.
    fn outputs(&self, commands: Vec<Command>, begun: Instant) -> Result<Result<String, String>> {
        let deadline = begun + Duration::from_secs(self.external_seconds);
        let mut output = String::new();
        for command in commands {
            let left = deadline.saturating_duration_since(Instant::now());
            match process::run(command, Wiring::OnePipe, Some(left), OnInterrupt::Kill) {
                Ok(finished) if finished.status.success() => output.push_str(&finished.text()),
                Ok(finished) => return Ok(Err(last_lines(&finished))),
                Err(ProcessError::Deadline { .. }) => {
                    return Ok(Err(format!(
                        "it was stopped after {} s (raise the limit with --external-seconds)",
                        self.external_seconds
                    )));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Ok(output))
    }
}

/// A program's failure, with the end of its output.
fn last_lines(finished: &Finished) -> String {
    let text = finished.text();
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(3)..].join(" / ");
    format!("it failed ({}) with: {last}", finished.status)
}

/// The targets to test, each with the boot that was assessed. An isolated boot repeats another one byte for byte,
/// which no test of a single file can detect.
fn tested<'a>(
    result: &'a CompareResult,
    boots: &'a [TakenRun],
) -> Vec<(&'a TargetResult, &'a TakenRun)> {
    let of = |target: &TargetResult| {
        boots.iter().find(|boot| {
            (&boot.target, &boot.accel, &boot.run) == (&target.name, &target.accel, &target.run)
                && (boot.isolated, boot.boot) == (target.isolated, target.boot)
        })
    };
    let ordinary = result.targets.iter().filter(|target| !target.isolated);
    ordinary.filter_map(|target| Some((target, of(target)?))).collect()
}

/// Raw noise as the symbols that we assess: the low 8 bits of each delta after division by the GCD of all deltas.
fn symbols(boot: &TakenRun) -> Vec<u8> {
    if boot.raw.is_empty() {
        return Vec::new();
    }
    sp800_90b::symbols::from_ticks(&boot.raw).symbols.raw().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use entropy_report::{Provenance, analyse};

    /// A boot of raw noise and stream, and its result.
    pub(super) fn example() -> (CompareResult, Vec<TakenRun>) {
        let mut x = 1_u64;
        let mut next = move || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (x >> 32) as u32
        };
        let boot = TakenRun {
            target: "baremetal".into(),
            accel: "tcg".into(),
            boot: 1,
            raw: (0..2_000).map(|_| u64::from(next() % 50)).collect(),
            stream: (0..50_000).flat_map(|_| next().to_le_bytes()).collect(),
            ..TakenRun::default()
        };
        let boots = vec![boot];
        (analyse(&boots, Provenance::default()).unwrap(), boots)
    }

    fn external(commands: fn(&Path) -> Vec<Command>) -> ExternalTest {
        ExternalTest {
            name: "sh",
            from: "any system",
            data: Data::Stream,
            figure: "bytes",
            unit: "",
            formula: "wc",
            version_after: None,
            commands,
            read: |output, _| {
                Ok(Reading {
                    theirs: output.trim().parse()?,
                    ours: Some(200_001.0),
                    status: Status::Stated,
                    text: "counted".into(),
                })
            },
        }
    }

    fn tested_by(commands: fn(&Path) -> Vec<Command>) -> Opinion {
        let (result, boots) = example();
        let folder = tempfile::tempdir().unwrap();
        let options = ExternalOptions { external_tests: true, external_seconds: 1 };
        let asked = options.test(&external(commands), &result.targets[0], &boots[0], folder.path());
        asked.unwrap().unwrap()
    }

    fn shell(line: &str, file: &Path) -> Vec<Command> {
        let mut command = Command::new("sh");
        command.args(["-c", line, "sh"]).arg(file);
        vec![command]
    }

    #[test]
    fn a_test_gets_the_bytes_that_we_assessed_and_its_figure_is_compared_with_ours() {
        let said = tested_by(|file| shell("wc -c < \"$1\"", file));
        assert_eq!((said.theirs, said.difference), (Some(200_000.0), Some(-1.0)));
        assert!(said.command.contains("wc -c"));
    }

    #[test]
    fn a_test_that_takes_too_long_fails_or_prints_nonsense_gives_no_figure() {
        let late = tested_by(|file| shell("sleep 1000 & wait", file));
        assert!(late.verdict.text.contains("stopped after 1 s"), "{}", late.verdict.text);
        let failed = tested_by(|file| shell("echo 'no such option' >&2; exit 3", file));
        assert!(failed.verdict.text.contains("no such option"), "{}", failed.verdict.text);
        let nonsense = tested_by(|file| shell("echo hm", file));
        for none in [late, failed, nonsense] {
            assert_eq!((none.theirs, none.verdict.status), (None, Status::Skipped));
        }
    }
}
