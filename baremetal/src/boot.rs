// SPDX-License-Identifier: GPL-2.0-or-later
//! From the machine's reset to `kernel_main`: the entry in assembly, then the `BootInfo` made of what PVH or a Multiboot2
//! loader passed.

pub(crate) mod bios;
pub(crate) mod command_line;
mod handover;
pub(crate) mod physical;

use core::arch::global_asm;

use crate::memory::stack::{BOOT_STACK_BYTES, Stack};

global_asm!(
    include_str!("boot/pvh_entry.s"),
    boot_stack_end = const size_of::<Stack<BOOT_STACK_BYTES>>(),
    options(att_syntax)
);
