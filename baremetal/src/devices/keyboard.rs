// SPDX-License-Identifier: GPL-2.0-or-later
//! The keyboard of a PC, by its controller (Intel 8042): looked at, without an interrupt. Firmware shows a USB keyboard
//! there as well while no driver has taken it over.

use baremetal::byte_queue::ByteQueue;
use baremetal::scancodes::Keyboard;
use spin::Mutex;
use x86_64::instructions::port::Port;

const DATA: u16 = 0x60;
const STATUS: u16 = 0x64;
const OUTPUT_FULL: u8 = 1 << 0;
const FROM_MOUSE: u8 = 1 << 5;
/// Codes that the controller holds at most; more at once means that there is no controller.
const CODES_MAX: usize = 16;

static KEYBOARD: Mutex<(Keyboard, ByteQueue)> = Mutex::new((Keyboard::new(), ByteQueue::new()));

/// The next byte that was typed.
pub(crate) fn try_receive() -> Option<u8> {
    let (keyboard, typed) = &mut *KEYBOARD.lock();
    for _ in 0..CODES_MAX {
        // SAFETY: reading the controller's state changes nothing.
        let state = unsafe { Port::<u8>::new(STATUS).read() };
        if state & OUTPUT_FULL == 0 {
            break;
        }
        // SAFETY: takes the code that the state announced.
        let code = unsafe { Port::<u8>::new(DATA).read() };
        if state & FROM_MOUSE == 0 {
            keyboard.feed(code).iter().for_each(|byte| typed.put(*byte));
        }
    }
    typed.take()
}
