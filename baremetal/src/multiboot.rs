// SPDX-License-Identifier: GPL-2.0-or-later
//! What a Multiboot2 loader leaves in memory (Multiboot2 Specification 2.0, §3.6), read from bytes: one structure of tags,
//! each with its type, its size and what it says. Its memory map has the entries of E820, as PVH's has.

use crate::pvh::{MEMORY_MAP_ENTRY_BYTES, MemoryMapEntry};
use crate::range::PhysRange;

/// What the loader has in `eax`.
pub const MAGIC: u32 = 0x36d7_6289;
/// Bytes before the first tag: the structure's size, and four of no meaning.
pub const HEADER_BYTES: usize = 8;
/// More than any loader leaves; a larger size is not one.
pub const BYTES_MAX: u32 = 1 << 20;

const COMMAND_LINE: u32 = 1;
const MODULE: u32 = 3;
const MEMORY_MAP: u32 = 6;
const FRAMEBUFFER: u32 = 8;
/// The framebuffer's kind for characters instead of pixels.
const EGA_TEXT: u8 = 2;

/// The structure.
#[derive(Debug, Clone, Copy)]
pub struct BootInformation<'a> {
    tags: &'a [u8],
}

impl<'a> BootInformation<'a> {
    /// All of the structure's bytes, its header included.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { tags: bytes.get(HEADER_BYTES..).unwrap_or_default() }
    }

    /// Where the NUL-terminated command line is, within the structure.
    #[must_use]
    pub fn command_line(&self) -> Option<&'a [u8]> {
        self.tag(COMMAND_LINE).filter(|text| text.contains(&0))
    }

    /// The first file that was loaded with the kernel.
    #[must_use]
    pub fn module(&self) -> PhysRange {
        let module = self.tag(MODULE).unwrap_or_default();
        match (u32_at(module, 0), u32_at(module, 4)) {
            (Some(start), Some(end)) if start < end => PhysRange::new(start.into(), end.into()),
            _ => PhysRange::default(),
        }
    }

    pub fn memory_map(&self) -> impl Iterator<Item = MemoryMapEntry> + use<'a> {
        let map = self.tag(MEMORY_MAP).unwrap_or_default();
        // Loaders may append to an entry; its size stands before the first.
        let entry_bytes = u32_at(map, 0).map_or(0, |bytes| bytes as usize);
        let entries = map.get(8..).unwrap_or_default();
        entries
            .chunks_exact(entry_bytes.max(MEMORY_MAP_ENTRY_BYTES))
            .filter_map(|entry| entry.first_chunk().map(MemoryMapEntry::parse))
    }

    /// Whether the screen shows characters. A loader that says nothing has left the BIOS's text mode as it was.
    #[must_use]
    pub fn has_text_screen(&self) -> bool {
        self.tag(FRAMEBUFFER).is_none_or(|screen| screen.get(21) == Some(&EGA_TEXT))
    }

    /// What the first tag of that type says.
    fn tag(&self, wanted: u32) -> Option<&'a [u8]> {
        let mut rest = self.tags;
        loop {
            let (kind, size) = (u32_at(rest, 0)?, u32_at(rest, 4)? as usize);
            let tag = rest.get(8..size)?;
            if kind == wanted {
                return Some(tag);
            }
            // A tag of type 0 is the last.
            rest = rest.get(size.next_multiple_of(8)..).filter(|_| kind != 0)?;
        }
    }
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    bytes.get(offset..)?.first_chunk().map(|chunk| u32::from_le_bytes(*chunk))
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn structure(tags: &[(u32, &[u8])]) -> Vec<u8> {
        let mut bytes = [0; HEADER_BYTES].to_vec();
        for (kind, said) in tags {
            bytes.extend(kind.to_le_bytes());
            bytes.extend((said.len() as u32 + 8).to_le_bytes());
            bytes.extend(*said);
            bytes.resize(bytes.len().next_multiple_of(8), 0xee);
        }
        bytes
    }

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn tags_are_found_behind_others_of_odd_sizes() {
        let map = words(&[24, 0, 0x10_0000, 0, 0x70_0000, 0, 1, 0, 0, 1, 5, 0, 2, 0]);
        let module = [words(&[0x1234, 0x2234]), b"conf\0".to_vec()].concat();
        let text = [words(&[0xb8000, 0, 160, 80, 25]), [16, EGA_TEXT, 0, 0].to_vec()].concat();
        let bytes = structure(&[
            (COMMAND_LINE, b"uchaos.job=raw:1\0"),
            (9, &[1, 2, 3]),
            (MODULE, &module),
            (MEMORY_MAP, &map),
            (FRAMEBUFFER, &text),
            (0, &[]),
        ]);
        let information = BootInformation::new(&bytes);
        assert_eq!(information.command_line(), Some(&b"uchaos.job=raw:1\0"[..]));
        assert_eq!(information.module(), PhysRange::new(0x1234, 0x2234));
        let found: Vec<_> = information.memory_map().collect();
        let entry = |addr, len_bytes, kind| MemoryMapEntry { addr, len_bytes, kind };
        assert_eq!(found, [entry(0x10_0000, 0x70_0000, 1), entry(1 << 32, 5, 2)]);
        assert!(information.has_text_screen());
    }

    #[test]
    fn a_damaged_structure_says_less_and_nothing_wrong() {
        let graphic = [words(&[0, 0, 0, 0, 0]), [32, 1, 0, 0].to_vec()].concat();
        let bytes = structure(&[(FRAMEBUFFER, &graphic), (0, &[]), (MODULE, &words(&[1, 2]))]);
        let information = BootInformation::new(&bytes);
        assert!(!information.has_text_screen());
        assert!(information.module().is_empty(), "behind the last tag");
        for len in 0..bytes.len() {
            let cut = BootInformation::new(&bytes[..len]);
            assert_eq!(cut.memory_map().count(), 0);
            assert_eq!(cut.command_line(), None);
        }
        let endless = structure(&[(COMMAND_LINE, b"no end"), (MODULE, &words(&[2, 1]))]);
        let information = BootInformation::new(&endless);
        assert_eq!(information.command_line(), None);
        assert!(information.module().is_empty());
        let mut zero = structure(&[(9, &[])]);
        zero[12..16].fill(0);
        assert_eq!(BootInformation::new(&zero).command_line(), None);
    }
}
