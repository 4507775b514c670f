// SPDX-License-Identifier: GPL-2.0-or-later
//! Resetting the machine, by the first method that works.

use x86_64::VirtAddr;
use x86_64::instructions::port::Port;
use x86_64::instructions::tables::lidt;
use x86_64::structures::DescriptorTablePointer;

/// Resets; the last way works on every machine.
pub(crate) fn reset() -> ! {
    // SAFETY: the keyboard controller's reset line (pc, q35); no device answers on a machine without it.
    unsafe { Port::<u8>::new(0x64).write(0xfe) };
    let nothing = DescriptorTablePointer { limit: 0, base: VirtAddr::zero() };
    // SAFETY: with no interrupt table the next exception cannot be delivered: the CPU shuts down, and the machine
    // resets.
    unsafe {
        lidt(&nothing);
        core::arch::asm!("int3", options(noreturn))
    }
}
