// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory after boot: page protections, the free frames of the `BootInfo`, the heap, and what is left for
//! samples.

pub(crate) mod buffer;
pub(crate) mod frames;
pub(crate) mod heap;
pub(crate) mod layout;
pub(crate) mod paging;
pub(crate) mod stack;
pub(crate) mod usage;

use bootloader_api::BootInfo;
use chaos_wire::GuestStatus;

use crate::end::fail;

/// What the free memory must come to: the heap, the memory that a workload walks through, and samples worth
/// taking. Any machine of 2 MiB has it.
const LEAST_FREE_BYTES: u64 = 448 * 1024;

/// Protects the image's pages, collects the free frames and gives the heap its share.
pub(crate) fn init(boot_info: &BootInfo) {
    paging::protect_image();
    frames::init(&boot_info.memory_regions);
    let (free_bytes, _) = frames::free();
    if free_bytes < LEAST_FREE_BYTES {
        let (needed_kib, free_kib) = (LEAST_FREE_BYTES / 1024, free_bytes / 1024);
        let text = format_args!(
            "too little memory: {free_kib} KiB are free and {needed_kib} are needed; give QEMU -m 2 or more"
        );
        fail(GuestStatus::TooLittleMemory, &text);
    }
    heap::init();
}
