// SPDX-License-Identifier: GPL-2.0-or-later
//! COM1: sending is polled; receiving is polled while jobs run, and by interrupt while the monitor waits, so
//! that an idle guest costs its host nothing. COM2, or COM1 where there is no other, carries the frames of a kernel that a
//! BIOS has started.

use core::sync::atomic::{AtomicBool, Ordering};

use baremetal::byte_queue::ByteQueue;
use chaos_wire::{Port, PortError};
use spin::Mutex;
use uart_16550::backend::PioBackend;
use uart_16550::spec::registers::IER;
use uart_16550::{BaudRate, Config, Uart16550};
use x86_64::instructions::interrupts;

use super::{keyboard, screen};
use crate::interrupts::pic::{self, Line};
use crate::interrupts::pit;

const COM1: u16 = 0x3f8;
const COM2: u16 = 0x2f8;

/// What was typed while something else was being done.
static TYPED_AHEAD: Mutex<ByteQueue> = Mutex::new(ByteQueue::new());

static UART: Mutex<Option<Uart16550<PioBackend>>> = Mutex::new(None);

/// COM1 carries frames, and no text.
static FRAMES_ONLY: AtomicBool = AtomicBool::new(false);

/// Sets COM1 up. A machine without one runs on in silence.
pub(crate) fn init() {
    *UART.lock() = open(COM1, IER::DATA_READY);
}

fn open(first_port: u16, interrupts: IER) -> Option<Uart16550<PioBackend>> {
    // SAFETY: a serial port's ports, of which each is opened once.
    let mut uart = unsafe { Uart16550::new_port(first_port) }.ok()?;
    let config = Config { baud_rate: BaudRate::Baud115200, interrupts, ..Config::DEFAULT };
    uart.init(config).is_ok().then_some(uart)
}

/// The line that frames go through.
pub(crate) struct DataLine(Option<Uart16550<PioBackend>>);

impl DataLine {
    /// COM2 if there is one; else COM1, where no text is sent from then on. To be called once.
    pub(crate) fn open() -> Option<Self> {
        let second = open(COM2, IER::empty());
        if second.is_none() {
            UART.lock().as_ref()?;
            FRAMES_ONLY.store(true, Ordering::Relaxed);
        }
        Some(Self(second))
    }

    pub(crate) const fn name(&self) -> &'static str {
        if self.0.is_some() { "COM2" } else { "COM1" }
    }
}

impl Port for DataLine {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        match &mut self.0 {
            Some(uart) => uart.send_bytes_exact(bytes),
            None => {
                if let Some(uart) = &mut *UART.lock() {
                    uart.send_bytes_exact(bytes);
                }
            }
        }
        Ok(())
    }
}

/// Sends bytes as they are.
pub(crate) fn send(bytes: &[u8]) {
    if FRAMES_ONLY.load(Ordering::Relaxed) {
        return;
    }
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
        if screen::is_on() {
            // A keyboard next to the line: both are looked at, a hundred times a second.
            pit::wait_for_tick();
            continue;
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
    let typed = UART.lock().as_mut().and_then(|uart| uart.try_receive_byte().ok());
    typed.or_else(|| if screen::is_on() { keyboard::try_receive() } else { None })
}

/// Called on COM1's interrupt: that it woke the CPU is all that it is for; [`receive`] then takes the byte.
pub(crate) fn receive_interrupt() {}

/// Frees the lock for a report of whatever broke while it was held.
pub(crate) fn break_lock() {
    // SAFETY: called when the code that holds the lock will not run again.
    unsafe { UART.force_unlock() }
}
