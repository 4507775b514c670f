// SPDX-License-Identifier: GPL-2.0-or-later
//! Searches the engine's object for code that some target cannot run. Such code links silently and then fails at run
//! time, or only on another machine, so the build fails instead.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use object::elf;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, SectionKind};

use super::FUNCTIONS;
use crate::log::StepLog;

/// The symbols that the engine may import; every target has them.
const PROVIDED: [&str; 4] = ["memcmp", "memcpy", "memmove", "memset"];

/// Relocations that every target resolves, the kernel's module loader included.
const RELOCATIONS: [elf::RelocationType; 5] = [
    elf::R_X86_64_64,
    elf::R_X86_64_PC32,
    elf::R_X86_64_PLT32,
    elf::R_X86_64_32,
    elf::R_X86_64_32S,
];

/// The largest stack frame of a function. A kernel's stack has 16 KiB, part of which the engine's callers use.
const FRAME_BYTES_AT_MOST: u64 = 1024;

/// Refuses an object that some target cannot use.
pub(super) fn scan(path: &Path, log: &mut StepLog) -> Result<()> {
    let bytes = fs::read(path).with_context(|| format!("reading {} to scan it", path.display()))?;
    check_object(&bytes)
        .with_context(|| format!("scanning the engine's object {}", path.display()))?;
    let code = disassemble(path)?;
    check_registers(&code)
        .and_then(|()| check_frames(&code))
        .with_context(|| format!("scanning the code of the engine's object {}", path.display()))?;
    log.note(&format!("scanned {}: {} bytes, fit for every target", path.display(), bytes.len()))
}

fn check_object(bytes: &[u8]) -> Result<()> {
    let file = object::File::parse(bytes).context("reading it as ELF")?;
    let mut defined = BTreeSet::new();
    for symbol in file.symbols() {
        let name = symbol.name().context("reading a symbol's name")?;
        if symbol.is_undefined() && name == "uchaos_panic" {
            bail!("some path in it can panic; give the operation that can fail a checked form");
        }
        if symbol.is_undefined() && !name.is_empty() && !PROVIDED.contains(&name) {
            bail!("it needs '{name}', which not every target has");
        }
        if symbol.is_global() && !symbol.is_undefined() {
            defined.insert(name);
        }
    }
    if defined != BTreeSet::from(FUNCTIONS) {
        bail!("its global symbols are {defined:?} instead of the functions of uchaos_engine.h");
    }
    for section in file.sections() {
        let name = section.name().context("reading a section's name")?;
        if matches!(section.kind(), SectionKind::Data | SectionKind::UninitializedData)
            && section.size() > 0
        {
            bail!("section {name} can be written: the engine keeps no global state");
        }
        for (offset, relocation) in section.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
            if !RELOCATIONS.contains(&r_type) {
                bail!(
                    "relocation {r_type:?} at {name}+{offset:#x}, which the kernel's module loader refuses"
                );
            }
        }
    }
    Ok(())
}

/// objdump's listing of a file's code: offset and instruction on each line.
pub fn disassemble(path: &Path) -> Result<String> {
    let output = Command::new("objdump")
        .args(["--disassemble", "--no-show-raw-insn"])
        .arg(path)
        .output()
        .context(
            "starting objdump: is binutils installed? (`cargo xtask doctor` shows what is missing)",
        )?;
    if !output.status.success() {
        bail!(
            "objdump could not read {}: {}",
            path.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8(output.stdout).context("reading what objdump printed")
}

/// Kernel code may not touch the registers of SSE, AVX, MMX or the x87.
fn check_registers(code: &str) -> Result<()> {
    let mut instructions = 0;
    for line in code.lines().filter(|line| line.contains(":\t")) {
        instructions += 1;
        for register in ["%xmm", "%ymm", "%zmm", "%mm", "%st"] {
            if line.contains(register) {
                bail!("it uses {register}: {}", line.trim());
            }
        }
    }
    if instructions < 100 {
        bail!("objdump shows {instructions} instructions only: is it the binutils one?");
    }
    Ok(())
}

/// No function may use much of the stack; frames above a page are allocated page by page.
fn check_frames(code: &str) -> Result<()> {
    let mut function = "";
    for line in code.lines() {
        if let Some((_, name)) = line.strip_suffix(">:").and_then(|line| line.split_once('<')) {
            function = name;
        }
        let taken = ["sub ", "add "].iter().find_map(|instruction| {
            let (_, operands) = line.split_once(instruction)?;
            let number = operands.trim_start().strip_prefix("$0x")?.strip_suffix(",%rsp")?;
            // A negative number that is added is written with all 64 bits.
            let bytes = u64::from_str_radix(number, 16).ok()?.cast_signed();
            Some(bytes.unsigned_abs())
        });
        if let Some(bytes) = taken.filter(|bytes| *bytes > FRAME_BYTES_AT_MOST) {
            bail!(
                "{function} takes {bytes} bytes of the stack, and may take {FRAME_BYTES_AT_MOST}"
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::{all_functions, compile};

    #[test]
    fn sse_and_x87_registers_are_seen_and_others_are_not() {
        let harmless = "   0:\tmov %rax,%rbx\n".repeat(100);
        check_registers(&harmless).unwrap();
        for line in ["   9:\tmovaps %xmm0,(%rsp)\n", "   9:\tfld %st(1)\n"] {
            assert!(check_registers(&format!("{harmless}{line}")).is_err(), "{line}");
        }
        assert!(check_registers("").is_err());
    }

    #[test]
    fn a_large_frame_is_refused_and_its_function_named() {
        let listing =
            |instruction: &str| format!("0000000000000040 <init>:\n  40:\t{instruction}\n");
        for fits in ["sub    $0x400,%rsp", "add    $0x1c8,%rsp", "sub    $0x1000,%rax"] {
            check_frames(&listing(fits)).unwrap();
        }
        for large in ["sub    $0x1000,%rsp", "add    $0xfffffffffffff000,%rsp"] {
            let error = check_frames(&listing(large)).unwrap_err().to_string();
            assert!(error.starts_with("init takes 4096 bytes of the stack"), "{error}");
        }
    }

    #[test]
    fn each_thing_that_some_target_cannot_take_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let check = |extra: &str| {
            let object = compile(folder.path(), "engine", &all_functions(extra));
            check_object(&fs::read(object).unwrap()).map_err(|error| format!("{error:#}"))
        };
        check("").unwrap();
        for (extra, reason) in [
            (
                "int uchaos_panic(int); static __attribute__((used)) int f(int x) { return uchaos_panic(x); }",
                "panic",
            ),
            (
                "int printf(int); static __attribute__((used)) int f(int x) { return printf(x); }",
                "'printf'",
            ),
            ("int one_more(int x) { return x; }", "one_more"),
            ("static __attribute__((used)) int count = 7;", "global state"),
            // R_X86_64_PC64, which no compiler flag of ours can give.
            ("__asm__(\".quad memcmp - .\");", "relocation"),
        ] {
            let error = check(extra).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn what_is_not_an_object_is_refused() {
        assert!(check_object(b"no ELF at all").is_err());
    }
}
