// SPDX-License-Identifier: GPL-2.0-or-later
//! The programs `uchaos` and `ea`, linked statically, so that they run on any distribution.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use guest_build::cargo::{PATHS, TARGET, cargo};
use guest_build::inputs::Inputs;
use guest_build::step;
use guest_run::CommandContext;

/// Package and program.
const PROGRAMS: [(&str, &str); 2] = [("uchaos", "uchaos"), ("sp800-90b", "ea")];
/// The C library in the program.
const FLAGS: [&str; 1] = ["-Ctarget-feature=+crt-static"];

/// Where the programs are: `uchaos`, then `ea`.
pub(crate) fn build(context: &CommandContext, revision: &str) -> Result<[PathBuf; 2]> {
    let folder = context.out.join("programs");
    let programs = PROGRAMS.map(|(_, name)| folder.join(name));
    let mut inputs = Inputs::new();
    for path in [
        "crates",
        "chaos-core",
        "linux-guest/launcher",
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
    ] {
        inputs = inputs.path(context.root.join(path));
    }
    let inputs = inputs
        .text("flags", FLAGS.join(" "))
        .text("paths", PATHS.join(" "))
        .text("revision", revision);
    let outputs = programs.each_ref().map(PathBuf::as_path);
    step::run(context, "programs", &inputs, &outputs, |log| {
        fs::create_dir_all(&folder)?;
        let target = folder.join("cargo");
        for ((package, name), program) in PROGRAMS.iter().zip(&programs) {
            let what =
                ["build", "--release", "--package", package, "--bin", name, "--target", TARGET];
            let mut cargo = cargo(context, &what, &FLAGS, &target);
            cargo.env(measure::provenance::REVISION_VARIABLE, revision);
            log.run(&mut cargo)?;
            let linked = target.join(TARGET).join("release").join(name);
            let stripped = folder.join("stripped");
            log.run(Command::new("strip").arg("--strip-all").arg("-o").arg(&stripped).arg(linked))?;
            fs::rename(&stripped, program)?;
        }
        Ok(())
    })?;
    Ok(programs)
}
