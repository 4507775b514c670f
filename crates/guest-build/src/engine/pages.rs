// SPDX-License-Identifier: GPL-2.0-or-later
//! Page boundaries in the engine of a linked program. QEMU's TCG chains translated code only within a page, so a loop
//! that crosses a page boundary costs a lookup per iteration; one such loop once cost a third of the stream's rate.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use object::{File, Object as _, ObjectSection as _};

use super::Engine;
use super::scan::disassemble;
use super::verify::place_in;

const PAGE_BYTES: u64 = 4096;

/// Checks that the engine starts at a page boundary in `linked`, a program with symbols, and no loop of it crosses one.
pub fn check_pages(engine: &Engine, linked: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let (object, program) = (read(&engine.object)?, read(linked)?);
    let object = File::parse(&*object).context("reading the engine's object")?;
    let program = File::parse(&*program).context("reading the linked program as ELF")?;
    let text = object.section_by_name(".text").context("the engine's object has no .text")?;
    let begin = place_in(&object, &program)?.address;
    ensure!(
        begin.is_multiple_of(PAGE_BYTES),
        "the engine begins at {begin:#x}, {} bytes into a page",
        begin % PAGE_BYTES
    );
    let code = instructions(&disassemble(linked)?, &(begin..begin + text.size()));
    ensure!(code.len() > 100, "objdump shows {} instructions of the engine", code.len());
    if let Some((from, to)) = loop_across_pages(&code) {
        bail!("the jump at {from:#x} back to {to:#x} makes a loop that crosses a page");
    }
    Ok(())
}

/// Where execution may continue after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flow {
    jump: Option<u64>,
    /// Whether execution may continue with the next instruction.
    falls_through: bool,
}

/// The instructions at `addresses`, from objdump's listing. A call returns, so it counts as an ordinary instruction.
fn instructions(listing: &str, addresses: &Range<u64>) -> BTreeMap<u64, Flow> {
    let instruction = |line: &str| {
        let (address, rest) = line.split_once(":\t")?;
        let address = u64::from_str_radix(address.trim(), 16).ok()?;
        let mut words =
            rest.split_whitespace().skip_while(|word| *word == "cs" || *word == "notrack");
        let name = words.next()?;
        let jump = if name.starts_with('j') {
            words.next().and_then(|target| u64::from_str_radix(target, 16).ok())
        } else {
            None
        };
        let falls_through = !matches!(name, "jmp" | "ret" | "ud2" | "int3" | "hlt");
        Some((address, Flow { jump, falls_through }))
    };
    listing
        .lines()
        .filter_map(instruction)
        .filter(|(address, _)| addresses.contains(address))
        .collect()
}

/// The first jump to an earlier page from which execution can return to the jump.
fn loop_across_pages(code: &BTreeMap<u64, Flow>) -> Option<(u64, u64)> {
    let mut jumps = code.iter().filter_map(|(from, flow)| Some((*from, flow.jump?)));
    jumps.find(|&(from, to)| to / PAGE_BYTES < from / PAGE_BYTES && leads_to(code, to, from))
}

fn leads_to(code: &BTreeMap<u64, Flow>, from: u64, to: u64) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    let mut open = vec![from];
    while let Some(address) = open.pop() {
        let Some(flow) = code.get(&address) else { continue };
        if address == to {
            return true;
        }
        if !seen.insert(address) {
            continue;
        }
        open.extend(flow.jump);
        if flow.falls_through {
            open.extend(code.range(address + 1..).next().map(|(next, _)| *next));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fixtures::{all_functions, compile, link_at};

    const LISTING: &str = "
0000000000000ff0 <take>:
     ff0:\tpush   %rbp
     ff8:\tmov    %rcx,%rax
     ffe:\tjne    100a <take+0x1a>
    1000:\tcall   2000 <step>
    1005:\tjmp    ff8 <take+0x8>
    100a:\tpop    %rbp
    100b:\tret
";

    #[test]
    fn a_loop_over_the_end_of_a_page_is_found_and_other_jumps_are_none() {
        let find = |listing: &str| loop_across_pages(&instructions(listing, &(0..0x3000)));
        assert_eq!(find(LISTING), Some((0x1005, 0xff8)));
        // A jump back to the exit does not loop.
        assert_eq!(find(&LISTING.replace("jne    100a <take+0x1a>", "ret")), None);
        // The same loop within one page.
        let within = LISTING.replace(" ff", " 12f").replace("\n    10", "\n    13");
        let within =
            within.replace("jmp    ff8", "jmp    12f8").replace("jne    100a", "jne    130a");
        assert_eq!(find(&within), None, "{within}");
        // Code outside the engine may contain such loops.
        assert_eq!(loop_across_pages(&instructions(LISTING, &(0x1000..0x3000))), None);
    }

    #[test]
    fn an_engine_that_begins_within_a_page_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let object = compile(folder.path(), "engine", &all_functions(""));
        let library = compile(folder.path(), "library", "int memcmp() { return 0; }");
        let check = |text_address| {
            let program = link_at(folder.path(), "program", text_address, &[&object, &library]);
            check_pages(&Engine { object: object.clone(), sha256: None }, &program)
        };
        check("0x400000").unwrap();
        let error = format!("{:#}", check("0x400040").unwrap_err());
        assert!(error.contains("begins at 0x400040, 64 bytes into a page"), "{error}");
    }
}
