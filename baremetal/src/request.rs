// SPDX-License-Identifier: GPL-2.0-or-later
//! What this boot is to do: the defaults in the initrd, and the kernel command line over them. Anything that cannot
//! be understood ends the boot here.

use baremetal::initrd::{self, InitrdError};
use baremetal::range::PhysRange;
use bootloader_api::BootInfo;
use chaos_wire::{GuestStatus, Request, Target};

use crate::boot::{command_line, physical};
use crate::end::fail;

/// The request of this boot.
pub(crate) fn read(boot_info: &BootInfo) -> Request {
    let defaults = initrd::defaults(archive(boot_info)).unwrap_or_else(|error| bad_initrd(&error));
    let bad = GuestStatus::BadCommandLine;
    let Some(command_line) = command_line::get() else {
        fail(bad, &"the kernel command line is not UTF-8 text");
    };
    let request =
        Request::parse_over(defaults, command_line).unwrap_or_else(|error| fail(bad, &error));
    if !request.targets.is_empty()
        && request.targets.iter().any(|target| target != Target::BareMetal)
    {
        fail(
            bad,
            &format_args!(
                "uchaos.target={}: this kernel is {} and nothing else",
                request.targets,
                Target::BareMetal
            ),
        );
    }
    request
}

/// The text that a Multiboot2 loader brought with the kernel; what is not UTF-8 ends the boot.
pub(crate) fn module_text(boot_info: &BootInfo) -> Option<&'static str> {
    let bytes = Some(archive(boot_info)).filter(|bytes| !bytes.is_empty())?;
    Some(core::str::from_utf8(bytes).unwrap_or_else(|_| {
        fail(GuestStatus::BadCommandLine, &"/uchaos/uchaos.conf is not UTF-8 text")
    }))
}

fn archive(boot_info: &BootInfo) -> &'static [u8] {
    let addr = boot_info.ramdisk_addr.into_option().unwrap_or(0);
    let range = PhysRange::with_len(addr, boot_info.ramdisk_len);
    // SAFETY: the loader put the initrd or module there, and the memory map keeps it out of the free frames.
    unsafe { physical::slice(range) }.unwrap_or_default()
}

fn bad_initrd(error: &InitrdError) -> ! {
    fail(GuestStatus::BadInitrd, error)
}
