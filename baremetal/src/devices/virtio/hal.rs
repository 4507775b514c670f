// SPDX-License-Identifier: GPL-2.0-or-later
//! What the virtio driver needs of the machine. Memory is mapped where it is, so addresses need no translation.

use core::ptr::NonNull;

use baremetal::range::{FRAME_BYTES, PhysRange};
use virtio_drivers::{BufferDirection, Hal, PhysAddr};

use crate::memory::frames;

/// Frames from the frame allocator; buffers are shared as they are.
#[derive(Debug)]
pub(super) struct MachineHal;

// SAFETY: frames are handed out once, page aligned, zeroed, and mapped at their physical address; buffers are
// mapped at their physical address as well, and there is no IOMMU between.
unsafe impl Hal for MachineHal {
    fn dma_alloc(pages: usize, _direction: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        let Some(range) = frames::take(pages as u64) else {
            // The driver takes address 0 for "no memory".
            return (0, NonNull::dangling());
        };
        let place = NonNull::new(range.start as *mut u8).unwrap_or(NonNull::dangling());
        // SAFETY: the frames were just taken and are mapped and writable.
        unsafe { place.write_bytes(0, range.len() as usize) };
        (range.start, place)
    }

    unsafe fn dma_dealloc(paddr: PhysAddr, _vaddr: NonNull<u8>, pages: usize) -> i32 {
        frames::give_back(PhysRange::with_len(paddr, pages as u64 * FRAME_BYTES));
        0
    }

    unsafe fn mmio_phys_to_virt(paddr: PhysAddr, _size: usize) -> NonNull<u8> {
        // pci.rs has checked that the device's registers lie where the page tables reach.
        NonNull::new(paddr as *mut u8).unwrap_or(NonNull::dangling())
    }

    unsafe fn share(buffer: NonNull<[u8]>, _direction: BufferDirection) -> PhysAddr {
        buffer.cast::<u8>().as_ptr() as PhysAddr
    }

    unsafe fn unshare(_paddr: PhysAddr, _buffer: NonNull<[u8]>, _direction: BufferDirection) {}
}
