// SPDX-License-Identifier: GPL-2.0-or-later
//! uchaosbox: one static program without a C library, linked with the engine object; the same file runs in the guest
//! and on the host.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::cargo::{GuestProgram, PATHS, STATIC_FLAGS, STRIP, strip};
use super::engine::{self, Engine};
use crate::inputs::Inputs;
use crate::step;
use guest_run::CommandContext;

/// Builds the shipped program.
pub fn build(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    build_with(context, engine_object, "uchaosbox", "guest")
}

/// Builds the program with the self test of the kernel module, for on-target checks.
pub fn build_self_test(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    build_with(context, engine_object, "uchaosbox-selftest", "selftest")
}

/// Builds the program with the applet that measures a PC from a USB stick.
pub fn build_stick(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    build_with(context, engine_object, "uchaosbox-stick", "stick")
}

/// Builds the program with the target that reads the host's generator.
pub fn build_host_rng(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    build_with(context, engine_object, "uchaosbox-hwrng", "hwrng")
}

fn build_with(
    context: &CommandContext,
    engine_object: &Path,
    step: &str,
    feature: &str,
) -> Result<PathBuf> {
    let folder = context.out.join(step);
    let program = folder.join("uchaosbox");
    let mut inputs = Inputs::new();
    for path in [
        "linux-guest/uchaosbox",
        "crates/chaos-ffi",
        "crates/chaos-stick",
        "crates/chaos-vocab/src",
        "crates/chaos-view",
        "crates/chaos-wire",
        "crates/freestanding",
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
    ] {
        inputs = inputs.path(context.root.join(path));
    }
    // In a dry run the engine may not exist yet.
    if engine_object.exists() {
        inputs = inputs.path(engine_object);
    }
    let inputs = inputs
        .text("flags", [STATIC_FLAGS, STRIP].concat().join(" "))
        .text("paths", PATHS.join(" "))
        .text("feature", feature);
    step::run(context, step, &inputs, &[&program], |log| {
        let guest_program =
            GuestProgram { package: "uchaosbox", name: "uchaosbox", feature, flags: &STATIC_FLAGS };
        let linked = guest_program.build(context, Some(engine_object), &folder, log)?;
        let engine = Engine { object: engine_object.to_path_buf(), sha256: None };
        let same = engine::verify(&engine, &linked)?;
        log.note(&format!("the engine is in it: {} bytes are equal", same.compared_bytes))?;
        let bytes = strip(&linked, &program, log)?;
        log.say(&format!("uchaosbox: {bytes} bytes"))
    })?;
    Ok(program)
}
