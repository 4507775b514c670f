// SPDX-License-Identifier: GPL-2.0-or-later
//! The heap: a small share of the frames, for drivers and the engine's place. Samples do not live here.

use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;

use baremetal::range::FRAME_BYTES;
use chaos_wire::GuestStatus;
use linked_list_allocator::Heap;
use spin::Mutex;

use super::frames;
use crate::end::fail;

/// Bytes of the heap: the virtio driver's boxes, the monitor's texts, the self tests.
const HEAP_BYTES: u64 = 64 * 1024;

/// Behind a lock of `spin`, as everything else here is.
struct LockedHeap(Mutex<Heap>);

#[global_allocator]
static HEAP: LockedHeap = LockedHeap(Mutex::new(Heap::empty()));

// SAFETY: `Heap` hands out memory that it owns, once, with the layout's size and alignment.
unsafe impl GlobalAlloc for LockedHeap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.lock().allocate_first_fit(layout).map_or(core::ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        if let Some(place) = NonNull::new(place) {
            // SAFETY: the caller promises that `place` came from `alloc` with this layout.
            unsafe { self.0.lock().deallocate(place, layout) }
        }
    }
}

/// Gives the heap its frames.
pub(super) fn init() {
    let Some(range) = frames::take(HEAP_BYTES / FRAME_BYTES) else {
        fail(GuestStatus::TooLittleMemory, &"too little memory: it is too scattered for a heap");
    };
    // SAFETY: the frames were just taken, are mapped and writable, and are never given back.
    unsafe { HEAP.0.lock().init(range.start as *mut u8, range.len() as usize) }
}

/// Bytes in use, and bytes in all.
pub(crate) fn usage() -> (usize, usize) {
    let heap = HEAP.0.lock();
    (heap.used(), heap.size())
}
