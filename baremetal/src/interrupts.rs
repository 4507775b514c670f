// SPDX-License-Identifier: GPL-2.0-or-later
//! Segments, exceptions and the two hardware interrupts that are ever let through: the timer, when a lesson asks
//! for it, and COM1 while the monitor waits for a key. Every handler runs on an IST stack, because the prebuilt core
//! uses the red zone.

mod gdt;
mod idt;
pub(crate) mod pic;
pub(crate) mod pit;
mod report;
mod trap;

pub(crate) use gdt::{ABSENT_SEGMENT, handler_stack_guards};
pub(crate) use idt::break_gate;
pub(crate) use trap::breakpoints_seen;

/// Loads segments and handlers, and masks every interrupt line.
pub(crate) fn init() {
    gdt::init();
    idt::init();
    pic::init();
}
