// SPDX-License-Identifier: GPL-2.0-or-later
//! From the machine's reset to `kernel_main`: the assembly stub, then the `BootInfo` made from what PVH passed.

pub(crate) mod command_line;
mod entry;
mod handover;
pub(crate) mod physical;
