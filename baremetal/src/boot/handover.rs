// SPDX-License-Identifier: GPL-2.0-or-later
//! The PVH start info, or what a Multiboot2 loader left, becomes a `BootInfo`, so that `kernel_main` is what any `bootloader_api` kernel has.

use baremetal::memory_map;
use baremetal::multiboot;
use baremetal::pvh::{
    MEMORY_MAP_ENTRY_BYTES, MODULE_BYTES, MemoryMapEntry, Module, START_INFO_BYTES, StartInfo,
};
use baremetal::range::PhysRange;
use bootloader_api::BootInfo;
use bootloader_api::info::{MemoryRegion, MemoryRegionKind, Optional};
use chaos_wire::GuestStatus;

use super::{bios, command_line, physical};
use crate::console;
use crate::end::fail;
use crate::memory::layout;
use crate::memory::stack::{self, BOOT_STACK_BYTES};

/// Regions of the machine's map after cutting out what is taken; QEMU's maps have about ten entries, a PC's about thirty.
const REGIONS_MAX: usize = 64;

/// Firmware data, real-mode leftovers and option ROMs: not worth its mebibyte.
const LOW_MEMORY: PhysRange = PhysRange::new(0, 0x10_0000);

unsafe extern "C" {
    /// What `entry_point!` exports.
    #[expect(improper_ctypes, reason = "both sides are Rust, compiled together")]
    fn _start(boot_info: &'static mut BootInfo) -> !;
}

/// The first Rust code: called once by `pvh_entry.s` in 64-bit mode on the boot stack.
#[unsafe(no_mangle)]
extern "C" fn start(info_addr: u64, loader_magic: u32) -> ! {
    console::init();
    let boot_info =
        if loader_magic == multiboot::MAGIC { by_multiboot(info_addr) } else { by_pvh(info_addr) };
    // SAFETY: `_start` is the function below `entry_point!`, with this very signature.
    unsafe { _start(boot_info) }
}

fn by_pvh(start_info_addr: u64) -> &'static mut BootInfo {
    // SAFETY: QEMU put the start info into RAM, and nothing else has run since.
    let bytes = unsafe { physical::read::<START_INFO_BYTES>(start_info_addr) }
        .unwrap_or([0; START_INFO_BYTES]);
    let info = StartInfo::parse(&bytes).unwrap_or_else(|error| fail(GuestStatus::Panic, &error));
    let initrd = first_module(&info);
    let memory_map_bytes = u64::from(info.memory_map_entries) * MEMORY_MAP_ENTRY_BYTES as u64;
    command_line::keep(info.command_line_addr);
    let taken = [
        LOW_MEMORY,
        layout::image(),
        initrd,
        PhysRange::with_len(start_info_addr, START_INFO_BYTES as u64),
        PhysRange::with_len(info.module_list_addr, MODULE_BYTES as u64),
        PhysRange::with_len(info.memory_map_addr, memory_map_bytes),
    ];
    let entries = (0..info.memory_map_entries).map_while(|index| {
        let addr = info.memory_map_addr + u64::from(index) * MEMORY_MAP_ENTRY_BYTES as u64;
        // SAFETY: the map lies in RAM where the start info says so, and nothing writes it.
        unsafe { physical::read(addr) }.map(|bytes| MemoryMapEntry::parse(&bytes))
    });

    boot_info(entries, &taken, initrd, info.rsdp_addr)
}

/// The same of what a Multiboot2 loader passed. Its one module is text for the request, and stays where it is.
fn by_multiboot(info_addr: u64) -> &'static mut BootInfo {
    // SAFETY: the loader put the structure into RAM, and nothing else has run since.
    let size = unsafe { physical::read::<4>(info_addr) }.map_or(0, u32::from_le_bytes);
    let range = PhysRange::with_len(info_addr, size.min(multiboot::BYTES_MAX).into());
    // SAFETY: the same; below it is kept out of the free frames.
    let bytes = unsafe { physical::slice(range) }.unwrap_or_default();
    let information = multiboot::BootInformation::new(bytes);
    bios::begin(information.has_text_screen());
    if let Some(text) = information.command_line() {
        command_line::keep(text.as_ptr() as u64);
    }
    let module = information.module();
    let taken = [LOW_MEMORY, layout::image(), module, range];
    boot_info(information.memory_map(), &taken, module, 0)
}

fn boot_info(
    entries: impl Iterator<Item = MemoryMapEntry>,
    taken: &[PhysRange],
    initrd: PhysRange,
    rsdp_addr: u64,
) -> &'static mut BootInfo {
    let table = regions_table();
    let len = memory_map::fill(entries, taken, physical::MAPPED, table).unwrap_or_else(|_| {
        fail(
            GuestStatus::Panic,
            &format_args!("the machine's memory map has more than {REGIONS_MAX} regions"),
        )
    });
    let mut boot_info = BootInfo::new((&mut table[..len]).into());
    boot_info.physical_memory_offset = Optional::Some(0);
    boot_info.kernel_addr = layout::image().start;
    boot_info.kernel_len = layout::image().len();
    boot_info.kernel_stack_bottom = stack::boot_stack_bottom();
    boot_info.kernel_stack_len = BOOT_STACK_BYTES as u64;
    if rsdp_addr != 0 {
        boot_info.rsdp_addr = Optional::Some(rsdp_addr);
    }
    if !initrd.is_empty() {
        boot_info.ramdisk_addr = Optional::Some(initrd.start);
        boot_info.ramdisk_len = initrd.len();
    }
    keep(boot_info)
}

fn first_module(info: &StartInfo) -> PhysRange {
    if info.modules == 0 {
        return PhysRange::default();
    }
    // SAFETY: the list lies in RAM where the start info says so, and nothing writes it.
    let bytes = unsafe { physical::read::<MODULE_BYTES>(info.module_list_addr) };
    let module = bytes.map(|bytes| Module::parse(&bytes));
    module.map_or(PhysRange::default(), |module| PhysRange::with_len(module.addr, module.len_bytes))
}

/// The table of regions, once.
fn regions_table() -> &'static mut [MemoryRegion] {
    /// All zero, so that the table takes no room in the image.
    const EMPTY: MemoryRegion = MemoryRegion { start: 0, end: 0, kind: MemoryRegionKind::Usable };
    static TABLE: spin::Mutex<[MemoryRegion; REGIONS_MAX]> = spin::Mutex::new([EMPTY; REGIONS_MAX]);
    &mut spin::MutexGuard::leak(TABLE.lock())[..]
}

/// Moves the `BootInfo` to where it stays valid for the rest of the run.
fn keep(boot_info: BootInfo) -> &'static mut BootInfo {
    static PLACE: spin::Mutex<Option<BootInfo>> = spin::Mutex::new(None);
    spin::MutexGuard::leak(PLACE.lock()).insert(boot_info)
}
