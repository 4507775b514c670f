// SPDX-License-Identifier: GPL-2.0-or-later
//! The PVH entry point and the memory that it uses before there is any other.

use core::arch::global_asm;

use crate::memory::stack::{BOOT_STACK_BYTES, Stack};

global_asm!(
    include_str!("pvh_entry.s"),
    boot_stack_end = const size_of::<Stack<BOOT_STACK_BYTES>>(),
    options(att_syntax)
);
