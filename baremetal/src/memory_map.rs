// SPDX-License-Identifier: GPL-2.0-or-later
//! From the machine's memory map and the ranges that are taken (kernel, initrd, what the firmware left) to the
//! regions of a `BootInfo`: usable ones in whole frames, the rest named as what it is.

use bootloader_api::info::{MemoryRegion, MemoryRegionKind};

use crate::pvh::{E820_RAM, MemoryMapEntry};
use crate::range::PhysRange;

/// The regions did not fit into the table that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRegions;

/// Writes the regions into `table` and returns how many there are. Usable regions lie inside `mapped` (what the
/// page tables reach) and touch no range of `taken`; a taken range that lies in RAM becomes a
/// `Bootloader` region of whole frames.
///
/// # Errors
/// Returns an error if there are more regions than places in `table`.
pub fn fill(
    entries: impl Iterator<Item = MemoryMapEntry>,
    taken: &[PhysRange],
    mapped: PhysRange,
    table: &mut [MemoryRegion],
) -> Result<usize, TooManyRegions> {
    let mut regions = Regions { table, len: 0 };
    for entry in entries {
        let range = PhysRange::with_len(entry.addr, entry.len_bytes);
        if entry.kind == E820_RAM {
            regions.add_ram(range.intersect(&mapped), taken)?;
        } else {
            regions.add(range, MemoryRegionKind::UnknownBios(entry.kind))?;
        }
    }
    Ok(regions.len)
}

struct Regions<'a> {
    table: &'a mut [MemoryRegion],
    len: usize,
}

impl Regions<'_> {
    fn add(&mut self, range: PhysRange, kind: MemoryRegionKind) -> Result<(), TooManyRegions> {
        if range.is_empty() {
            return Ok(());
        }
        let place = self.table.get_mut(self.len).ok_or(TooManyRegions)?;
        *place = MemoryRegion { start: range.start, end: range.end, kind };
        self.len += 1;
        Ok(())
    }

    /// Cuts RAM at every taken range; recursion ends because each call has fewer of them left.
    fn add_ram(&mut self, ram: PhysRange, taken: &[PhysRange]) -> Result<(), TooManyRegions> {
        let Some((hole, others)) = taken.split_first() else {
            return self.add(ram.frames_inside(), MemoryRegionKind::Usable);
        };
        let hole = hole.frames_around();
        if hole.is_empty() || ram.intersect(&hole).is_empty() {
            return self.add_ram(ram, others);
        }
        let [left, right] = ram.without(&hole);
        self.add_ram(left, others)?;
        self.add(ram.intersect(&hole), MemoryRegionKind::Bootloader)?;
        self.add_ram(right, others)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    const LOW: PhysRange = PhysRange::new(0, 0x10_0000);
    const MAPPED: PhysRange = PhysRange::new(0, 1 << 32);

    fn ram(addr: u64, len_bytes: u64) -> MemoryMapEntry {
        MemoryMapEntry { addr, len_bytes, kind: E820_RAM }
    }

    fn regions(entries: &[MemoryMapEntry], taken: &[PhysRange]) -> Vec<MemoryRegion> {
        let mut table = [MemoryRegion::empty(); 16];
        let len = fill(entries.iter().copied(), taken, MAPPED, &mut table).unwrap();
        table[..len].to_vec()
    }

    fn usable(regions: &[MemoryRegion]) -> Vec<(u64, u64)> {
        let only = regions.iter().filter(|region| region.kind == MemoryRegionKind::Usable);
        only.map(|region| (region.start, region.end)).collect()
    }

    #[test]
    fn eight_mebibytes_lose_only_what_is_taken() {
        let kernel = PhysRange::new(0x10_0000, 0x14_5678);
        let initrd = PhysRange::new(0x7f_0123, 0x7f_1234);
        let found = regions(&[ram(0, 0x9_fc00), ram(0x10_0000, 0x6e_0000)], &[LOW, kernel, initrd]);
        assert_eq!(usable(&found), [(0x14_6000, 0x7e_0000)]);
        let found = regions(&[ram(0x10_0000, 0x70_0000)], &[LOW, kernel, initrd]);
        assert_eq!(usable(&found), [(0x14_6000, 0x7f_0000), (0x7f_2000, 0x80_0000)]);
    }

    #[test]
    fn what_the_page_tables_do_not_reach_and_what_is_not_ram_is_not_usable() {
        let reserved = MemoryMapEntry { addr: 0xfffc_0000, len_bytes: 0x4_0000, kind: 2 };
        let found = regions(&[reserved, ram(0xffff_0000, 0x2_0000), ram(1 << 33, 1 << 30)], &[]);
        assert_eq!(usable(&found), [(0xffff_0000, 1 << 32)]);
        assert!(found.iter().any(|region| region.kind == MemoryRegionKind::UnknownBios(2)));
    }

    #[test]
    fn overlapping_holes_and_entries_that_wrap_around_are_no_trouble() {
        let holes = [PhysRange::new(0x20_0000, 0x30_0000), PhysRange::new(0x28_0000, 0x38_0000)];
        let found = regions(&[ram(0x10_0000, 0x30_0000), ram(u64::MAX - 10, 100)], &holes);
        assert_eq!(usable(&found), [(0x10_0000, 0x20_0000), (0x38_0000, 0x40_0000)]);
    }

    #[test]
    fn a_full_table_is_an_error() {
        let mut table = [MemoryRegion::empty(); 1];
        let entries = [ram(0x10_0000, 0x1000), ram(0x20_0000, 0x1000)];
        assert_eq!(fill(entries.into_iter(), &[], MAPPED, &mut table), Err(TooManyRegions));
    }
}
