// SPDX-License-Identifier: GPL-2.0-or-later
//! Page tables. The boot stub mapped the first 4 GiB where they are, the first 2 MiB of them in 4 KiB pages;
//! here the image's pages get what they may be used for: code is not written, data is not executed, and the
//! null page and the guard pages are not there.

use core::cell::UnsafeCell;

use x86_64::VirtAddr;
use x86_64::instructions::tlb;
use x86_64::structures::paging::PageTableFlags as Flags;
use x86_64::structures::paging::page_table::{PageTable, PageTableEntry};

use super::{layout, stack};
use crate::interrupts::handler_stack_guards;
use baremetal::range::{FRAME_BYTES, PhysRange};

/// Page tables that the boot stub fills, by these names, before Rust runs.
#[repr(transparent)]
struct Tables<const N: usize>(UnsafeCell<[PageTable; N]>);

// SAFETY: one CPU; after the boot stub only `protect_image` touches them, once.
unsafe impl<const N: usize> Sync for Tables<N> {}

#[unsafe(no_mangle)]
static PAGE_MAP_LEVEL_4: Tables<1> = Tables(UnsafeCell::new([PageTable::new()]));
#[unsafe(no_mangle)]
static PAGE_DIRECTORY_POINTERS: Tables<1> = Tables(UnsafeCell::new([PageTable::new()]));
#[unsafe(no_mangle)]
#[unsafe(link_section = ".bss.noinit.page_directories")]
static PAGE_DIRECTORIES: Tables<4> = Tables(UnsafeCell::new([const { PageTable::new() }; 4]));
#[unsafe(no_mangle)]
#[unsafe(link_section = ".bss.noinit.first_page_table")]
static FIRST_PAGE_TABLE: Tables<1> = Tables(UnsafeCell::new([PageTable::new()]));

/// Gives each page of the first 2 MiB its protection.
pub(crate) fn protect_image() {
    let (text, rodata, data) = (layout::text(), layout::rodata(), layout::data());
    let guards = handler_stack_guards().chain([stack::boot_stack_guard(), 0]);
    // SAFETY: the boot stub has filled the table, and nothing else refers to it.
    let [table] = unsafe { &mut *FIRST_PAGE_TABLE.0.get() };
    for (entry, page) in table.iter_mut().zip((0..).step_by(FRAME_BYTES as usize)) {
        let page = PhysRange::with_len(page, FRAME_BYTES);
        let lies_in = |range: &PhysRange| !range.intersect(&page).is_empty();
        let flags = if lies_in(&text) {
            Flags::PRESENT
        } else if lies_in(&rodata) {
            Flags::PRESENT | Flags::NO_EXECUTE
        } else if lies_in(&data) {
            Flags::PRESENT | Flags::WRITABLE | Flags::NO_EXECUTE
        } else {
            continue;
        };
        entry.set_flags(flags);
    }
    for guard in guards {
        table[(guard / FRAME_BYTES) as usize].set_flags(Flags::empty());
        tlb::flush(VirtAddr::new(guard));
    }
    tlb::flush_all();
}

/// How a page of the first 2 MiB may be used; `None` above.
pub(crate) fn flags_of(addr: u64) -> Option<Flags> {
    // SAFETY: the table is not written after this.
    let [table] = unsafe { &*FIRST_PAGE_TABLE.0.get() };
    table.iter().nth((addr / FRAME_BYTES) as usize).map(PageTableEntry::flags)
}
