// SPDX-License-Identifier: GPL-2.0-or-later
//! Processor and hypervisor, as CPUID reports them.

use core::arch::x86_64::{__cpuid, CpuidResult};
use core::fmt::{self, Write};

const HYPERVISOR_LEAF: u32 = 0x4000_0000;
const EXTENDED_LEAF: u32 = 0x8000_0000;
const BRAND_LEAVES: core::ops::RangeInclusive<u32> = 0x8000_0002..=0x8000_0004;

/// Vendor, brand, hypervisor, and the features that matter to a noise source.
///
/// # Errors
/// Returns an error if `lines` takes no more.
pub fn identify(lines: &mut dyn Write) -> fmt::Result {
    let vendor = __cpuid(0);
    writeln!(lines, "cpu_vendor={}", Text(&[vendor.ebx, vendor.edx, vendor.ecx]))?;
    if __cpuid(EXTENDED_LEAF).eax >= *BRAND_LEAVES.end() {
        lines.write_str("cpu=")?;
        for leaf in BRAND_LEAVES {
            let CpuidResult { eax, ebx, ecx, edx } = __cpuid(leaf);
            write!(lines, "{}", Text(&[eax, ebx, ecx, edx]))?;
        }
        lines.write_str("\n")?;
    }
    let features = __cpuid(1);
    if features.ecx & (1 << 31) == 0 {
        lines.write_str("hypervisor=none\n")?;
    } else {
        let hypervisor = __cpuid(HYPERVISOR_LEAF);
        writeln!(lines, "hypervisor={}", Text(&[hypervisor.ebx, hypervisor.ecx, hypervisor.edx]))?;
    }
    writeln!(lines, "invariant_counter={}", yes_no(invariant_counter()))?;
    writeln!(lines, "rdrand={}", yes_no(features.ecx & (1 << 30) != 0))
}

/// CPUID leaf `0x8000_0007`, EDX bit 8: the counter's rate does not depend on the power state.
fn invariant_counter() -> bool {
    __cpuid(EXTENDED_LEAF).eax >= 0x8000_0007 && __cpuid(0x8000_0007).edx & (1 << 8) != 0
}

fn yes_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

/// Registers as the text that they hold, printable characters only.
struct Text<'a>(&'a [u32]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.0.iter().flat_map(|register| register.to_le_bytes());
        bytes
            .filter(|byte| (0x20..0x7f).contains(byte))
            .try_for_each(|byte| out.write_char(char::from(byte)))
    }
}
