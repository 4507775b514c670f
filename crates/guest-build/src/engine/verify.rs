// SPDX-License-Identifier: GPL-2.0-or-later
//! Finds the engine in a linked program and compares it with the object, byte for byte outside relocations. This
//! proves that every target ran the same code.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use object::elf;
use object::{File, Object as _, ObjectSection as _, ObjectSymbol as _, RelocationFlags};

use super::{Engine, FUNCTIONS};

/// The extent of the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    pub compared_bytes: usize,
    /// Bytes of code that a linker fills in, so they cannot be compared.
    pub relocated_bytes: usize,
}

/// Checks that `linked`, an ELF program or a kernel module with its symbols, holds this engine.
pub fn verify(engine: &Engine, linked: &Path) -> Result<Verified> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let (object, program) = (read(&engine.object)?, read(linked)?);
    compare(&object, &program).with_context(|| {
        format!("looking for the engine {} in {}", engine.object.display(), linked.display())
    })
}

fn compare(object: &[u8], program: &[u8]) -> Result<Verified> {
    let object = File::parse(object).context("reading the engine's object")?;
    let program = File::parse(program).context("reading the linked program as ELF")?;
    let text = object.section_by_name(".text").context("the engine's object has no .text")?;
    let code = text.data().context("reading the engine's code")?;
    let place = place_in(&object, &program)?;
    let linked = place.code(&program, code.len())?;
    let mut relocated = vec![false; code.len()];
    for (offset, relocation) in text.relocations() {
        let RelocationFlags::Elf { r_type } = relocation.flags() else { continue };
        let begin = usize::try_from(offset).context("a relocation's place")?;
        let width = if r_type == elf::R_X86_64_64 { 8 } else { 4 };
        relocated.iter_mut().skip(begin).take(width).for_each(|byte| *byte = true);
    }
    let differs = (0..code.len()).find(|&at| !relocated[at] && code[at] != linked[at]);
    if let Some(at) = differs {
        bail!(
            "byte {at:#x} of the engine's code is {:#04x} there and {:#04x} in the object",
            linked[at],
            code[at]
        );
    }
    let relocated_bytes = relocated.iter().filter(|&&byte| byte).count();
    Ok(Verified { compared_bytes: code.len() - relocated_bytes, relocated_bytes })
}

/// Where the object's code begins in the program: its address, and the section in which that is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    section: object::SectionIndex,
    pub(super) address: u64,
}

impl Place {
    fn code<'data>(&self, program: &File<'data>, len: usize) -> Result<&'data [u8]> {
        let section = program
            .section_by_index(self.section)
            .context("the section of the engine's functions")?;
        let data = section.data().context("reading the section of the engine's functions")?;
        let begin = self
            .address
            .checked_sub(section.address())
            .context("the engine begins before its section")?;
        let begin = usize::try_from(begin).context("the engine's place in its section")?;
        data.get(begin..begin + len).context("the engine's code is cut off there")
    }
}

/// The address on which all functions of the engine agree.
pub(super) fn place_in(object: &File<'_>, program: &File<'_>) -> Result<Place> {
    let mut agreed: Option<Place> = None;
    for function in FUNCTIONS {
        let here = object
            .symbol_by_name(function)
            .with_context(|| format!("the object has no {function}"))?;
        let there = program.symbol_by_name(function).with_context(|| {
            format!("it has no {function}: was it linked with the engine, and not stripped?")
        })?;
        let place = Place {
            section: there
                .section_index()
                .with_context(|| format!("{function} is not defined there"))?,
            address: there
                .address()
                .checked_sub(here.address())
                .context("the engine begins below address 0")?,
        };
        match &agreed {
            None => agreed = Some(place),
            Some(first) if *first != place => {
                bail!("{function} is not where the other functions put the engine")
            }
            Some(_) => {}
        }
    }
    agreed.context("the engine has no functions")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::{all_functions, compile, link};

    const LIBRARY: &str =
        "int memcmp(const void *a, const void *b, unsigned long n) { return a != b; }";

    #[test]
    fn a_linked_engine_is_found_and_a_changed_byte_of_it_too() {
        let folder = tempfile::tempdir().unwrap();
        let engine = compile(folder.path(), "engine", &all_functions(""));
        let before = compile(folder.path(), "before", "int before(int x) { return x * 7; }");
        let library = compile(folder.path(), "library", LIBRARY);
        let program = link(folder.path(), "program", &[&before, &engine, &library]);
        let engine = Engine { object: engine, sha256: None };
        let same = verify(&engine, &program).unwrap();
        assert!(same.compared_bytes > 200, "{same:?}");
        // Each function calls memcmp once, over four bytes that the linker fills in.
        assert_eq!(same.relocated_bytes, 4 * FUNCTIONS.len());

        let mut bytes = fs::read(&program).unwrap();
        let code = {
            let file = File::parse(&*bytes).unwrap();
            let text = file.section_by_name(".text").unwrap();
            let address = file.symbol_by_name("uchaos_ticks").unwrap().address();
            text.file_range().unwrap().0 + address - text.address()
        };
        bytes[usize::try_from(code).unwrap()] ^= 1;
        fs::write(&program, bytes).unwrap();
        let error = format!("{:#}", verify(&engine, &program).unwrap_err());
        assert!(error.contains("of the engine's code is"), "{error}");
    }

    #[test]
    fn a_program_without_the_engine_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let engine = compile(folder.path(), "engine", &all_functions(""));
        let library = compile(folder.path(), "library", LIBRARY);
        let program = link(folder.path(), "program", &[&library]);
        let error = format!(
            "{:#}",
            verify(&Engine { object: engine, sha256: None }, &program).unwrap_err()
        );
        assert!(error.contains(&format!("it has no {}", FUNCTIONS[0])), "{error}");
    }
}
