// SPDX-License-Identifier: GPL-2.0-or-later
//! Reading what firmware and QEMU left in physical memory. The first 4 GiB are mapped where they are.

use baremetal::range::PhysRange;

/// What the page tables reach. The first page belongs to it until `paging.rs` takes it away: firmware leaves
/// the memory map there.
pub(crate) const MAPPED: PhysRange = PhysRange::new(0, 1 << 32);

/// `N` bytes at a physical address, copied. `None` where the page tables do not reach.
///
/// # Safety
/// The range must be memory (not a device) that nothing writes meanwhile.
pub(crate) unsafe fn read<const N: usize>(addr: u64) -> Option<[u8; N]> {
    let range = PhysRange::with_len(addr, N as u64);
    if addr == 0 || range.intersect(&MAPPED) != range {
        return None;
    }
    // SAFETY: mapped and not null (just checked), memory that holds still (the caller's promise); a byte array has no
    // alignment.
    Some(unsafe { (addr as *const [u8; N]).read() })
}

/// A range of physical memory as a `'static` slice; `None` if the page tables do not reach it.
///
/// # Safety
/// The range must be memory that is never written again.
pub(crate) unsafe fn slice(range: PhysRange) -> Option<&'static [u8]> {
    if range.start == 0 || range.is_empty() || range.intersect(&MAPPED) != range {
        return None;
    }
    // SAFETY: mapped and not null (just checked), and never written again (the caller's promise).
    Some(unsafe { core::slice::from_raw_parts(range.start as *const u8, range.len() as usize) })
}
