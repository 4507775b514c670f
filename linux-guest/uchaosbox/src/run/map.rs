// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory: mapped once, all pages present before anything is measured, and kept for the life of the process.

use core::ptr;

use chaos_ffi::Place;
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

use crate::run::file::read_text;

/// Left to everybody else when a buffer takes what memory there is.
const SPARE_BYTES: u64 = 2 << 20;

/// Maps zeroed words.
pub(crate) fn words(count: usize) -> Result<&'static mut [u64], Errno> {
    map(count, MapFlags::PRIVATE | MapFlags::POPULATE)
}

fn map(count: usize, flags: MapFlags) -> Result<&'static mut [u64], Errno> {
    let len_bytes = count.checked_mul(size_of::<u64>()).ok_or(Errno::NOMEM)?;
    // SAFETY: a fresh mapping at a place of the kernel's choosing touches nothing that exists.
    let start = unsafe {
        mmap_anonymous(ptr::null_mut(), len_bytes, ProtFlags::READ | ProtFlags::WRITE, flags)
    }?;
    // SAFETY: the mapping is `count` zeroed words, aligned to a page, never unmapped, and not shared.
    Ok(unsafe { core::slice::from_raw_parts_mut(start.cast(), count) })
}

/// Maps zeroed words that children of this process share with it.
#[cfg(feature = "selftest")]
pub(crate) fn shared_words(count: usize) -> Result<&'static mut [u64], Errno> {
    map(count, MapFlags::SHARED)
}

/// Takes every access to the page at `offset` away.
#[cfg(feature = "selftest")]
pub(crate) fn protect_page(pages: &mut [u8], offset: usize) -> Result<(), Errno> {
    let page = pages.get_mut(offset..offset + 4096).ok_or(Errno::INVAL)?;
    // SAFETY: the page is the caller's alone; who touches it now is stopped by the processor, not let through.
    unsafe {
        rustix::mm::mprotect(
            page.as_mut_ptr().cast(),
            page.len(),
            rustix::mm::MprotectFlags::empty(),
        )
    }
}

/// Maps zeroed bytes.
pub(crate) fn bytes(count: usize) -> Result<&'static mut [u8], Errno> {
    let words = words(count.div_ceil(size_of::<u64>()))?;
    bytemuck::cast_slice_mut(words).get_mut(..count).ok_or(Errno::NOMEM)
}

/// Maps the place for an engine.
pub(crate) fn place() -> Result<&'static mut Place, Errno> {
    let start = words(size_of::<Place>() / size_of::<u64>())?.as_mut_ptr().cast::<Place>();
    // SAFETY: a separate page, aligned for anything, never unmapped; `Place` is bytes, for which zeros are fine.
    Ok(unsafe { &mut *start })
}

/// Maps up to `most` words: as many as leave the system, and another buffer of this size in the kernel, their room.
pub(crate) fn words_at_most(most: usize, least: usize) -> Result<&'static mut [u64], Errno> {
    let mut place = [0; 4096];
    let room_bytes = read_text("/proc/meminfo", &mut place)
        .ok()
        .and_then(|text| uchaosbox::field(text, ':', "MemAvailable"))
        .and_then(|value| value.strip_suffix(" kB")?.parse::<u64>().ok())
        .map_or(0, |available_kib| (available_kib << 10).saturating_sub(SPARE_BYTES) / 2);
    let room = usize::try_from(room_bytes / 8).unwrap_or(usize::MAX);
    words(most.min(room).max(least))
}
