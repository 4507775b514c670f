// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the machine, as `key=value` lines in the meta frame.

use core::fmt::{self, Write};

use baremetal::cpu;
use chaos_ffi::Engine;
use chaos_stick::{MachineFact, write_fact};

use crate::boot::bios;
use crate::devices::pci::PortAccess;
use crate::interrupts::pit;
use crate::memory::{frames, layout};

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
    if bios::is_bios() {
        write_fact(lines, MachineFact::BootPath, "bios")?;
        write_fact(lines, MachineFact::SecureBoot, "no")?;
    }
    writeln!(lines, "kernel_bytes={}", layout::image().len())?;
    writeln!(lines, "free_bytes={free_bytes}")
}

/// The counter's frequency against the interval timer; `None` where that stands still.
pub(crate) fn counter_khz() -> Option<u64> {
    pit::measure(MEASURED_PERIODS, Engine::ticks).map(|measured| measured.counter_khz())
}
