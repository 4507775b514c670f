// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask test`: what CI runs. Lints, unit tests and fuzz seeds on the host, then both images are built and the
//! on-target checks boot them. The closing line counts every verdict.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use guest_run::interrupt::Interrupted;

use guest_build::images;
use guest_build::linux_image::LinuxOptions;
use guest_build::log::StepLog;
use guest_build::preflight;
use guest_build::tools::{TO_BUILD, TO_LOOK};
use guest_run::CommandContext;
use guest_run::Failure;
use guest_run::progress::show_duration;
use guest_run::say;
use guest_run::tools::{self, TO_RUN};
use on_target::{self, Bench, Check};

/// What runs on the host: a name for its log, and the words after `cargo`.
const HOST_STAGES: [(&str, &[&str]); 4] = [
    ("fmt", &["fmt", "--all", "--", "--check"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    // The guests' programs, most of the project's `unsafe` among them, stand behind features. Linting links nothing, but
    // their build scripts ask for the engine.
    (
        "clippy-guests",
        &[
            "clippy",
            "--package=baremetal",
            "--package=uchaosbox",
            "--features=baremetal/bare,uchaosbox/selftest",
            "--bins",
            "--profile=kernel",
            "--config=env.UCHAOS_ENGINE_OBJECT='not-linked'",
            "--",
            "-D",
            "warnings",
        ],
    ),
    ("cargo-test", &["test", "--workspace", "--no-fail-fast"]),
];

/// Lints, unit tests, and the on-target tests in both guests.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask test                      what CI runs
  cargo xtask test --all                with the long checks
  cargo xtask test --only guests        no lints, no host tests
  cargo xtask test --filter 'insmod'    only the on-target checks that have this in area or name")]
pub(crate) struct Test {
    /// Run the long checks too
    #[arg(long)]
    all: bool,
    /// Run one part only
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Run only the on-target checks whose `area: name` contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    #[command(flatten)]
    linux: LinuxOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Lints and tests that need no guest image
    Host,
    /// The on-target checks
    Guests,
}

#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    skipped: usize,
    failures: Vec<String>,
}

impl Test {
    /// Runs the tests.
    ///
    /// # Errors
    /// [`Failure::Check`] when any failed, after all have run; what keeps them from running at all at once.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        if self.wanted().is_empty() {
            return Err(Failure::Usage(format!(
                "no on-target check has `{}` in its name; `cargo xtask test --only guests` prints their names",
                self.filter.unwrap_or_default()
            ))
            .into());
        }
        preflight::ensure(context, TO_RUN)?;
        preflight::ensure(context, TO_BUILD)?;
        if self.needs_browser() {
            preflight::ensure(context, TO_LOOK)?;
        }
        let host = self.only != Some(Part::Guests) && self.filter.is_none();
        let guests = self.only != Some(Part::Host);
        context.expect_steps(
            if host { HOST_STAGES.len() } else { 0 } + if guests { images::STEPS } else { 0 },
        );
        let mut tally = Tally::default();
        if host {
            self.host_tests(context, &mut tally)?;
        }
        if guests {
            let images = images::build(context, &self.linux)?;
            if !context.dry_run {
                self.on_target(&Bench::new(context, &images, &self.linux)?, &mut tally)?;
            }
        }
        for failure in &tally.failures {
            eprintln!("FAILED {failure}");
        }
        say!(
            "{} passed, {} failed, {} skipped",
            tally.passed,
            tally.failures.len(),
            tally.skipped
        )?;
        if tally.failures.is_empty() {
            return Ok(());
        }
        Err(Failure::Check(format!(
            "{} tests failed; each is named above with its reason",
            tally.failures.len()
        ))
        .into())
    }

    fn on_target(&self, bench: &Bench, tally: &mut Tally) -> Result<()> {
        for (name, check) in self.wanted() {
            if check.long && !self.all {
                eprintln!("skip {name} (long; --all runs it)");
                tally.skipped += 1;
                continue;
            }
            let begun = Instant::now();
            let outcome = (check.run)(bench);
            let took = show_duration(begun.elapsed());
            match outcome {
                Ok(()) => {
                    eprintln!("ok   {name} ({took})");
                    tally.passed += 1;
                }
                Err(error) if was_interrupted(&error) => return Err(error),
                Err(error) => {
                    eprintln!("FAIL {name} ({took})");
                    tally.failures.push(format!("{name}: {error:#}"));
                }
            }
        }
        Ok(())
    }

    /// The on-target checks that the filter lets through, each with its `area: name`.
    fn wanted(&self) -> Vec<(String, &'static Check)> {
        let filter = self.filter.as_deref().unwrap_or_default();
        on_target::AREAS
            .iter()
            .flat_map(|(area, checks)| {
                checks.iter().map(move |check| (format!("{area}: {}", check.name), check))
            })
            .filter(|(name, _)| name.contains(filter))
            .collect()
    }

    /// Whether the report's test in Chromium may not be skipped: with `--all`, and in continuous integration, where `CI`
    /// is set by custom.
    fn needs_browser(&self) -> bool {
        let part = self.only != Some(Part::Guests) && self.filter.is_none();
        part && (self.all || std::env::var_os("CI").is_some_and(|value| !value.is_empty()))
    }

    /// Formatting, lints, and `cargo test` over the workspace.
    fn host_tests(&self, context: &CommandContext, tally: &mut Tally) -> Result<()> {
        for (name, arguments) in HOST_STAGES {
            let label = context.next_label(name);
            if context.dry_run {
                eprintln!("{label} … would run cargo {}", arguments.join(" "));
                continue;
            }
            let begun = Instant::now();
            let mut log = StepLog::create(&context.out.join("logs"), name, &label)?;
            // A test that needs QEMU may skip where there is none; here there is one, and a skip would hide a fault.
            let mut cargo = Command::new("cargo");
            cargo.args(arguments).current_dir(&context.root).env("UCHAOS_REQUIRE_QEMU", "1");
            if self.needs_browser() {
                cargo.env("UCHAOS_REQUIRE_CHROMIUM", "1");
            }
            let outcome = log.run(&mut cargo);
            log.finish();
            eprintln!("{label} … {}", show_duration(begun.elapsed()));
            if name == "cargo-test" {
                let text = fs::read(log.path())
                    .with_context(|| format!("reading {}", log.path().display()))?;
                let (passed, ignored) = count(&String::from_utf8_lossy(&text));
                tally.passed += passed;
                tally.skipped += ignored;
                if let Some(chromium) = tools::missing(TO_LOOK).first() {
                    let package = chromium.package;
                    eprintln!(
                        "skip the report in Chromium: there is none (apt-get install {package}, or --all)"
                    );
                    tally.skipped += 1;
                }
            } else if outcome.is_ok() {
                tally.passed += 1;
            }
            match outcome {
                Ok(()) => {}
                Err(error) if was_interrupted(&error) => return Err(error),
                Err(error) => {
                    tally
                        .failures
                        .push(format!("{name} (log: {}): {error:#}", log.path().display()));
                }
            }
        }
        Ok(())
    }
}

/// Whether Ctrl-C is the reason, so that what comes next is not begun.
fn was_interrupted(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Interrupted>().is_some() || guest_run::interrupt::requested()
}

/// Passed and ignored tests, from the result lines of `cargo test`.
fn count(text: &str) -> (usize, usize) {
    let number_before = |line: &str, word: &str| {
        line.split(';')
            .find_map(|part| {
                part.trim().strip_suffix(word)?.rsplit(' ').next()?.parse::<usize>().ok()
            })
            .unwrap_or(0)
    };
    text.lines()
        .filter(|line| line.starts_with("test result:"))
        .map(|line| (number_before(line, " passed"), number_before(line, " ignored")))
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed() {
        let text = "test a ... ok\n\
            test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s\n";
        assert_eq!(count(text), (15, 1));
    }
}
