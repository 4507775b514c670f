// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel module: the C shim of linux-guest/uchaos and the engine object, linked by the kernel's build
//! system, and scanned for faults that modpost accepts but a loading kernel rejects.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use object::elf;
use object::{File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags};

use super::engine::{self, Engine};
use super::kernel::{self, KernelBuild};
use super::work_dir;
use crate::inputs::Inputs;
use crate::step;
use guest_run::CommandContext;

/// The relocations that `apply_relocate_add` knows in Linux 5.15 to 6.18 (arch/x86/kernel/module.c). Any other makes
/// insmod fail with "Unknown rela relocation".
const RELOCATIONS: [elf::RelocationType; 7] = [
    elf::R_X86_64_NONE,
    elf::R_X86_64_64,
    elf::R_X86_64_PC32,
    elf::R_X86_64_PLT32,
    elf::R_X86_64_32,
    elf::R_X86_64_32S,
    elf::R_X86_64_PC64,
];

/// The C shim, in the checkout.
pub const SHIM: &str = "linux-guest/uchaos";
/// The engine's header, in the checkout.
pub const HEADER: &str = "crates/chaos-ffi/include/uchaos_engine.h";

/// The guest's kernel unpacks each symbol before /init runs, and needs only those of relocations.
const STRIP: [&str; 2] = ["--strip-unneeded", "--remove-section=.comment"];

/// Builds `uchaos.ko` for a kernel.
pub fn build(
    context: &CommandContext,
    kernel: &KernelBuild,
    engine_object: &Path,
) -> Result<PathBuf> {
    let step = format!("module-{}", kernel.name);
    let module = context.out.join(&step).join("uchaos.ko");
    let mut inputs = Inputs::new()
        .path(context.root.join(SHIM))
        .path(context.root.join(HEADER))
        .text("kernel", kernel.release.clone())
        .text("strip", STRIP.join(" "));
    // In a dry run the inputs may not exist yet.
    for part in
        [engine_object, &kernel.build_dir.join(".config"), &kernel.build_dir.join("Module.symvers")]
    {
        if part.exists() {
            inputs = inputs.path(part);
        }
    }
    step::run(context, &step, &inputs, &[&module], |log| {
        let folder = work_dir::for_builds(context, &format!("{step}-build"))?;
        gather(context, engine_object, "engine.o_shipped", &folder)?;
        log.run(
            kernel::make(&kernel.source_dir, &kernel.build_dir)
                .arg(format!("M={}", folder.display()))
                .arg("modules"),
        )?;
        let built = folder.join("uchaos.ko");
        log.run(Command::new("strip").args(STRIP).arg(&built))?;
        let bytes = fs::read(&built)?;
        scan(&bytes).with_context(|| format!("scanning {}", built.display()))?;
        let engine = Engine { object: engine_object.to_path_buf(), sha256: None };
        let same = engine::verify(&engine, &built)?;
        log.note(&format!("the engine is in it: {} bytes are equal", same.compared_bytes))?;
        log.say(&format!("uchaos.ko for Linux {}: {} bytes", kernel.release, bytes.len()))?;
        put_in_place(&built, &module)
    })?;
    Ok(module)
}

/// Copies a module to its final place.
pub fn put_in_place(built: &Path, module: &Path) -> Result<()> {
    if let Some(parent) = module.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::copy(built, module).with_context(|| format!("writing {}", module.display())).map(|_| ())
}

/// Copies kbuild's inputs to one empty folder: it builds in place, and a checkout may be read-only. The
/// engine gets the name that the module's Kbuild expects for its form.
pub fn gather(
    context: &CommandContext,
    engine: &Path,
    engine_name: &str,
    folder: &Path,
) -> Result<()> {
    let shim = &context.root.join(SHIM);
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(folder)?;
    let copy = |from: &Path, name: &str| {
        let bytes = fs::read(from)?;
        let to = folder.join(name);
        fs::write(&to, bytes).with_context(|| format!("writing {}", to.display()))
    };
    for entry in fs::read_dir(shim)? {
        let path = entry.with_context(|| format!("listing {}", shim.display()))?.path();
        if let Some(name) = path.file_name().and_then(|name| name.to_str()) {
            copy(&path, name)?;
        }
    }
    copy(&context.root.join(HEADER), "uchaos_engine.h")?;
    copy(engine, engine_name)
}

/// Rejects a module that a loading kernel rejects or that has forbidden contents.
pub fn scan(module: &[u8]) -> Result<()> {
    let module = File::parse(module).context("reading the module as ELF")?;
    for section in module.sections() {
        let name = section.name().unwrap_or("?");
        for (offset, relocation) in section.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            if !RELOCATIONS.contains(&r_type) {
                bail!(
                    "relocation type {r_type} at {offset:#x} of {name}: no kernel accepts it; \
                     was the engine compiled with -Crelro-level=off?"
                );
            }
        }
    }
    let panics = |symbol: &object::Symbol<'_, '_>| {
        symbol.is_undefined() && symbol.name().is_ok_and(|name| name.contains("panic"))
    };
    if let Some(symbol) = module.symbols().find(panics) {
        bail!(
            "the module needs '{}': the engine has a path that panics",
            symbol.name().unwrap_or("?")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An object with this one instruction, assembled by the compiler that links Rust programs here.
    fn object_with(instruction: &str) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (source, object) = (folder.path().join("one.s"), folder.path().join("one.o"));
        fs::write(&source, format!("\t{instruction}\n")).unwrap();
        let status = Command::new("cc").arg("-c").arg(&source).arg("-o").arg(&object).status();
        assert!(status.unwrap().success());
        fs::read(&object).unwrap()
    }

    #[test]
    fn a_call_of_the_kernel_is_fine_and_a_got_is_not() {
        scan(&object_with("call memcpy")).unwrap();
        let got = object_with("pushq memcpy@GOTPCREL(%rip)");
        let error = scan(&got).unwrap_err().to_string();
        assert!(error.contains("relocation type 9") && error.contains(".text"), "{error}");
    }

    #[test]
    fn a_path_that_panics_is_seen() {
        let error = scan(&object_with("call uchaos_panic")).unwrap_err().to_string();
        assert!(error.contains("uchaos_panic"), "{error}");
        assert!(scan(b"no ELF").is_err());
    }
}
