// SPDX-License-Identifier: GPL-2.0-or-later
//! The ways out: a status for QEMU, one clear line before it where something is wrong, and panics.

use core::fmt::Display;
use core::panic::PanicInfo;
use core::sync::atomic::{AtomicBool, Ordering};

use chaos_wire::{DEBUG_EXIT_PORT, GuestStatus};
use x86_64::instructions::port::Port;
use x86_64::instructions::{hlt, interrupts};

use crate::boot::bios;
use crate::devices::{screen, serial};
use crate::{console, println};

/// Writes to QEMU's isa-debug-exit, which ends QEMU with a status made of the value. Returns if there is no such device.
fn debug_exit(status: GuestStatus) {
    if bios::is_bios() {
        // On a PC the port may belong to any device.
        return;
    }
    // SAFETY: the write ends the machine, or reaches no device.
    unsafe { Port::new(DEBUG_EXIT_PORT).write(status.debug_exit_value()) }
}

/// Ends QEMU. Without its exit device the machine halts, with nothing left that could wake it.
pub(crate) fn leave(status: GuestStatus) -> ! {
    debug_exit(status);
    interrupts::disable();
    if bios::is_bios() {
        println!("the machine is halted; switch it off");
    }
    println!(
        "the machine is halted (add -device isa-debug-exit,iobase=0xf4,iosize=4 to let it end QEMU)"
    );
    loop {
        hlt();
    }
}

/// One error line, and the end.
pub(crate) fn fail(status: GuestStatus, error: &dyn Display) -> ! {
    println!("[uchaos] error: {error}");
    leave(status)
}

/// Before the report of a panic or an exception: nothing may wait for a lock whose holder is dead, and a
/// crash inside the report ends at once.
pub(crate) fn begin_crash() {
    static CRASHED: AtomicBool = AtomicBool::new(false);
    interrupts::disable();
    if CRASHED.swap(true, Ordering::Relaxed) {
        leave_at_once();
    }
    console::break_lock();
    screen::break_lock();
    serial::break_lock();
}

fn leave_at_once() -> ! {
    debug_exit(GuestStatus::Panic);
    loop {
        hlt();
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    begin_crash();
    match info.location() {
        Some(place) => println!(
            "\n[uchaos] error: panic: {} ({}:{})",
            info.message(),
            place.file(),
            place.line()
        ),
        None => println!("\n[uchaos] error: panic: {}", info.message()),
    }
    leave(GuestStatus::Panic)
}
