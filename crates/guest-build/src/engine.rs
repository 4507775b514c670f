// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine as one relocatable object: compiled once, with the strictest flags that any target needs, scanned, and
//! linked by the kernel module, uchaosbox and the microkernel alike (docs/adr/0001).

#[cfg(test)]
mod fixtures;
mod listing;
mod pages;
mod scan;
mod verify;

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use object::read::archive::ArchiveFile;

use super::cargo::{PATHS, cargo};
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::step;
use guest_run::CommandContext;
use guest_run::file_sha256;

pub use chaos_vocab::FUNCTION_NAMES as FUNCTIONS;
pub use pages::check_pages;
pub use scan::disassemble;
pub use verify::verify;

/// The engine, built.
#[derive(Debug)]
pub struct Engine {
    /// `engine.o`.
    pub object: PathBuf,
    /// The object's SHA-256; it goes into every result. Absent in a dry run before the first build.
    pub sha256: Option<String>,
}

/// Compiler flags. Each is needed by one target at least, and harmless for the others.
pub const FLAGS: [&str; 9] = [
    // Any address: the top 2 GB for the kernel module, the bottom for the microkernel, the firmware's choice for a UEFI
    // program. All relocations are relative to the instruction, and there is no GOT.
    "-Ccode-model=small",
    "-Crelocation-model=pic",
    // The kernel module: no SSE, interrupts below the stack pointer, and no relocation kind that its loader lacks.
    "-Ctarget-feature=-sse",
    "-Cno-redzone=yes",
    "-Crelro-level=off",
    "-Cforce-unwind-tables=no",
    // Kernels with retpolines: no indirect branch.
    "-Cjump-tables=no",
    // SHA-256 without SSE, and small.
    "--cfg=sha2_256_backend=\"soft\"",
    "--cfg=sha2_backend_soft=\"compact\"",
];

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// One section for code and one for constants, so that a linked program holds the engine in one piece. The sampling loops
/// come first and fit into one page, then what they call, then the work between blocks; so no loop crosses a page, whatever
/// the sizes of the other functions (see `check_pages`).
const MERGE_SCRIPT: &str = "SECTIONS {
  .text 0 : { *(.text.*sampler4fill*) . = ALIGN(4096); *(.text.*sampler*) *(.text.*Watch*)
    . = ALIGN(4096); *(.text.uchaos_engine_raw .text.uchaos_engine_seed .text.uchaos_engine_stream) *(.text .text.*) }
  .rodata 0 : { *(.rodata .rodata.*) }
  .note.GNU-stack 0 : { *(.note.GNU-stack) }
  /DISCARD/ : { *(.eh_frame .comment .llvmbc .llvmcmd .debug_*) }
}
";

/// Builds and scans `engine.o`.
pub fn build(context: &CommandContext) -> Result<Engine> {
    let folder = context.out.join("engine");
    let object = folder.join("engine.o");
    let inputs = Inputs::new()
        .path(context.root.join("chaos-core/src"))
        .path(context.root.join("chaos-core/Cargo.toml"))
        .path(context.root.join("crates/chaos-arch"))
        .path(context.root.join("crates/chaos-ffi"))
        .path(context.root.join("crates/chaos-vocab/src"))
        .path(context.root.join("Cargo.toml"))
        .path(context.root.join("Cargo.lock"))
        .path(context.root.join("rust-toolchain.toml"))
        .text("flags", FLAGS.join(" "))
        .text("paths", PATHS.join(" "))
        .text("merge", MERGE_SCRIPT)
        .text("scan", include_str!("engine/scan.rs"))
        .text("listing", include_str!("engine/listing.rs"));
    let listing = listing_of(&object);
    step::run(context, "engine", &inputs, &[&object, &listing], |log| {
        fs::create_dir_all(&folder)?;
        let library = compile(context, &folder, log)?;
        let merged = merge(&library, &folder, log)?;
        let scanned = folder.join("unscanned.o");
        finish(&merged, &scanned, log)?;
        scan::scan(&scanned, log)?;
        fs::write(&listing, listing::listing(&merged)?)?;
        fs::rename(&scanned, &object)
            .with_context(|| format!("putting {} in place", object.display()))
    })?;
    let sha256 = if object.exists() { Some(file_sha256(&object)?) } else { None };
    Ok(Engine { object, sha256 })
}

/// The same engine as assembly, for the kernels of distributions; next to the object.
pub fn listing_of(object: &Path) -> PathBuf {
    object.with_file_name("engine.S")
}

/// Compiles chaos-ffi and what it needs into an archive.
fn compile(context: &CommandContext, folder: &Path, log: &mut StepLog) -> Result<PathBuf> {
    let cargo_folder = folder.join("cargo");
    let subcommand = [
        "rustc",
        "--package",
        "chaos-ffi",
        "--lib",
        "--features",
        "object",
        "--profile",
        "engine",
        "--target",
        TARGET,
        "--crate-type",
        "staticlib",
    ];
    log.run(&mut cargo(context, &subcommand, &FLAGS, &cargo_folder))?;
    Ok(cargo_folder.join(TARGET).join("engine/libchaos_ffi.a"))
}

/// Links the archive's objects into one, keeping what the engine's functions reach. The standard library's objects
/// are left out: they use SSE, and nothing may need them.
fn merge(library: &Path, folder: &Path, log: &mut StepLog) -> Result<PathBuf> {
    let parts_folder = folder.join("parts");
    if parts_folder.exists() {
        fs::remove_dir_all(&parts_folder)
            .with_context(|| format!("emptying {}", parts_folder.display()))?;
    }
    fs::create_dir_all(&parts_folder)?;
    let bytes = fs::read(library)?;
    let archive = ArchiveFile::parse(&*bytes)
        .with_context(|| format!("reading the archive {}", library.display()))?;
    let mut parts = Vec::new();
    for member in archive.members() {
        let member =
            member.with_context(|| format!("reading a member of {}", library.display()))?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        if !name.ends_with(".rcgu.o") || is_standard_library(&name) {
            continue;
        }
        let part = parts_folder.join(&name);
        let data = member
            .data(&*bytes)
            .with_context(|| format!("reading {name} of {}", library.display()))?;
        fs::write(&part, data)?;
        parts.push(part);
    }
    if parts.is_empty() {
        bail!(
            "{} has no object of the engine: did rustc change how it names them?",
            library.display()
        );
    }
    // In the order of their names without the hashes, so that the same sources give the same bytes anywhere.
    parts.sort();
    let script = folder.join("merge.ld");
    fs::write(&script, MERGE_SCRIPT)?;
    let merged = folder.join("merged.o");
    let mut linker = Command::new("ld");
    linker.args(["--relocatable", "--gc-sections", "--script"]).arg(&script);
    for function in FUNCTIONS {
        linker.args(["--undefined", function]);
    }
    log.run(linker.arg("-o").arg(&merged).args(&parts))?;
    Ok(merged)
}

fn is_standard_library(member: &str) -> bool {
    ["alloc-", "compiler_builtins-", "core-", "std-"].iter().any(|name| member.starts_with(name))
}

/// Leaves the engine's functions as the only global symbols, and nothing that the kernel would trip over.
fn finish(merged: &Path, finished: &Path, log: &mut StepLog) -> Result<()> {
    let mut objcopy = Command::new("objcopy");
    for function in FUNCTIONS {
        objcopy.arg(format!("--keep-global-symbol={function}"));
    }
    log.run(objcopy.args(["--strip-debug", "--strip-unneeded"]).arg(merged).arg(finished))
}
