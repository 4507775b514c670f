// SPDX-License-Identifier: GPL-2.0-or-later
//! Where two builds of a file first differ, in the file's own terms: the section of an ELF file, the member of an
//! archive.

use std::collections::BTreeSet;
use std::fmt;

use object::{Object as _, ObjectSection as _};
use serde::Serialize;

use guest_run::archive;

/// The first difference of two files.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The first byte that differs, or is in one of them only.
    pub offset_bytes: usize,
    /// The part of the file, if its format is known.
    pub place: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "byte {}", self.offset_bytes)?;
        self.place.as_ref().map_or(Ok(()), |place| write!(out, ", {place}"))
    }
}

/// `None` if both are equal.
pub fn first_difference(first: &[u8], second: &[u8]) -> Option<Difference> {
    if first == second {
        return None;
    }
    let shorter = first.len().min(second.len());
    let offset_bytes = first.iter().zip(second).position(|(a, b)| a != b).unwrap_or(shorter);
    let place = member(first, second).or_else(|| section(first, second, offset_bytes));
    Some(Difference { offset_bytes, place })
}

/// The first member of two archives that differs, in the order of names; `None` unless both are archives.
fn member(first: &[u8], second: &[u8]) -> Option<String> {
    let (first, second) = (archive::read_back(first).ok()?, archive::read_back(second).ok()?);
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    let differs = names.into_iter().find_map(|name| match (first.get(name), second.get(name)) {
        (Some(first), Some(second)) => {
            first_difference(first, second).map(|difference| format!("in {name}: {difference}"))
        }
        _ => Some(format!("{name} is in only one of them")),
    });
    Some(differs.unwrap_or_else(|| "in the files' metadata: modes, times, order".to_owned()))
}

/// The section of an ELF file with the byte; `None` unless both are ELF files. If a section has another
/// length, the headers differ first, so then the first differing section is also named.
fn section(first: &[u8], second: &[u8], offset_bytes: usize) -> Option<String> {
    let (first, second) = (object::File::parse(first).ok()?, object::File::parse(second).ok()?);
    let holds = |section: &object::Section<'_, '_>| {
        section
            .file_range()
            .is_some_and(|(begin, len)| (begin..begin + len).contains(&(offset_bytes as u64)))
    };
    if let Some(name) = first.sections().find(holds).and_then(|section| name_of(&section)) {
        return Some(format!("section {name}"));
    }
    let differs = first.sections().find_map(|section| {
        let name = name_of(&section)?;
        let other = second.section_by_name(&name)?;
        (section.data().ok() != other.data().ok()).then_some(name)
    });
    let beyond = differs.map(|name| format!(", then section {name}")).unwrap_or_default();
    Some(format!("in the ELF headers{beyond}"))
}

fn name_of(section: &object::Section<'_, '_>) -> Option<String> {
    section.name().ok().filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use guest_run::archive::Archive;

    fn text(first: &[u8], second: &[u8]) -> String {
        first_difference(first, second).unwrap().to_string()
    }

    /// A small object of the compiler that links Rust programs here.
    fn object() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let (source, object) = (folder.path().join("one.s"), folder.path().join("one.o"));
        std::fs::write(&source, "\t.text\n\t.zero 64, 0x90\n").unwrap();
        let status = Command::new("cc").arg("-c").arg(&source).arg("-o").arg(&object).status();
        assert!(status.unwrap().success());
        std::fs::read(&object).unwrap()
    }

    #[test]
    fn plain_bytes_have_an_offset_alone() {
        assert_eq!(first_difference(b"same", b"same"), None);
        assert_eq!(text(b"one thing", b"one thong"), "byte 6");
        assert_eq!(text(b"one", b"one more"), "byte 3");
    }

    #[test]
    fn an_archive_names_its_member_and_an_elf_file_its_section() {
        let program = object();
        let parsed = object::File::parse(&*program).unwrap();
        let (begin, _) = parsed.section_by_name(".text").unwrap().file_range().unwrap();
        let mut changed = program.clone();
        changed[begin as usize + 7] ^= 1;
        let pack = |program: &[u8], mode| {
            Archive::new().dir("/bin", mode).file("/bin/tool", 0o755, program).to_cpio_gz().unwrap()
        };
        let found = text(&pack(&program, 0o755), &pack(&changed, 0o755));
        assert!(
            found.ends_with(&format!("in bin/tool: byte {}, section .text", begin + 7)),
            "{found}"
        );
        let found = text(&pack(b"", 0o755), &pack(b"", 0o700));
        assert!(found.ends_with("modes, times, order"), "{found}");
        // The header's processor flags, which no section depends on.
        let mut headed = changed.clone();
        headed[0x30] ^= 1;
        assert_eq!(text(&program, &headed), "byte 48, in the ELF headers, then section .text");
    }
}
