// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory: the allocators and the pages.

use alloc::vec::Vec;

use baremetal::range::PhysRange;
use baremetal::selftest::ensure;
use x86_64::structures::paging::PageTableFlags as Flags;

use crate::interrupts::handler_stack_guards;
use crate::memory::{frames as machine_frames, heap as machine_heap, layout, paging, stack};

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
