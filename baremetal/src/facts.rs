// SPDX-License-Identifier: GPL-2.0-or-later
//! Facts about the machine, as `key=value` lines in the meta frame.

use core::fmt::{self, Write};

use baremetal::cpu::{self, MICROCODE_REGISTER};
use baremetal::range::PhysRange;
use baremetal::smbios::{self, Names};
use chaos_ffi::Engine;
use chaos_stick::{MachineFact, write_fact};

use crate::boot::{bios, physical};
use crate::devices::pci::PortAccess;
use crate::interrupts::pit;
use crate::memory::{frames, layout};
use x86_64::registers::model_specific::Msr;

/// The BIOS's part of memory.
const BIOS: PhysRange = PhysRange::new(0xf_0000, 0x10_0000);
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
        computer(lines)?;
    }
    writeln!(lines, "kernel_bytes={}", layout::image().len())?;
    writeln!(lines, "free_bytes={free_bytes}")
}

/// The counter's frequency against the interval timer; `None` where that stands still.
pub(crate) fn counter_khz() -> Option<u64> {
    pit::measure(MEASURED_PERIODS, Engine::ticks).map(|measured| measured.counter_khz())
}

/// The PC around the processor: microcode, firmware, maker and model.
fn computer(lines: &mut dyn Write) -> fmt::Result {
    let mut microcode = Msr::new(MICROCODE_REGISTER);
    // SAFETY: the register is there since family 6, and holds nothing but the revision.
    let clear = || unsafe { microcode.write(0) };
    // SAFETY: reading has no effect.
    let read = || unsafe { Msr::new(MICROCODE_REGISTER).read() };
    cpu::write_microcode(lines, clear, read)?;
    // SAFETY: a PC has its BIOS there, which is not written after the boot.
    let bios = unsafe { physical::slice(BIOS) }.unwrap_or_default();
    let tables = smbios::find(bios).and_then(|(address, len)| {
        // SAFETY: the entry point, whose sum was right, says that the tables are there; the memory map reserves them.
        unsafe { physical::slice(PhysRange::with_len(address, len as u64)) }
    });
    Names::read(tables.unwrap_or_default()).write(lines)
}
