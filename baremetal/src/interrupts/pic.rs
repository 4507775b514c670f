// SPDX-License-Identifier: GPL-2.0-or-later
//! The interrupt controllers: two 8259 (Intel 8259A data sheet), whose lines are masked except while one is needed, and
//! the local APIC, which passes their interrupts on.

use core::ptr::NonNull;

use x86_64::instructions::port::Port;
use x86_64::registers::model_specific::ApicBase;

const FIRST_VECTOR: u8 = 0x20;
/// IRQ 0.
pub(super) const TIMER_VECTOR: u8 = FIRST_VECTOR;
/// IRQ 4, COM1.
pub(super) const SERIAL_VECTOR: u8 = FIRST_VECTOR + 4;
/// IRQ 7 also stands for an interrupt that went away before it was taken.
pub(super) const SPURIOUS_LOW_VECTOR: u8 = FIRST_VECTOR + 7;
/// IRQ 15, likewise.
pub(super) const SPURIOUS_HIGH_VECTOR: u8 = FIRST_VECTOR + 15;

/// What the APIC delivers when an interrupt went away before it was taken; it needs no acknowledgement.
pub(super) const SPURIOUS_APIC_VECTOR: u8 = 0xff;

const COMMAND_LOW: u16 = 0x20;
const DATA_LOW: u16 = 0x21;
const COMMAND_HIGH: u16 = 0xa0;
const DATA_HIGH: u16 = 0xa1;
const END_OF_INTERRUPT: u8 = 0x20;

/// Offsets and values of registers (Intel SDM, volume 3, §13.4 to §13.9).
const SPURIOUS_INTERRUPT: usize = 0xf0;
const LINT0: usize = 0x350;
const SOFTWARE_ENABLE: u32 = 1 << 8;
const EXTERNAL_INTERRUPT: u32 = 0b111 << 8;

/// An interrupt line that can be let through.
#[derive(Debug, Clone, Copy)]
#[repr(u8)]
pub(crate) enum Line {
    /// The interval timer.
    Timer = 0,
    /// COM1.
    Serial = 4,
}

/// Moves the lines clear of the exceptions, and masks them all.
pub(super) fn init() {
    // ICW1 to ICW4: edge triggered, vectors, the second controller on line 2, 8086 mode.
    let words = [(0x11, 0x11), (FIRST_VECTOR, FIRST_VECTOR + 8), (1 << 2, 2), (1, 1)];
    for (index, (low, high)) in words.into_iter().enumerate() {
        let (port_low, port_high) =
            if index == 0 { (COMMAND_LOW, COMMAND_HIGH) } else { (DATA_LOW, DATA_HIGH) };
        out(port_low, low);
        out(port_high, high);
    }
    mask_all();
    init_local_apic();
}

/// Lets the 8259's interrupts through the CPU's local APIC by its LINT0 input ("virtual wire mode", Intel's
/// `MultiProcessor` Specification 1.4, §3.6.2.2). Firmware does this on pc and q35, but not on microvm. The APIC's own timer and error interrupts stay masked, as they are after a reset.
fn init_local_apic() {
    let (frame, _) = ApicBase::read();
    let write = |register: usize, value: u32| {
        if let Some(base) = NonNull::new(frame.start_address().as_u64() as *mut u32) {
            // SAFETY: the CPU says that its APIC's registers are in this frame, which is mapped where it is.
            unsafe { base.byte_add(register).write_volatile(value) }
        }
    };
    write(SPURIOUS_INTERRUPT, SOFTWARE_ENABLE | u32::from(SPURIOUS_APIC_VECTOR));
    write(LINT0, EXTERNAL_INTERRUPT);
}

/// Lets one line through, and no other.
pub(crate) fn unmask_only(line: Line) {
    out(DATA_LOW, !(1 << line as u8));
}

/// Lets no line through.
pub(crate) fn mask_all() {
    out(DATA_LOW, 0xff);
    out(DATA_HIGH, 0xff);
}

/// Says that an interrupt has been dealt with; both that are ever let through are the first controller's.
pub(super) fn end_of_interrupt() {
    out(COMMAND_LOW, END_OF_INTERRUPT);
}

/// A spurious interrupt is not acknowledged, but for the first controller when the second one raised it.
pub(super) fn spurious(high: bool) {
    if high {
        out(COMMAND_LOW, END_OF_INTERRUPT);
    }
}

fn out(port: u16, value: u8) {
    // SAFETY: these are the controllers' ports, and masks and acknowledgements break no memory.
    unsafe { Port::new(port).write(value) }
}
