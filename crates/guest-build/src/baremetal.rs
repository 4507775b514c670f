// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel: compiled with the stock host toolchain, linked with the engine's object, and packed.

mod lz4;
mod packed;

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::cargo::{GuestProgram, PATHS};
use super::engine::{self, Engine};
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::step;
use guest_run::CommandContext;

/// The microkernel, built.
#[derive(Debug)]
pub struct Bare {
    /// As it ships and boots: stripped, and packed behind a PVH entry that unpacks it.
    pub elf: PathBuf,
    /// The kernel as linked, with symbols: for debuggers, and to find the engine in it. It also
    /// boots.
    pub unstripped: PathBuf,
}

/// Limit for the stripped ELF, to keep it a microkernel.
const MOST_BYTES: u64 = 96 * 1024;

const PROGRAM: GuestProgram<'_> =
    GuestProgram { package: "baremetal", name: "uchaos-bare", feature: "bare", flags: &FLAGS };

/// Compiler flags, all optional; each makes the image smaller. The kernel is linked at a fixed address, has no
/// unwinder, and folds identical functions.
const FLAGS: [&str; 5] = [
    "-Crelocation-model=static",
    "-Crelro-level=off",
    "-Cforce-unwind-tables=no",
    "-Clink-arg=-Wl,--icf=all",
    "-Clink-arg=-Wl,-O2",
];

/// Builds the microkernel around the engine's object.
pub fn build(context: &CommandContext, engine_object: &Path) -> Result<Bare> {
    let folder = context.out.join("baremetal");
    let bare = Bare {
        elf: folder.join("uchaos-bare.elf"),
        unstripped: folder.join("uchaos-bare.unstripped.elf"),
    };
    let inputs = Inputs::new()
        .path(context.root.join("baremetal"))
        .path(context.root.join("crates/chaos-stick"))
        .path(context.root.join("crates/chaos-view"))
        .path(context.root.join("crates/chaos-wire"))
        .path(context.root.join("crates/freestanding"))
        .path(context.root.join("crates/chaos-ffi"))
        .path(context.root.join("crates/chaos-vocab/src"))
        .path(context.root.join("Cargo.toml"))
        .path(context.root.join("Cargo.lock"))
        .path(context.root.join("rust-toolchain.toml"))
        .path(engine_object)
        .text("flags", FLAGS.join(" "))
        .text("paths", PATHS.join(" "));
    // In a dry run before the first build there is no object to hash, but the steps are known.
    let inputs =
        if engine_object.exists() { inputs } else { Inputs::new().text("engine", "not built yet") };
    step::run(context, "baremetal", &inputs, &[&bare.elf, &bare.unstripped], |log| {
        fs::create_dir_all(&folder)?;
        let linked = PROGRAM.build(context, Some(engine_object), &folder, log)?;
        let engine = Engine { object: engine_object.to_path_buf(), sha256: None };
        let same = engine::verify(&engine, &linked)?;
        log.note(&format!("the engine is in it: {} bytes are equal", same.compared_bytes))?;
        fs::copy(&linked, &bare.unstripped).with_context(|| {
            format!("copying {} to {}", linked.display(), bare.unstripped.display())
        })?;
        packed::build(context, &linked, &folder, &bare.elf, log)?;
        check_size(&bare.elf, log)
    })?;
    Ok(bare)
}

fn check_size(elf: &Path, log: &mut StepLog) -> Result<()> {
    let bytes = fs::metadata(elf)?.len();
    log.note(&format!("{}: {bytes} bytes of at most {MOST_BYTES}", elf.display()))?;
    if bytes > MOST_BYTES {
        bail!(
            "the microkernel has {bytes} bytes, more than the limit of {MOST_BYTES}: see what grew (nm --size-sort)"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_over_its_limit_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let elf = folder.path().join("image.elf");
        let mut log = StepLog::create(folder.path(), "size", "size").unwrap();
        let mut check = |bytes| {
            fs::File::create(&elf).unwrap().set_len(bytes).unwrap();
            check_size(&elf, &mut log)
        };
        check(MOST_BYTES).unwrap();
        let error = check(MOST_BYTES + 1).unwrap_err().to_string();
        assert!(error.contains("98305 bytes"), "{error}");
    }
}
