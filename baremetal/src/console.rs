// SPDX-License-Identifier: GPL-2.0-or-later
//! The console: text on COM1, and on the screen where there is one, with a spin lock around each write.

use core::fmt::{self, Write};

use spin::Mutex;

use crate::devices::{screen, serial};

static CONSOLE: Mutex<Console> = Mutex::new(Console);

/// The console as a `fmt::Write`; a line feed becomes carriage return and line feed.
#[derive(Debug)]
pub(crate) struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        screen::write(text);
        for piece in text.split_inclusive('\n') {
            match piece.strip_suffix('\n') {
                Some(line) => {
                    serial::send(line.as_bytes());
                    serial::send(b"\r\n");
                }
                None => serial::send(piece.as_bytes()),
            }
        }
        Ok(())
    }
}

/// Sets the serial port up.
pub(crate) fn init() {
    serial::init();
}

/// Writes formatted text; see [`print!`](crate::print).
pub(crate) fn write(arguments: fmt::Arguments<'_>) {
    // The console's own `write_str` never fails; a value that fails to format has lost only its own text.
    let _ = CONSOLE.lock().write_fmt(arguments);
}

/// Writes formatted text and ends the line; see [`println!`](crate::println).
pub(crate) fn write_line(arguments: fmt::Arguments<'_>) {
    write(format_args!("{arguments}\n"));
}

/// Frees the lock for a report of whatever broke while it was held.
pub(crate) fn break_lock() {
    // SAFETY: called when the code that holds the lock will not run again.
    unsafe { CONSOLE.force_unlock() }
}

/// Text on the console.
#[macro_export]
macro_rules! print {
    ($($argument:tt)*) => { $crate::console::write(format_args!($($argument)*)) };
}

/// A line on the console.
#[macro_export]
macro_rules! println {
    () => { $crate::print!("\n") };
    ($($argument:tt)*) => { $crate::console::write_line(format_args!($($argument)*)) };
}
