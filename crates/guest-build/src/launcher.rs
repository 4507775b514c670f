// SPDX-License-Identifier: GPL-2.0-or-later
//! The launcher in front of packed programs: one small static program without a C library.

use std::path::PathBuf;

use anyhow::Result;

use super::cargo::{GuestProgram, PATHS, STATIC_FLAGS, STRIP, strip};
use crate::inputs::Inputs;
use crate::step;
use guest_run::CommandContext;

const PROGRAM: GuestProgram<'_> =
    GuestProgram { package: "launcher", name: "launcher", feature: "guest", flags: &STATIC_FLAGS };

/// Builds the program. It needs only the Rust toolchain and binutils.
pub fn build(context: &CommandContext) -> Result<PathBuf> {
    let folder = context.out.join("launcher");
    let program = folder.join("launcher");
    let mut inputs = Inputs::new();
    for path in [
        "linux-guest/launcher",
        "crates/freestanding",
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
    ] {
        inputs = inputs.path(context.root.join(path));
    }
    let inputs = inputs
        .text("flags", [STATIC_FLAGS, STRIP].concat().join(" "))
        .text("paths", PATHS.join(" "));
    step::run(context, "launcher", &inputs, &[&program], |log| {
        let linked = PROGRAM.build(context, None, &folder, log)?;
        let bytes = strip(&linked, &program, log)?;
        log.note(&format!("launcher: {bytes} bytes"))
    })?;
    Ok(program)
}
