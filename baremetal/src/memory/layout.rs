// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the linker put things (`linker.ld`).

use baremetal::range::PhysRange;

macro_rules! symbols {
    ($($name:ident)*) => {
        unsafe extern "C" { $(safe static $name: u8;)* }
    };
}
symbols!(__image_start __text_end __rodata_start __rodata_end __data_start __image_end);

fn addr(symbol: &'static u8) -> u64 {
    core::ptr::from_ref(symbol) as u64
}

/// All of the kernel's image, with its stacks and zeroed data.
pub(crate) fn image() -> PhysRange {
    PhysRange::new(addr(&__image_start), addr(&__image_end))
}

/// Code.
pub(crate) fn text() -> PhysRange {
    PhysRange::new(addr(&__image_start), addr(&__text_end))
}

/// Constants.
pub(crate) fn rodata() -> PhysRange {
    PhysRange::new(addr(&__rodata_start), addr(&__rodata_end))
}

/// Data, stacks, page tables.
pub(crate) fn data() -> PhysRange {
    PhysRange::new(addr(&__data_start), addr(&__image_end))
}
