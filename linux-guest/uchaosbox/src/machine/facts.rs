// SPDX-License-Identifier: GPL-2.0-or-later
//! What a PC is: its processor, firmware and board, for the record of what was measured on it. Nothing that names one
//! single machine is read: no serial number, no UUID, no address.

use core::arch::x86_64::__cpuid;
use core::fmt;

use chaos_ffi::Engine;
use chaos_stick::{MachineFact, Signature, named, write_fact};
use chaos_wire::TextBuffer;
use rustix::fs::Access;
use uchaosbox::field;

use crate::run::file::{open, read_full, read_head, read_text};
use crate::run::syscall::monotonic_ns;

/// Where the kernel shows the firmware's texts.
const FIRMWARE_PATHS: [(MachineFact, &str); 2] = [
    (MachineFact::FirmwareVendor, "/sys/class/dmi/id/bios_vendor"),
    (MachineFact::FirmwareVersion, "/sys/class/dmi/id/bios_version"),
];
/// The system's field, and the board's.
const NAME_PATHS: [(MachineFact, [&str; 2]); 2] = [
    (MachineFact::BoardVendor, ["/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/board_vendor"]),
    (MachineFact::BoardModel, ["/sys/class/dmi/id/product_name", "/sys/class/dmi/id/board_name"]),
];
/// Long against a reading of the clock, short against a boot.
const MEASURED_NS: u64 = 20_000_000;
const EXTENDED_LEAF: u32 = 0x8000_0000;
const HYPERVISOR_LEAF: u32 = 0x4000_0000;

/// Writes a line for each but the processor's name, which every capture has.
pub(super) fn write(lines: &mut dyn fmt::Write) -> fmt::Result {
    let vendor = __cpuid(0);
    text_fact(lines, MachineFact::CpuVendor, [vendor.ebx, vendor.edx, vendor.ecx])?;
    Signature::of_leaf_1(__cpuid(1).eax).write(lines)?;
    let mut place = [0; 4096];
    let cpuinfo = read_head("/proc/cpuinfo", &mut place).unwrap_or_default();
    let microcode = field(cpuinfo, ':', "microcode").unwrap_or_default();
    write_fact(lines, MachineFact::Microcode, microcode)?;
    let mut number = [0; 20];
    write_fact(lines, MachineFact::CounterKhz, decimal(counter_khz(), &mut number))?;
    let invariant =
        __cpuid(EXTENDED_LEAF).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0;
    write_fact(lines, MachineFact::InvariantCounter, yes_no(invariant))?;
    if __cpuid(1).ecx & (1 << 31) == 0 {
        write_fact(lines, MachineFact::Hypervisor, "none")?;
    } else {
        let name = __cpuid(HYPERVISOR_LEAF);
        text_fact(lines, MachineFact::Hypervisor, [name.ebx, name.ecx, name.edx])?;
    }
    for (fact, path) in FIRMWARE_PATHS {
        let mut place = [0; 256];
        write_fact(lines, fact, read_text(path, &mut place).unwrap_or_default())?;
    }
    for (fact, [system, board]) in NAME_PATHS {
        let mut places = [[0; 256]; 2];
        let [of_system, of_board] = &mut places;
        let system = read_text(system, of_system).unwrap_or_default();
        let board = read_text(board, of_board).unwrap_or_default();
        write_fact(lines, fact, named([system, board]))?;
    }
    let by_uefi = rustix::fs::access("/sys/firmware/efi", Access::EXISTS).is_ok();
    write_fact(lines, MachineFact::BootPath, if by_uefi { "uefi" } else { "bios" })?;
    write_fact(lines, MachineFact::SecureBoot, if by_uefi { secure_boot() } else { "no" })
}

fn text_fact(lines: &mut dyn fmt::Write, fact: MachineFact, registers: [u32; 3]) -> fmt::Result {
    let mut bytes = [0; 12];
    for (place, register) in bytes.chunks_exact_mut(4).zip(registers) {
        place.copy_from_slice(&register.to_le_bytes());
    }
    write_fact(lines, fact, core::str::from_utf8(&bytes).unwrap_or_default())
}

/// Ticks of the counter against the kernel's clock.
fn counter_khz() -> u64 {
    let (begin_ticks, begin_ns) = (Engine::ticks(), monotonic_ns());
    loop {
        let passed_ns = monotonic_ns().saturating_sub(begin_ns);
        if passed_ns >= MEASURED_NS {
            let ticks = Engine::ticks().wrapping_sub(begin_ticks);
            return ticks.saturating_mul(1_000_000) / passed_ns;
        }
    }
}

fn decimal(number: u64, place: &mut [u8; 20]) -> &str {
    let mut text = TextBuffer::new(place);
    // 20 digits are the most that it has.
    let _ = fmt::Write::write_fmt(&mut text, format_args!("{number}"));
    let len = text.as_bytes().len();
    place.get(..len).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// What the kernel's EFI stub asked the firmware: `boot_params.secure_boot` (Linux, `asm/bootparam.h`, and its values in
/// `linux/efi.h`).
fn secure_boot() -> &'static str {
    const PLACE: usize = 0x1ec;
    let mut params = [0; 4096];
    let read = open("/sys/kernel/boot_params/data").and_then(|file| read_full(file, &mut params));
    match (read, params[PLACE]) {
        (Ok(_), 2) => "no",
        (Ok(_), 3) => "yes",
        _ => "unknown",
    }
}
