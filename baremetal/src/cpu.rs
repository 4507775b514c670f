// SPDX-License-Identifier: GPL-2.0-or-later
//! Processor and hypervisor, as CPUID reports them.

use core::arch::x86_64::{__cpuid, CpuidResult};
use core::fmt::{self, Write};

use chaos_stick::{MachineFact, Signature, write_fact};

const HYPERVISOR_LEAF: u32 = 0x4000_0000;
const EXTENDED_LEAF: u32 = 0x8000_0000;
const BRAND_LEAVES: [u32; 3] = [0x8000_0002, 0x8000_0003, 0x8000_0004];

/// Vendor, brand, signature, hypervisor, and the features that matter to a noise source.
///
/// # Errors
/// Returns an error if `lines` takes no more.
pub fn identify(lines: &mut dyn Write) -> fmt::Result {
    write_fact(lines, MachineFact::CpuVendor, vendor().as_str())?;
    write_fact(lines, MachineFact::Cpu, brand().as_str())?;
    let features = __cpuid(1);
    Signature::of_leaf_1(features.eax).write(lines)?;
    let hypervisor = has_hypervisor().then(|| {
        let CpuidResult { ebx, ecx, edx, .. } = __cpuid(HYPERVISOR_LEAF);
        Text::of(&[ebx, ecx, edx])
    });
    let name = hypervisor.as_ref().map_or("none", Text::as_str);
    write_fact(lines, MachineFact::Hypervisor, name)?;
    write_fact(lines, MachineFact::InvariantCounter, yes_no(invariant_counter()))?;
    writeln!(lines, "rdrand={}", yes_no(features.ecx & (1 << 30) != 0))
}

/// The vendor's name for itself.
#[must_use]
pub fn vendor() -> Text {
    let CpuidResult { ebx, ecx, edx, .. } = __cpuid(0);
    Text::of(&[ebx, edx, ecx])
}

/// The processor's name for itself; empty for one that has none.
#[must_use]
pub fn brand() -> Text {
    let mut brand = Text::of(&[]);
    if __cpuid(EXTENDED_LEAF).eax >= BRAND_LEAVES[2] {
        for leaf in BRAND_LEAVES {
            let CpuidResult { eax, ebx, ecx, edx } = __cpuid(leaf);
            brand.push(&[eax, ebx, ecx, edx]);
        }
    }
    brand
}

const INTEL: &str = "GenuineIntel";
const WITH_MICROCODE: [&str; 3] = [INTEL, "AuthenticAMD", "HygonGenuine"];

/// Writes the revision of the microcode, which [`MICROCODE_REGISTER`] holds: `read` reads that register, and `clear` writes 0
/// to it. On a virtual machine it is only read: its host need not know what a write to it is for.
///
/// # Errors
/// Returns an error if `lines` takes no more.
pub fn write_microcode(
    lines: &mut dyn Write,
    clear: impl FnOnce(),
    read: impl FnOnce() -> u64,
) -> fmt::Result {
    let vendor = vendor();
    if !WITH_MICROCODE.contains(&vendor.as_str()) {
        return write_fact(lines, MachineFact::Microcode, "");
    }
    let is_intel = vendor.as_str() == INTEL;
    if is_intel && !has_hypervisor() {
        // As Intel's manual asks for (vol. 3, 11.11.7).
        clear();
        let _ = __cpuid(1);
    }
    let revision = if is_intel { read() >> 32 } else { read() & 0xffff_ffff };
    writeln!(lines, "{}={revision:#x}", MachineFact::Microcode.word())
}

/// `IA32_BIOS_SIGN_ID` of Intel, the patch level of AMD.
pub const MICROCODE_REGISTER: u32 = 0x8b;

/// Whether a hypervisor says that it is there: CPUID leaf 1, ECX bit 31.
#[must_use]
pub fn has_hypervisor() -> bool {
    __cpuid(1).ecx & (1 << 31) != 0
}

/// CPUID leaf `0x8000_0007`, EDX bit 8: the counter's rate does not depend on the power state.
fn invariant_counter() -> bool {
    __cpuid(EXTENDED_LEAF).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Registers as the text that they hold, printable characters only.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    bytes: [u8; 48],
    len: usize,
}

impl Text {
    fn of(registers: &[u32]) -> Self {
        let mut text = Self { bytes: [0; 48], len: 0 };
        text.push(registers);
        text
    }

    /// Appends the registers' text, as far as there is room.
    fn push(&mut self, registers: &[u32]) {
        let bytes = registers.iter().flat_map(|register| register.to_le_bytes());
        for byte in bytes.filter(|byte| (0x20..0x7f).contains(byte)) {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only printable ASCII is ever appended.
        core::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}
