// SPDX-License-Identifier: GPL-2.0-or-later
//! `health`, `clock`, `cpu` and `mem`: what there is to know without sampling.

use chaos_ffi::Engine;
use chaos_view::histogram::Summary;

use crate::console::Console;
use crate::memory::{frames, heap, layout, stack};
use crate::{facts, println};

/// Readings of the counter that `clock` looks at.
const READINGS: usize = 1024;

pub(super) fn health(engine: &Engine<'_>) {
    // The console's writes do not fail.
    let _ = facts::health(engine, &mut Console);
}

pub(super) fn cpu() {
    // As above.
    let _ = facts::cpu::identify(&mut Console);
}

/// Reads the counter back to back: the smallest step that one sees is what a tick is. Once as the engine does it, and once
/// without the fence that makes the instructions before it end first.
pub(super) fn clock() {
    let (mut fenced, mut unfenced) = ([0; READINGS], [0; READINGS]);
    println!("counter    lfence; rdtsc, now at {}", back_to_back(&mut fenced, Engine::ticks));
    // SAFETY: reading the counter changes nothing, and every processor that this kernel starts on has it.
    back_to_back(&mut unfenced, || unsafe { core::arch::x86_64::_rdtsc() });
    for (what, deltas) in [("back to back", &fenced), ("without lfence", &unfenced)] {
        let Some(summary) = Summary::of(deltas) else { continue };
        let Summary { min_ticks, mean_ticks, max_ticks, gcd_ticks, .. } = summary;
        println!(
            "{what}, {READINGS} readings: min {min_ticks}  mean {mean_ticks}  max {max_ticks}  gcd {gcd_ticks} ticks"
        );
    }
    match facts::counter_khz() {
        Some(khz) => {
            println!("frequency  {}.{:03} MHz, against the interval timer", khz / 1000, khz % 1000);
        }
        None => println!("frequency  unknown: the interval timer stands still"),
    }
}

/// Fills `deltas` with the steps from one reading to the next; the last reading.
fn back_to_back(deltas: &mut [u64], read: impl Fn() -> u64) -> u64 {
    let mut last = read();
    for delta in deltas {
        let now = read();
        *delta = now.wrapping_sub(last);
        last = now;
    }
    last
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
