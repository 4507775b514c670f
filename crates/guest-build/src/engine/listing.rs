// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine as assembly, for the kernels of distributions: the object's instructions byte for byte, but returns and
//! the entries of functions as the kernel's own macros. Such kernels want each return to be a jump to a thunk of
//! theirs (RETHUNK), or followed by a trap (SLS), and an ENDBR at each entry (IBT), which stable rustc does not emit.
//! The kernel's own build then assembles it and runs its object checker over it.

use fs_err as fs;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::elf;
use object::{
    File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags, RelocationTarget,
    SymbolKind,
};

use super::FUNCTIONS;
use super::scan::disassemble;

/// The lines before the code.
pub(super) const HEAD: &str = r#"/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine, written by `cargo xtask` from the object that rustc made of chaos-core: the same instructions, but
 * that returns and the entries of functions are the kernel's own macros. Its source is chaos-core and chaos-ffi.
 */
#ifdef __KERNEL__
#include <linux/linkage.h>
#define PADDING(bytes...)
#else
/* As it stands in the object, to compare with it. */
#define PADDING(bytes...) .byte bytes
#define RET ret
#define SYM_FUNC_START_LOCAL(name) .type name, @function; name:
#define SYM_FUNC_START(name) .globl name; SYM_FUNC_START_LOCAL(name)
#define SYM_FUNC_END(name) .size name, . - name
#endif
#ifndef RET
#define RET ret
#endif

	.text
"#;

/// Bytes of constants on a line.
const LINE_BYTES: usize = 16;

/// The listing of the merged object, which still has its local symbols.
pub(super) fn listing(merged: &Path) -> Result<String> {
    let bytes = fs::read(merged)?;
    Lister::new(&bytes)
        .and_then(|lister| lister.list(&disassemble(merged)?))
        .with_context(|| format!("listing the engine's object {}", merged.display()))
}

/// A value that the assembler or the loader fills in.
struct Reference {
    kind: &'static str,
    expression: String,
    width: usize,
}

struct Function {
    name: String,
    end: u64,
    global: bool,
}

struct Lister<'data> {
    file: File<'data>,
    functions: BTreeMap<u64, Function>,
}

impl<'data> Lister<'data> {
    fn new(bytes: &'data [u8]) -> Result<Self> {
        let file = File::parse(bytes).context("reading it as ELF")?;
        let text = file.section_by_name(".text").context("it has no .text")?.index();
        let mut functions = BTreeMap::new();
        for symbol in file.symbols() {
            if symbol.section_index() != Some(text) || symbol.kind() != SymbolKind::Text {
                continue;
            }
            let name = symbol.name().context("reading a symbol's name")?;
            let global = FUNCTIONS.contains(&name);
            let name = if global { name.to_owned() } else { local_name(name, symbol.address()) };
            let end = symbol.address() + symbol.size();
            functions.insert(symbol.address(), Function { name, end, global });
        }
        Ok(Self { file, functions })
    }

    fn list(&self, disassembly: &str) -> Result<String> {
        let mut out = HEAD.to_owned();
        self.code(disassembly, &mut out)?;
        self.constants(&mut out)?;
        out.push_str("\n\t.section .note.GNU-stack, \"\", @progbits\n");
        Ok(out)
    }

    fn code(&self, disassembly: &str, out: &mut String) -> Result<()> {
        let section = self.file.section_by_name(".text").context("it has no .text")?;
        let code = section.data().context("reading its code")?;
        let references = self.references(&section)?;
        let instructions: Vec<(u64, &str)> =
            disassembly.lines().filter_map(instruction_of).collect();
        let ends = instructions.iter().skip(1).map(|&(at, _)| at).chain([code.len() as u64]);
        let spans: Vec<(u64, u64, &str)> =
            instructions.iter().zip(ends).map(|(&(begin, text), end)| (begin, end, text)).collect();
        let targets: BTreeSet<u64> = spans
            .iter()
            .filter(|(begin, end, _)| references.range(*begin..*end).next().is_none())
            .filter_map(|(_, _, text)| branch_of(text).map(|(_, target)| target))
            .collect();
        for &(begin, end, text) in &spans {
            if let Some(function) = self.functions.get(&begin) {
                let local = if function.global { "" } else { "_LOCAL" };
                writeln!(out, "\nSYM_FUNC_START{local}({})", function.name)?;
            }
            if targets.contains(&begin) {
                writeln!(out, ".L{begin:x}:")?;
            }
            let inside = references.range(begin..end);
            let span = usize::try_from(begin).context("an instruction's place")?
                ..usize::try_from(end).context("an instruction's place")?;
            if self.function_around(begin).is_none() {
                // Bytes between functions are alignment.
                let bytes = code.get(span).context("an instruction beyond the code")?;
                writeln!(out, "PADDING({})", shown(bytes))?;
            } else if text.contains('*') {
                bail!("'{text}' at {begin:#x} is an indirect branch");
            } else if text == "ret" || text.ends_with(" ret") {
                out.push_str("\tRET\n");
            } else if let Some((branch, target)) =
                branch_of(text).filter(|_| inside.clone().next().is_none())
            {
                let bytes = code.get(span).context("an instruction beyond the code")?;
                branch_to(out, branch, target, bytes)?;
            } else {
                let shown = text.split(['#', '<']).next().unwrap_or_default().trim();
                writeln!(out, "\t/* {shown} */")?;
                bytes_with(out, code, span, inside)?;
            }
            if let Some(function) = self.function_around(begin).filter(|it| it.end == end) {
                writeln!(out, "SYM_FUNC_END({})", function.name)?;
            }
        }
        Ok(())
    }

    fn constants(&self, out: &mut String) -> Result<()> {
        let section = self.file.section_by_name(".rodata").context("it has no .rodata")?;
        let data = section.data().context("reading its constants")?;
        let references = self.references(&section)?;
        writeln!(out, "\n\t.section .rodata\n\t.balign {}\n.Lconstants:", section.align())?;
        bytes_with(out, data, 0..data.len(), references.range(..))
    }

    fn function_around(&self, offset: u64) -> Option<&Function> {
        let (_, function) = self.functions.range(..=offset).next_back()?;
        (offset < function.end).then_some(function)
    }

    /// A section's relocations by offset.
    fn references(&self, section: &object::Section<'_, '_>) -> Result<BTreeMap<u64, Reference>> {
        let mut references = BTreeMap::new();
        for (offset, relocation) in section.relocations() {
            let RelocationFlags::Elf { r_type } = relocation.flags() else {
                bail!("a relocation that is none of ELF's");
            };
            let (kind, width) = match r_type {
                elf::R_X86_64_64 => ("R_X86_64_64", 8),
                elf::R_X86_64_32S => ("R_X86_64_32S", 4),
                elf::R_X86_64_PC32 => ("R_X86_64_PC32", 4),
                elf::R_X86_64_PLT32 => ("R_X86_64_PLT32", 4),
                _ => bail!("relocation {r_type:?} at {offset:#x}"),
            };
            let RelocationTarget::Symbol(index) = relocation.target() else {
                bail!("the relocation at {offset:#x} has no symbol");
            };
            let expression = self
                .expression(index, kind, relocation.addend())
                .with_context(|| format!("the relocation at {offset:#x}"))?;
            references.insert(offset, Reference { kind, expression, width });
        }
        Ok(references)
    }

    fn expression(&self, symbol: object::SymbolIndex, kind: &str, addend: i64) -> Result<String> {
        let symbol = self.file.symbol_by_index(symbol).context("its symbol")?;
        let Some(section) = symbol.section_index() else {
            return Ok(format!("{} + {addend}", symbol.name().context("its symbol's name")?));
        };
        let section = self.file.section_by_index(section).context("its symbol's section")?;
        let place = i64::try_from(symbol.address()).context("its symbol's place")? + addend;
        match section.name().context("its section's name")? {
            ".rodata" => Ok(format!(".Lconstants + {place}")),
            ".text" => {
                // Calls and jumps count from the end of their last four bytes.
                let ahead = if matches!(kind, "R_X86_64_PC32" | "R_X86_64_PLT32") { 4 } else { 0 };
                let target = u64::try_from(place + ahead).context("a place before the code")?;
                let function = self
                    .functions
                    .get(&target)
                    .with_context(|| format!("{target:#x} is not where a function begins"))?;
                Ok(format!("{} - {ahead}", function.name))
            }
            name => bail!("it points into {name}"),
        }
    }
}

/// Writes bytes literally, with the references in their places.
fn bytes_with<'a>(
    out: &mut String,
    data: &[u8],
    span: std::ops::Range<usize>,
    references: impl Iterator<Item = (&'a u64, &'a Reference)>,
) -> Result<()> {
    let mut at = span.start;
    for (&offset, reference) in references {
        let place = usize::try_from(offset).context("a relocation's place")?;
        plain_bytes(out, data.get(at..place).context("a relocation out of order")?)?;
        writeln!(out, "\t.reloc ., {}, {}", reference.kind, reference.expression)?;
        writeln!(out, "\t.fill {}, 1, 0", reference.width)?;
        at = place + reference.width;
    }
    plain_bytes(out, data.get(at..span.end).context("a relocation over the end")?)
}

/// Writes a branch. The compiler now and then takes a long jump where a short one reaches, and some assemblers would
/// not: a long one is written as bytes. A short one may have to grow with the kernel's returns.
fn branch_to(out: &mut String, branch: &str, target: u64, bytes: &[u8]) -> Result<()> {
    match bytes.split_last_chunk::<4>() {
        Some((operation, _)) if branch != "call" => {
            writeln!(out, "\t/* {branch} */")?;
            plain_bytes(out, operation)?;
            writeln!(out, "\t.long .L{target:x} - . - 4")?;
        }
        _ => writeln!(out, "\t{branch} .L{target:x}")?,
    }
    Ok(())
}

fn plain_bytes(out: &mut String, bytes: &[u8]) -> Result<()> {
    for line in bytes.chunks(LINE_BYTES) {
        writeln!(out, "\t.byte {}", shown(line))?;
    }
    Ok(())
}

fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:#04x}")).collect::<Vec<_>>().join(", ")
}

/// Offset and text of an instruction, from a line of objdump's.
fn instruction_of(line: &str) -> Option<(u64, &str)> {
    let (offset, text) = line.split_once(":\t")?;
    Some((u64::from_str_radix(offset.trim(), 16).ok()?, text.trim()))
}

/// Mnemonic and target of a branch within the code.
fn branch_of(text: &str) -> Option<(&str, u64)> {
    let (mnemonic, operand) = text.split_once(' ')?;
    let target = operand.trim().split(' ').next()?;
    if !mnemonic.starts_with('j') && mnemonic != "call" {
        return None;
    }
    Some((mnemonic, u64::from_str_radix(target, 16).ok()?))
}

/// A name that any assembler takes, and that does not depend on the compiler's hashes.
fn local_name(mangled: &str, offset: u64) -> String {
    let without_hash = mangled.rsplit_once("17h").map_or(mangled, |(path, _)| path);
    let plain: String =
        without_hash.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("{}_{offset:x}", plain.trim_start_matches('_'))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::engine::fixtures::{all_functions, compile};
    use crate::engine::{Engine, verify};

    const WITH_EVERYTHING: &str = r#"
        void *memcpy(void *, const void *, unsigned long);
        static const char *const names[] = { "one", "two" };
        static __attribute__((noinline)) int inner(int x) { return x > 3 ? x * 5 : x - 1; }
        __attribute__((used)) static const char *f(int x, char *to) {
            while (inner(x) > 2) x--;
            memcpy(to, names[x & 1], 3);
            __asm__ volatile(".byte 0x0f, 0x84, 0x01, 0, 0, 0; nop"); /* a long jump over one byte */
            return names[1];
        }"#;

    fn listed(folder: &Path, extra: &str) -> Result<(std::path::PathBuf, String)> {
        let object = compile(folder, "engine", &all_functions(extra));
        let merged = folder.join("merged.o");
        let script = folder.join("merge.ld");
        fs::write(&script, crate::engine::MERGE_SCRIPT)?;
        let mut linker = Command::new("ld");
        linker.args(["--relocatable", "--script"]).arg(&script).arg("-o").arg(&merged).arg(object);
        anyhow::ensure!(linker.status()?.success());
        let text = listing(&merged)?;
        Ok((merged, text))
    }

    #[test]
    fn assembled_with_plain_returns_it_is_the_object_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        let (merged, text) = listed(folder.path(), WITH_EVERYTHING).unwrap();
        assert!(text.contains("\tRET\n") && text.contains("R_X86_64_PLT32, memcpy"), "{text}");
        let (source, again) = (folder.path().join("engine.S"), folder.path().join("again.o"));
        fs::write(&source, text).unwrap();
        let status = Command::new("gcc").arg("-c").arg(&source).arg("-o").arg(&again).status();
        assert!(status.unwrap().success());
        let same = verify(&Engine { object: merged, sha256: None }, &again).unwrap();
        assert!(same.compared_bytes > 100, "{same:?}");
    }

    #[test]
    fn an_indirect_branch_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let extra = "__attribute__((used)) static int f(int (*g)(int)) { return g(1) + 1; }";
        let error = format!("{:#}", listed(folder.path(), extra).unwrap_err());
        assert!(error.contains("indirect branch"), "{error}");
    }
}
