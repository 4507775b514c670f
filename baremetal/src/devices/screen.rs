// SPDX-License-Identifier: GPL-2.0-or-later
//! The screen of a PC in text mode: the characters lie in the video memory, and the cursor is two registers (IBM VGA,
//! CRT controller, index 0x0e and 0x0f).

use baremetal::text_screen::{COLUMNS, ROWS, TextScreen};
use spin::Mutex;
use x86_64::instructions::port::Port;

const CHARACTERS: *mut [u16; COLUMNS * ROWS] = 0xb8000 as *mut _;
const CRT_INDEX: u16 = 0x3d4;
const CRT_DATA: u16 = 0x3d5;
const CURSOR_HIGH: u8 = 0x0e;
const CURSOR_LOW: u8 = 0x0f;

/// Nothing until it is known that there is one.
static SCREEN: Mutex<Option<TextScreen>> = Mutex::new(None);

/// Takes the screen over, and clears it.
pub(crate) fn init() {
    *SCREEN.lock() = Some(TextScreen::new());
    write("");
}

pub(crate) fn is_on() -> bool {
    SCREEN.lock().is_some()
}

/// Shows a text, where there is a screen.
pub(crate) fn write(text: &str) {
    let mut screen = SCREEN.lock();
    let Some(screen) = &mut *screen else { return };
    screen.write(text);
    // SAFETY: a PC in text mode has its characters there, and this lock alone writes them.
    unsafe { CHARACTERS.write_volatile(*screen.cells()) }
    let [low, high] = u16::try_from(screen.cursor()).unwrap_or(u16::MAX).to_le_bytes();
    for (index, value) in [(CURSOR_HIGH, high), (CURSOR_LOW, low)] {
        // SAFETY: the two registers move the cursor and nothing else.
        unsafe {
            Port::new(CRT_INDEX).write(index);
            Port::new(CRT_DATA).write(value);
        }
    }
}

/// Frees the lock for a report of whatever broke while it was held.
pub(crate) fn break_lock() {
    // SAFETY: called when the code that holds the lock will not run again.
    unsafe { SCREEN.force_unlock() }
}
