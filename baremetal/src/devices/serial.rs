// SPDX-License-Identifier: GPL-2.0-or-later
//! COM1: sending is polled; receiving is polled while jobs run, and by interrupt while the monitor waits, so
//! that an idle guest costs its host nothing.

use baremetal::byte_queue::ByteQueue;
use spin::Mutex;
use uart_16550::backend::PioBackend;
use uart_16550::spec::registers::IER;
use uart_16550::{BaudRate, Config, Uart16550};
use x86_64::instructions::interrupts;

use crate::interrupts::pic::{self, Line};

const COM1: u16 = 0x3f8;

/// What was typed while something else was being done.
static TYPED_AHEAD: Mutex<ByteQueue> = Mutex::new(ByteQueue::new());

static UART: Mutex<Option<Uart16550<PioBackend>>> = Mutex::new(None);

/// Sets COM1 up. A machine without one runs on in silence.
pub(crate) fn init() {
    // SAFETY: COM1's ports, used through this lock alone.
    let Ok(mut uart) = (unsafe { Uart16550::new_port(COM1) }) else { return };
    let config =
        Config { baud_rate: BaudRate::Baud115200, interrupts: IER::DATA_READY, ..Config::DEFAULT };
    if uart.init(config).is_ok() {
        *UART.lock() = Some(uart);
    }
}

/// Sends bytes as they are.
pub(crate) fn send(bytes: &[u8]) {
    if let Some(uart) = &mut *UART.lock() {
        uart.send_bytes_exact(bytes);
    }
}

/// Waits for a byte, with the CPU halted.
pub(crate) fn receive() -> u8 {
    loop {
        if let Some(byte) = TYPED_AHEAD.lock().take().or_else(try_receive) {
            return byte;
        }
        pic::unmask_only(Line::Serial);
        // A byte that came since the look above has its interrupt pending, which ends the halt at once.
        interrupts::enable_and_hlt();
        interrupts::disable();
        pic::mask_all();
    }
}

/// Whether Ctrl-C has come. Keys typed before it are kept for later.
pub(crate) fn interrupt_requested() -> bool {
    const CTRL_C: u8 = 3;
    let mut typed_ahead = TYPED_AHEAD.lock();
    while typed_ahead.has_room() {
        match try_receive() {
            Some(CTRL_C) => {
                typed_ahead.clear();
                return true;
            }
            Some(byte) => typed_ahead.put(byte),
            None => return false,
        }
    }
    false
}

fn try_receive() -> Option<u8> {
    UART.lock().as_mut()?.try_receive_byte().ok()
}

/// Called on COM1's interrupt: that it woke the CPU is all that it is for; [`receive`] then takes the byte.
pub(crate) fn receive_interrupt() {}

/// Frees the lock for a report of whatever broke while it was held.
pub(crate) fn break_lock() {
    // SAFETY: called when the code that holds the lock will not run again.
    unsafe { UART.force_unlock() }
}
