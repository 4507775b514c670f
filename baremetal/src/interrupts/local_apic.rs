// SPDX-License-Identifier: GPL-2.0-or-later
//! The CPU's local APIC, only as a wire: interrupts of the 8259 pass through its LINT0 input ("virtual wire mode",
//! Intel's `MultiProcessor` Specification 1.4, §3.6.2.2). Firmware sets this up on pc and q35, nobody does on microvm.

use core::ptr::NonNull;

use x86_64::registers::model_specific::ApicBase;

/// What the APIC delivers when an interrupt went away before it was taken; it needs no acknowledgement.
pub(super) const SPURIOUS_VECTOR: u8 = 0xff;

/// Offsets and values of registers (Intel SDM, volume 3, §13.4 to §13.9).
const SPURIOUS_INTERRUPT: usize = 0xf0;
const LINT0: usize = 0x350;
const SOFTWARE_ENABLE: u32 = 1 << 8;
const EXTERNAL_INTERRUPT: u32 = 0b111 << 8;

/// Lets the 8259's interrupts through. Its own timer and error interrupts stay masked, as they are after a reset.
pub(super) fn init() {
    let (frame, _) = ApicBase::read();
    let write = |register: usize, value: u32| {
        if let Some(base) = NonNull::new(frame.start_address().as_u64() as *mut u32) {
            // SAFETY: the CPU says that its APIC's registers are in this frame, which is mapped where it is.
            unsafe { base.byte_add(register).write_volatile(value) }
        }
    };
    write(SPURIOUS_INTERRUPT, SOFTWARE_ENABLE | u32::from(SPURIOUS_VECTOR));
    write(LINT0, EXTERNAL_INTERRUPT);
}
