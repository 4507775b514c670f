// SPDX-License-Identifier: GPL-2.0-or-later
//! `runs`: the program `uchaos-runs` of crate `runs`, which has the libraries for Parquet and SQL. They take minutes to
//! compile and take tens of megabytes, so neither this program nor the archive includes them.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, anyhow};
use clap::Args;

use guest_run::{CommandContext, ExitKind};

const PROGRAM: &str = "uchaos-runs";
const CRATE: &str = "crates/runs";
/// The build command shown to users.
const BUILD: &str = "cargo build --release --manifest-path crates/runs/Cargo.toml";

/// List, query, label, merge and remove runs, from one table (`runs --help` lists the commands).
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub struct Runs {
    /// A command and its arguments: list, show, query, columns, label, export, merge, rm
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Runs {
    /// Replaces this process by `uchaos-runs`, built first in a checkout. If `offline`, cargo fetches no crates.
    pub fn run(self, context: &CommandContext, offline: bool) -> Result<()> {
        let program = match next_to_this_program() {
            Some(program) => program,
            None => build(context, offline)?,
        };
        let mut runs = Command::new(&program);
        runs.args(&self.arguments);
        if context.json && !self.arguments.iter().any(|argument| argument == "--json") {
            runs.arg("--json");
        }
        if std::env::var_os("UCHAOS_RUNS").is_none() {
            runs.env("UCHAOS_RUNS", context.root.join("runs"));
        }
        if context.dry_run {
            eprintln!("would run {}", guest_run::quoted(&runs));
            return Ok(());
        }
        Err(anyhow!(runs.exec()).context(format!("starting {}", program.display())))
    }
}

fn next_to_this_program() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    Some(program.parent()?.join(PROGRAM)).filter(|path| path.is_file())
}

fn build(context: &CommandContext, offline: bool) -> Result<PathBuf> {
    let manifest = manifest(&context.root)?;
    let target = context.out.join("runs");
    let program = target.join("release").join(PROGRAM);
    if context.dry_run {
        return Ok(program);
    }
    let is_first = !program.is_file();
    if is_first {
        eprintln!(
            "building {PROGRAM} with its libraries for Parquet and SQL, once: this takes 10 to 20 minutes on 2 processors"
        );
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--locked", "--manifest-path"]).arg(&manifest);
    // Cargo shows the progress of a long build.
    cargo.args((!is_first).then_some("--quiet"));
    cargo.arg("--target-dir").arg(target).args(offline.then_some("--offline"));
    let status = cargo.status().with_context(|| format!("starting cargo for {PROGRAM}"))?;
    if status.success() {
        return Ok(program);
    }
    Err(ExitKind::Check(format!(
        "{PROGRAM} was not built: cargo's message is above; `{BUILD}` repeats it"
    ))
    .into())
}

/// The manifest of the crate in a checkout.
fn manifest(root: &Path) -> Result<PathBuf> {
    let manifest = root.join(CRATE).join("Cargo.toml");
    if manifest.is_file() {
        return Ok(manifest);
    }
    let text = format!(
        "the program {PROGRAM} is not next to this program, and cannot be built in {}, which is not a checkout: run \
         `{BUILD}` in a checkout, and put its {PROGRAM} next to uchaos",
        root.display()
    );
    Err(ExitKind::Missing(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_program_and_without_a_checkout_the_error_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = manifest(folder.path()).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::Missing(_))), "{error:#}");
        assert!(error.to_string().contains(BUILD), "{error:#}");
        assert!(manifest(Path::new("../..")).is_ok());
    }
}
