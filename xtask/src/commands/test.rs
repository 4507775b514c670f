// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask test`: what CI runs. Lints and host tests, then both images are built and the on-target checks boot them.
//! The last line counts them all.

mod counts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use clap::Args;

use guest_build::images;
use guest_build::linux_image::LinuxOptions;
use guest_build::log::StepLog;
use guest_build::preflight;
use guest_build::tools::{
    TO_BUILD, TO_MAKE_DISK, TO_MAKE_STICK, TO_TEST, TO_TEST_CAMPAIGNS, TO_TEST_SERVER,
    TO_TEST_STICK,
};
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::progress::show_duration;
use guest_run::tools::TO_RUN;
use guest_run::{CommandContext, ExitKind, interrupt, say};

use self::counts::Counts;

/// The lints: a name for the log, and the arguments of cargo.
const LINTS: [(&str, &[&str]); 6] = [
    ("fmt", &["fmt", "--all", "--", "--check"]),
    ("fmt-runs", &["fmt", "--manifest-path=crates/runs/Cargo.toml", "--", "--check"]),
    // Both have their own lock file, which a changed dependency of the workspace makes stale. This compiles nothing.
    ("lock-runs", &["update", "--workspace", "--locked", "--manifest-path=crates/runs/Cargo.toml"]),
    (
        "lock-python",
        &[
            "update",
            "--workspace",
            "--locked",
            "--manifest-path=crates/sp800-90b-python/Cargo.toml",
        ],
    ),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    // The guests' programs, with most of the project's `unsafe`, are behind features. Linting links nothing, but
    // their build scripts need the engine.
    (
        "clippy-guests",
        &[
            "clippy",
            "--package=baremetal",
            "--package=uchaos-uefi",
            "--package=uchaosbox",
            "--features=baremetal/bare,uchaos-uefi/program,uchaosbox/selftest,uchaosbox/stick,uchaosbox/hwrng",
            "--bins",
            "--profile=kernel",
            "--config=env.UCHAOS_ENGINE_OBJECT='not-linked'",
            "--",
            "-D",
            "warnings",
        ],
    ),
];

/// Steps for the program of SQL queries: a name for the log, and cargo's command.
const QUERY_PROGRAM: [(&str, &str); 2] = [("clippy-runs", "clippy"), ("test-runs", "test")];

/// Lints, unit tests, and the on-target tests in both guests.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask test                           what CI runs
  cargo xtask test --all                     with the long checks
  cargo xtask test --only guests             no lints, no host tests
  cargo xtask test --filter insmod           only the on-target checks with this in their name
  cargo xtask test --filter main_job::       only the checks of one area
  cargo xtask test --only host --filter lz4  only the host tests with this in their name")]
pub(crate) struct Test {
    /// Also run the long checks
    #[arg(long)]
    all: bool,
    /// Run only one part
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Run only the on-target checks (with `--only host`, the host tests) whose name contains this
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

impl Test {
    /// Runs the tests.
    ///
    /// # Errors
    /// Returns an error if any failed, after all have run ([`ExitKind::Check`]), or if they cannot be run at all.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        // Before the host tests: they may link a new xtask, after which this path ends in "(deleted)".
        let xtask = std::env::current_exe().context("finding this program")?;
        let filter = self.filter.as_deref();
        let host = match self.only {
            Some(part) => part == Part::Host,
            None => filter.is_none(),
        };
        let guests = self.only != Some(Part::Host);
        preflight::ensure(context, TO_RUN)?;
        preflight::ensure(context, TO_BUILD)?;
        if host && self.needs_every_tool() {
            preflight::ensure(context, TO_TEST)?;
        }
        if guests && self.needs_every_tool() {
            preflight::ensure(context, TO_MAKE_STICK)?;
            preflight::ensure(context, TO_TEST_STICK)?;
        }
        if guests && self.all {
            preflight::ensure(context, TO_TEST_CAMPAIGNS)?;
            preflight::ensure(context, TO_MAKE_DISK)?;
            preflight::ensure(context, TO_TEST_SERVER)?;
        }
        let lints = if host && filter.is_none() { LINTS.as_slice() } else { &[] };
        let builds = guests && filter.is_none();
        let query_steps =
            if host && filter.is_none() && self.all { QUERY_PROGRAM.len() } else { 0 };
        let host_steps = lints.len() + usize::from(host) + query_steps;
        context.expect_steps(host_steps + if builds { images::STEPS } else { 0 });
        let mut counts = Counts::default();
        for (name, arguments) in lints {
            let failed = stage(context, name, Command::new("cargo").args(*arguments))?.is_err();
            counts.failed += usize::from(failed);
            counts.passed += usize::from(!failed);
        }
        if host {
            counts = counts + self.host_tests(context)?;
        }
        if host && filter.is_none() {
            counts = counts + self.query_program(context)?;
        }
        if builds {
            images::build(context, &self.linux)?;
        }
        if guests && !context.dry_run {
            counts = counts + self.on_target(context, &xtask)?;
        }
        say!("{counts}")?;
        if counts.failed == 0 {
            return Ok(());
        }
        let text = format!("{} tests failed; each is named above with its reason", counts.failed);
        Err(ExitKind::Check(text).into())
    }

    /// The program of SQL queries, which is outside the workspace. Its libraries take longer to compile than everything else
    /// together, so without `--all` it is skipped, and counted as skipped.
    fn query_program(&self, context: &CommandContext) -> Result<Counts> {
        if !self.all {
            eprintln!(
                "skipped: the tests of crates/runs, whose libraries take many minutes to compile (--all runs them)"
            );
            return Ok(Counts { skipped: 1, ..Counts::default() });
        }
        let target = context.out.join("runs");
        let mut counts = Counts::default();
        for (name, what) in QUERY_PROGRAM {
            let mut cargo = Command::new("cargo");
            cargo.args([what, "--manifest-path", "crates/runs/Cargo.toml"]);
            cargo.args(["--release", "--locked", "--target-dir"]).arg(&target);
            if what == "clippy" {
                cargo.args(["--all-targets", "--", "-D", "warnings"]);
            }
            // Preflight has ensured that Python is installed.
            cargo.env(test_support::NO_SKIPS, "1");
            let failed = stage(context, name, &mut cargo)?.is_err();
            if what != "test" || context.dry_run {
                counts.failed += usize::from(failed);
                counts.passed += usize::from(!failed);
                continue;
            }
            let text = fs::read(log_folder(context).join(format!("{name}.log")))?;
            let tests = Counts::of_cargo_test(&String::from_utf8_lossy(&text))?;
            // Something did not compile.
            counts.failed += usize::from(failed && tests.failed == 0);
            counts = counts + tests;
        }
        Ok(counts)
    }

    /// The on-target checks, a program that starts this one (`xtask`) for many of them.
    fn on_target(&self, context: &CommandContext, xtask: &Path) -> Result<Counts> {
        let counts = context.out.join("on-target-counts.json");
        let mut command = Command::new("cargo");
        command.args(["run", "--quiet", "--package", "on-target", "--", "--xtask"]).arg(xtask);
        command.arg("--checkout").arg(&context.root).arg("--counts").arg(&counts);
        command.args(self.linux.words()?);
        if context.offline {
            command.arg("--offline");
        }
        if self.all {
            command.arg("--all");
        }
        if let Some(filter) = &self.filter {
            command.arg(format!("--filter={filter}"));
        }
        command.current_dir(&context.root);
        // Counts of an earlier run.
        match fs::remove_file(&counts) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("removing {}", counts.display()));
            }
            _ => {}
        }
        let finished = process::run(command, Wiring::AsSet, None, OnInterrupt::PassOn)?;
        if !counts.exists() {
            bail!(
                "the on-target checks did not finish ({}); their output is above",
                finished.status
            );
        }
        let text =
            fs::read_to_string(&counts).with_context(|| format!("reading {}", counts.display()))?;
        let counts: Counts =
            serde_json::from_str(&text).context("reading the counts of the on-target checks")?;
        if self.filter.is_some() && counts == Counts::default() {
            return Err(no_match(self.filter.as_deref(), "on-target check"));
        }
        Ok(counts)
    }

    /// Whether installable tools are required: with `--all`, and in continuous integration, where `CI`
    /// is set by convention.
    fn needs_every_tool(&self) -> bool {
        self.all || std::env::var_os("CI").is_some_and(|value| !value.is_empty())
    }

    /// `cargo test` over the workspace.
    fn host_tests(&self, context: &CommandContext) -> Result<Counts> {
        let mut cargo = Command::new("cargo");
        cargo.args(["test", "--workspace", "--no-fail-fast"]).args(&self.filter);
        if self.all {
            cargo.args(["--", "--include-ignored"]);
        }
        if self.needs_every_tool() {
            cargo.env(test_support::NO_SKIPS, "1");
        }
        let outcome = stage(context, "cargo-test", &mut cargo)?;
        if context.dry_run {
            return Ok(Counts::default());
        }
        let log = log_folder(context).join("cargo-test.log");
        let text = fs::read(&log).with_context(|| format!("reading {}", log.display()))?;
        let text = String::from_utf8_lossy(&text);
        for line in counts::notable(&text) {
            eprintln!("{line}");
        }
        let mut counts = Counts::of_cargo_test(&text)?;
        if outcome.is_err() && counts.failed == 0 {
            // Something did not compile.
            counts.failed = 1;
        }
        if self.filter.is_some() && counts == Counts::default() {
            return Err(no_match(self.filter.as_deref(), "host test"));
        }
        Ok(counts)
    }
}

fn no_match(filter: Option<&str>, kind: &str) -> anyhow::Error {
    ExitKind::Usage(format!(
        "no {kind} has `{}` in its name; `cargo xtask test` prints the names as it runs them",
        filter.unwrap_or_default()
    ))
    .into()
}

fn log_folder(context: &CommandContext) -> PathBuf {
    context.out.join("logs")
}

/// Runs a command as one step, with its output in a log. The inner error is the command's, already printed.
fn stage(context: &CommandContext, name: &str, command: &mut Command) -> Result<Result<(), ()>> {
    let label = context.next_label(name);
    if context.dry_run {
        eprintln!("{label} … would run {}", guest_run::quoted(command));
        return Ok(Ok(()));
    }
    let begun = Instant::now();
    let mut log = StepLog::create(&log_folder(context), name, &label)?;
    let outcome = log.run(command.current_dir(&context.root));
    log.finish();
    interrupt::check()?;
    eprintln!("{label} … {}", show_duration(begun.elapsed()));
    Ok(outcome.map_err(|error| {
        eprintln!("FAILED {name} (log: {}): {error:#}", log.path().display());
    }))
}
