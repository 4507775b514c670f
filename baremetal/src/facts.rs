// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the machine and the engine, as `key=value` lines: the meta and health frames have them,
//! and the monitor shows them.

use core::fmt::{self, Write};

use chaos_ffi::Engine;

use crate::devices::pci::PortAccess;
use crate::interrupts::pit;
use crate::memory::{frames, layout};

pub(crate) mod cpu;

/// 2 ms of the timer's input clock: long against a reading of it, short against a boot.
const MEASURED_PERIODS: u16 = 2_386;

/// The machine: CPU, hypervisor, counter, memory.
pub(crate) fn machine(lines: &mut dyn Write) -> fmt::Result {
    let (free_bytes, _) = frames::free();
    writeln!(lines, "kernel=µChaos microkernel {}", env!("CARGO_PKG_VERSION"))?;
    cpu::identify(lines)?;
    writeln!(lines, "bus={}", if PortAccess::find().is_some() { "pci" } else { "virtio-mmio" })?;
    match counter_khz() {
        Some(khz) => writeln!(lines, "counter_khz={khz}")?,
        None => writeln!(lines, "counter_khz=unknown")?,
    }
    writeln!(lines, "kernel_bytes={}", layout::image().len())?;
    writeln!(lines, "free_bytes={free_bytes}")
}

/// The counter's frequency against the interval timer; `None` where that stands still.
pub(crate) fn counter_khz() -> Option<u64> {
    pit::measure(MEASURED_PERIODS, Engine::ticks).map(|measured| measured.counter_khz())
}

/// The health tests: counters, cutoffs, state; and the interrupts that were taken meanwhile.
pub(crate) fn health(engine: &Engine<'_>, lines: &mut dyn Write) -> fmt::Result {
    engine.health().unwrap_or_default().write(lines)?;
    writeln!(lines, "timer_interrupts={}", pit::interrupts_taken())
}
