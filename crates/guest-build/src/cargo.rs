// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs cargo for the guests' programs: in a separate target folder, because their flags differ from all others,
//! and without any path of this machine in the output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::log::StepLog;
use guest_run::CommandContext;

/// The target of all guest programs.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Compiler flags for a static program without a C library: at a fixed address for the engine object's code model,
/// and with identical functions folded.
pub const STATIC_FLAGS: [&str; 3] =
    ["-Crelocation-model=static", "-Ctarget-feature=+crt-static", "-Clink-arg=-Wl,--icf=all"];

/// Options of `strip` for such a program: no symbols, and no unwind tables.
pub const STRIP: [&str; 3] =
    ["--strip-all", "--remove-section=.eh_frame", "--remove-section=.comment"];

/// A program that runs without an operating system's libraries.
pub struct GuestProgram<'a> {
    pub package: &'a str,
    pub name: &'a str,
    pub feature: &'a str,
    pub flags: &'a [&'a str],
}

impl GuestProgram<'_> {
    /// Compiles and links it in a target folder below `folder`, with the engine's object where it has that; where it then
    /// is.
    pub fn build(
        &self,
        context: &CommandContext,
        engine_object: Option<&Path>,
        folder: &Path,
        log: &mut StepLog,
    ) -> Result<PathBuf> {
        let target = folder.join("cargo");
        let what = ["build", "--package", self.package, "--bin", self.name];
        let how = ["--features", self.feature, "--profile", "kernel", "--target", TARGET];
        let mut cargo = cargo(context, &[what.as_slice(), &how].concat(), self.flags, &target);
        if let Some(engine_object) = engine_object {
            cargo.env("UCHAOS_ENGINE_OBJECT", engine_object);
        }
        log.run(&mut cargo)?;
        Ok(target.join(TARGET).join("kernel").join(self.name))
    }
}

/// Writes `linked` without symbols atomically to `program`; returns its length in bytes.
pub fn strip(linked: &Path, program: &Path, log: &mut StepLog) -> Result<u64> {
    let stripped = program.with_file_name("stripped");
    log.run(Command::new("strip").args(STRIP).arg("-o").arg(&stripped).arg(linked))?;
    let bytes = fs::metadata(&stripped).context("looking at the stripped program")?.len();
    fs::rename(&stripped, program)
        .with_context(|| format!("putting {} in place", program.display()))?;
    Ok(bytes)
}

/// The replacement for the paths of the checkout and of crates in a program; an input of every step that runs cargo.
pub const PATHS: [&str; 2] = ["/uchaos", "/crates"];

/// `cargo` in the checkout with these compiler flags; its subcommand and `--locked` are the caller's.
pub fn cargo(
    context: &CommandContext,
    subcommand: &[&str],
    flags: &[&str],
    target: &Path,
) -> Command {
    let mut flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
    // Panic messages contain paths, and even a registry's name must not depend on the builder.
    let [checkout, crates] = PATHS;
    let remap = |from: &Path, to| format!("--remap-path-prefix={}={to}", from.display());
    flags.push(remap(&context.root, checkout));
    flags.extend(registries().iter().map(|path| remap(path, crates)));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(&context.root)
        .args(subcommand)
        .arg("--locked")
        .env("CARGO_TARGET_DIR", target)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"))
        .env_remove("RUSTFLAGS");
    if context.offline {
        cargo.arg("--offline");
    }
    cargo
}

/// The user's folder of cargo.
pub fn home() -> Option<PathBuf> {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// Where cargo unpacks crates: one folder for each registry.
fn registries() -> Vec<PathBuf> {
    let entries = home().and_then(|home| fs::read_dir(home.join("registry/src")).ok());
    let mut folders: Vec<PathBuf> =
        entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.sort();
    folders
}
