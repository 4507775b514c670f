// SPDX-License-Identifier: GPL-2.0-or-later
//! Memory after boot: page protections, the free frames of the `BootInfo`, the heap, and what is left for
//! samples.

pub(crate) mod buffer;
pub(crate) mod frames;
pub(crate) mod heap;
pub(crate) mod layout;
mod libc;
pub(crate) mod paging;
pub(crate) mod stack;

use bootloader_api::BootInfo;

/// Protects the image's pages, collects the free frames and gives the heap its share.
pub(crate) fn init(boot_info: &BootInfo) {
    paging::protect_image();
    frames::init(&boot_info.memory_regions);
    heap::init();
}
