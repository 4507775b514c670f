// SPDX-License-Identifier: GPL-2.0-or-later
//! `health`, `clock`, `cpu` and `mem`: what there is to know without sampling.

use baremetal::histogram::Summary;
use chaos_ffi::Engine;

use crate::console::Console;
use crate::memory::{frames, heap, layout, stack};
use crate::{facts, println};

pub(super) fn health(engine: &Engine<'_>) {
    // The console's writes do not fail.
    let _ = facts::health(engine, &mut Console);
}

pub(super) fn cpu() {
    // As above.
    let _ = facts::cpu::identify(&mut Console);
}

/// Reads the counter back to back: the smallest step that one sees is what a tick is.
pub(super) fn clock() {
    const READINGS: usize = 1024;
    let mut deltas = [0; READINGS];
    let mut last = Engine::ticks();
    for delta in &mut deltas {
        let now = Engine::ticks();
        *delta = now.wrapping_sub(last);
        last = now;
    }
    println!("counter    lfence; rdtsc, now at {last}");
    if let Some(summary) = Summary::of(&deltas) {
        let Summary { min_ticks, mean_ticks, max_ticks, gcd_ticks, .. } = summary;
        println!(
            "back to back, {READINGS} readings: min {min_ticks}  mean {mean_ticks}  max {max_ticks} ticks"
        );
        println!("gcd        {gcd_ticks} ticks: divide it out before taking low bits");
    }
    match facts::counter_khz() {
        Some(khz) => {
            println!("frequency  {}.{:03} MHz, against the interval timer", khz / 1000, khz % 1000);
        }
        None => println!("frequency  unknown: the interval timer stands still"),
    }
}

pub(super) fn memory(buffer: &[u64]) {
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
