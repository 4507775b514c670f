// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory for samples: pages from the firmware, given back when they are dropped.

use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;

use uefi::boot::{self, AllocateType, MemoryType, PAGE_SIZE};

pub(crate) struct Pages {
    start: NonNull<u8>,
    pages: usize,
    words: usize,
}

impl Pages {
    /// Allocates up to `words` words, zeroed; halves the amount until memory suffices.
    pub(crate) fn take(mut words: usize) -> Option<Self> {
        while words > 0 {
            let pages = words.checked_mul(8)?.div_ceil(PAGE_SIZE);
            if let Ok(start) =
                boot::allocate_pages(AllocateType::AnyPages, MemoryType::LOADER_DATA, pages)
            {
                // SAFETY: the firmware gave these pages to this program alone.
                unsafe { start.write_bytes(0, pages * PAGE_SIZE) };
                return Some(Self { start, pages, words });
            }
            words /= 2;
        }
        None
    }

    /// Keeps the pages for the rest of the run.
    pub(crate) fn leak(self) -> &'static mut [u64] {
        let (start, words) = (self.start.cast(), self.words);
        core::mem::forget(self);
        // SAFETY: they are not given back, and `take` initialised them.
        unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), words) }
    }
}

impl Deref for Pages {
    type Target = [u64];

    fn deref(&self) -> &[u64] {
        // SAFETY: the pages are there until they are dropped, and `take` initialised them.
        unsafe { core::slice::from_raw_parts(self.start.cast().as_ptr(), self.words) }
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u64] {
        // SAFETY: as above, and `self` is borrowed for writing.
        unsafe { core::slice::from_raw_parts_mut(self.start.cast().as_ptr(), self.words) }
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `take` had them from the firmware, and no reference to them is left. What cannot be given back is lost
        // until the next boot.
        let _ = unsafe { boot::free_pages(self.start, self.pages) };
    }
}
