// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory: the functions that compiled code relies on, the allocators, the pages.

use alloc::vec::Vec;

use x86_64::structures::paging::PageTableFlags as Flags;

use baremetal::range::PhysRange;

use super::ensure;
use crate::interrupts::handler_stack_guards;
use crate::memory::{frames as machine_frames, heap as machine_heap, layout, paging, stack};

pub(super) fn crc() -> Result<(), &'static str> {
    ensure(chaos_wire::crc32(b"123456789") == 0xcbf4_3926, "it has another")
}

/// Every length and overlap up to three words, against loops that the compiler cannot turn into calls.
pub(super) fn functions() -> Result<(), &'static str> {
    const LEN: usize = 64;
    let pattern: [u8; LEN] = core::array::from_fn(|index| index as u8 ^ 0x5a);
    for from in 0..20 {
        for to in 0..20 {
            for len in 0..25 {
                let mut moved = pattern;
                moved.copy_within(from..from + len, to);
                let right = (0..LEN).all(|index| {
                    let copied = (to..to + len).contains(&index);
                    moved[index] == pattern[if copied { index - to + from } else { index }]
                });
                ensure(right, "memmove or memcpy")?;
            }
        }
        let mut filled = pattern;
        filled[from..from * 3].fill(0xc3);
        let right = (0..LEN).all(|index| {
            filled[index] == if (from..from * 3).contains(&index) { 0xc3 } else { pattern[index] }
        });
        ensure(right, "memset")?;
    }
    let mut other = pattern;
    for index in 0..LEN {
        other[index] ^= 0x80;
        let expected = pattern[index].cmp(&other[index]);
        ensure(core::hint::black_box(&pattern[..]).cmp(&other[..]) == expected, "memcmp")?;
        other[index] ^= 0x80;
    }
    ensure(core::hint::black_box(&pattern) == core::hint::black_box(&other), "memcmp of equals")
}

pub(super) fn heap() -> Result<(), &'static str> {
    let (used_before, _) = machine_heap::usage();
    let mut pieces: Vec<Vec<u64>> = Vec::new();
    for round in 0..32_u64 {
        let len = 1 + (round * 37 % 100) as usize;
        pieces.push(core::iter::repeat_n(round, len).collect());
        if round % 3 == 0 {
            pieces.swap_remove(0);
        }
    }
    let intact = pieces.iter().all(|piece| piece.iter().all(|word| *word == piece[0]));
    let aligned = pieces.iter().all(|piece| piece.as_ptr().is_aligned());
    drop(pieces);
    ensure(intact, "pieces overlap")?;
    ensure(aligned, "a piece is not aligned")?;
    ensure(machine_heap::usage().0 == used_before, "memory was not given back")
}

pub(super) fn frames() -> Result<(), &'static str> {
    let before = machine_frames::free();
    let taken: [_; 3] = core::array::from_fn(|index| machine_frames::take(1 + index as u64));
    let [Some(first), Some(second), Some(third)] = taken else { return Err("there are none") };
    let apart = [(first, second), (first, third), (second, third)]
        .iter()
        .all(|(a, b)| a.intersect(b).is_empty());
    let outside = taken.iter().flatten().all(|range| range.intersect(&layout::image()).is_empty());
    for range in [second, first, third] {
        machine_frames::give_back(range);
    }
    ensure(apart, "two overlap")?;
    ensure(outside, "one lies in the kernel")?;
    ensure(machine_frames::free() == before, "they did not come back")
}

pub(super) fn protection() -> Result<(), &'static str> {
    let of = |addr| paging::flags_of(addr).unwrap_or(Flags::empty());
    // The CPU sets these two as it goes; which pages it has been to is not asked.
    let all = |range: PhysRange, flags: Flags| {
        let used = Flags::ACCESSED | Flags::DIRTY;
        (range.start..range.end).step_by(4096).all(|addr| of(addr) - used == flags)
    };
    ensure(all(layout::text(), Flags::PRESENT), "code")?;
    ensure(all(layout::rodata(), Flags::PRESENT | Flags::NO_EXECUTE), "constants")?;
    // Guard pages lie among it.
    let data = of(layout::data().end - 1);
    ensure(data.contains(Flags::PRESENT | Flags::NO_EXECUTE | Flags::WRITABLE), "data")?;
    let mut guards = handler_stack_guards().chain([0, stack::boot_stack_guard()]);
    ensure(guards.all(|guard| !of(guard).contains(Flags::PRESENT)), "a guard page is there")
}
