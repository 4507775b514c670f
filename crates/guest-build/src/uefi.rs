// SPDX-License-Identifier: GPL-2.0-or-later
//! The UEFI program: compiled with the stock host toolchain as a position-independent ELF around the engine's object,
//! and converted to the PE file that firmware loads.

mod pe;
mod red_zone;

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use guest_run::CommandContext;

use super::cargo::{GuestProgram, PATHS};
use super::engine::{self, Engine};
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::step;

/// The steps of [`build`], after the engine's.
pub const STEPS: usize = 1;

/// Size limit of the program: see what grew before raising it.
const MOST_BYTES: u64 = 160 * 1024;

const PROGRAM: GuestProgram<'_> =
    GuestProgram { package: "uchaos-uefi", name: "uchaos-uefi", feature: "program", flags: &FLAGS };

/// Compiler flags: the firmware loads the program anywhere, and its interrupt handlers run on the program's stack, so
/// nothing may be kept below the stack pointer.
const FLAGS: [&str; 7] = [
    "-Crelocation-model=pic",
    "-Ctarget-feature=+crt-static",
    "-Cno-redzone=yes",
    "-Crelro-level=off",
    "-Cforce-unwind-tables=no",
    "-Clink-arg=-Wl,--icf=all",
    "-Clink-arg=-Wl,-O2",
];

/// Builds `uchaos.efi` around the engine's object.
///
/// # Errors
/// Returns an error if it cannot be compiled, linked or converted, or if it uses the red zone.
pub fn build(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    let folder = context.out.join("uefi");
    let program = folder.join("uchaos.efi");
    let mut inputs = Inputs::new();
    for path in [
        "uefi",
        "baremetal/src",
        "baremetal/Cargo.toml",
        "crates/chaos-ffi",
        "crates/chaos-stick",
        "crates/chaos-view",
        "crates/chaos-vocab/src",
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
    let inputs = inputs.text("flags", FLAGS.join(" ")).text("paths", PATHS.join(" "));
    step::run(context, "uefi", &inputs, &[&program], |log| {
        fs::create_dir_all(&folder)?;
        let linked = PROGRAM.build(context, Some(engine_object), &folder, log)?;
        let engine = Engine { object: engine_object.to_path_buf(), sha256: None };
        let same = engine::verify(&engine, &linked)?;
        log.note(&format!("the engine is in it: {} bytes are equal", same.compared_bytes))?;
        red_zone::check(&engine::disassemble(&linked)?)
            .with_context(|| format!("checking the code of {}", linked.display()))?;
        let bytes = fs::read(&linked)?;
        let made = pe::of_elf(&bytes)
            .with_context(|| format!("making a PE file of {}", linked.display()))?;
        check_size(made.len() as u64, log)?;
        let whole = program.with_extension("part");
        fs::write(&whole, made)?;
        fs::rename(&whole, &program)
            .with_context(|| format!("putting {} in place", program.display()))
    })?;
    Ok(program)
}

fn check_size(bytes: u64, log: &mut StepLog) -> Result<()> {
    log.note(&format!("uchaos.efi: {bytes} bytes of at most {MOST_BYTES}"))?;
    if bytes > MOST_BYTES {
        bail!(
            "the UEFI program has {bytes} bytes, more than the limit of {MOST_BYTES}: see what grew (nm --size-sort)"
        );
    }
    Ok(())
}
