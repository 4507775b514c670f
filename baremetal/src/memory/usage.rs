// SPDX-License-Identifier: GPL-2.0-or-later
//! The monitor's `mem`: what lies where, and what is free.

use super::{frames, heap, layout, stack};
use crate::println;

pub(crate) fn show(buffer: &[u64]) {
    let kib = |bytes: u64| bytes / 1024;
    let sections =
        [("code", layout::text()), ("constants", layout::rodata()), ("data", layout::data())];
    for (name, range) in sections {
        println!("{name:<10} {:>#10x}..{:#x}  {} KiB", range.start, range.end, kib(range.len()));
    }
    println!(
        "stack      {:>#10x}  {} KiB",
        stack::boot_stack_bottom(),
        stack::BOOT_STACK_BYTES / 1024
    );
    let (used, size) = heap::usage();
    println!("heap       {used} of {size} bytes in use");
    println!("samples    {} KiB: {} samples", kib(size_of_val(buffer) as u64), buffer.len());
    println!("free       {} KiB in {} ranges:", kib(frames::free().0), frames::ranges());
    frames::for_each_range(|range| println!("           {:>#10x}..{:#x}", range.start, range.end));
}
