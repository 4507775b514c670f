// SPDX-License-Identifier: GPL-2.0-or-later
//! What the processor says of itself (`cpuid`): part of a run's provenance, because the noise is that of this
//! processor, or of what emulates it.

use core::arch::x86_64::{__cpuid, CpuidResult};
use core::fmt;

/// A text of up to `N` bytes from `cpuid`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CpuText<const N: usize> {
    bytes: [u8; N],
}

impl<const N: usize> CpuText<N> {
    fn from_registers(registers: impl IntoIterator<Item = u32>) -> Self {
        let mut bytes = [0; N];
        for (place, register) in bytes.chunks_mut(4).zip(registers) {
            place.copy_from_slice(&register.to_le_bytes()[..place.len()]);
        }
        Self { bytes }
    }

    /// The text without the padding around it; empty if it is not printable ASCII.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|&byte| byte == 0).unwrap_or(N);
        let text = &self.bytes[..end];
        if !text.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return "";
        }
        core::str::from_utf8(text).unwrap_or_default().trim()
    }
}

impl<const N: usize> fmt::Display for CpuText<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for CpuText<N> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

/// The vendor, such as `AuthenticAMD`.
#[must_use]
pub fn vendor() -> CpuText<12> {
    let leaf = __cpuid(0);
    CpuText::from_registers([leaf.ebx, leaf.edx, leaf.ecx])
}

/// The brand, such as `QEMU TCG CPU version 2.5+`; empty on processors without one.
#[must_use]
pub fn brand() -> CpuText<48> {
    let registers = (0x8000_0002..=0x8000_0004).flat_map(|leaf| {
        let CpuidResult { eax, ebx, ecx, edx } = extended(leaf);
        [eax, ebx, ecx, edx]
    });
    CpuText::from_registers(registers)
}

/// The hypervisor's signature, such as `TCGTCGTCGTCG` or `KVMKVMKVM`, if there is a hypervisor that says so.
#[must_use]
pub fn hypervisor() -> Option<CpuText<12>> {
    const PRESENT: u32 = 1 << 31;
    if __cpuid(1).ecx & PRESENT == 0 {
        return None;
    }
    let leaf = __cpuid(0x4000_0000);
    Some(CpuText::from_registers([leaf.ebx, leaf.ecx, leaf.edx]))
}

/// Whether the time stamp counter runs at one rate in all states of the processor.
#[must_use]
pub fn has_invariant_tsc() -> bool {
    extended(0x8000_0007).edx >> 8 & 1 == 1
}

/// An extended leaf, or zeroes if the processor does not have it.
fn extended(leaf: u32) -> CpuidResult {
    if leaf > __cpuid(0x8000_0000).eax {
        CpuidResult { eax: 0, ebx: 0, ecx: 0, edx: 0 }
    } else {
        __cpuid(leaf)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::ToString as _;

    #[test]
    fn texts_are_cut_at_nul_and_trimmed() {
        let text = CpuText::<12>::from_registers(
            [b"  KV", b"M ok", b"\0xxx"].map(|word| u32::from_le_bytes(*word)),
        );
        assert_eq!(text.to_string(), "KVM ok");
        assert_eq!(CpuText::<12>::from_registers([0x0101_0101; 3]).as_str(), "");
    }

    #[test]
    fn this_processor_agrees_with_what_the_kernel_says_of_it() {
        let kernel = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        assert!(kernel.contains(vendor().as_str()) && !vendor().as_str().is_empty());
        assert!(kernel.contains(brand().as_str()));
        assert_eq!(hypervisor().is_some(), kernel.contains(" hypervisor"));
    }
}
