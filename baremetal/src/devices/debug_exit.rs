// SPDX-License-Identifier: GPL-2.0-or-later
//! QEMU's isa-debug-exit: a write ends QEMU with a status made from the value.

use chaos_wire::{DEBUG_EXIT_PORT, GuestStatus};
use x86_64::instructions::port::Port;

/// Ends QEMU, where the device is there; returns where it is not.
pub(crate) fn exit(status: GuestStatus) {
    // SAFETY: the write ends the machine, or reaches no device.
    unsafe { Port::new(DEBUG_EXIT_PORT).write(status.debug_exit_value()) }
}
