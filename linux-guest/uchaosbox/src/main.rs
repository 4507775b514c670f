// SPDX-License-Identifier: GPL-2.0-or-later
//! uchaosbox, the program: the engine in userland and the job runner of the Linux guest, as one static file that
//! needs no C library. It runs in the guest and on any Linux host.
//!
//! # Design principles
//! * It links the engine object that the kernel module links, and drives it with the job loop of chaos-wire.
//! * No allocator and no threads: nothing happens beside the measurement. Memory is mapped once, and filled.
//! * Unsafe is in `run/` (start, system calls, mapped memory), and nowhere else.
#![no_std]
#![no_main]
#![expect(
    clippy::result_large_err,
    reason = "without an allocator an error carries its own text; it is on its way out"
)]

mod applets;
mod machine;
mod run;

// Compiled code and the engine object call memcpy and its like.
use freestanding as _;

use core::fmt::Write as _;

use chaos_wire::{GuestStatus, TextBuffer};
use uchaosbox::{Applet, Command, EXIT_HELP, USAGE, write_engine_help};

use crate::run::output::{Stderr, Stdout};
use crate::run::start::Words;

/// Bytes that all options together may take.
const OPTIONS_BYTES: usize = 4096;

/// Does what the command line says; the exit status of the process.
fn main(words: Words) -> i32 {
    let mut place = [0; OPTIONS_BYTES];
    let mut request = TextBuffer::new(&mut place);
    let command = match Command::parse(words, &mut request) {
        Ok(command) => command,
        Err(misuse) => {
            // Nowhere is left to say it when standard error is closed; here and below.
            let _ = writeln!(Stderr, "uchaosbox: {misuse}");
            return GuestStatus::BadCommandLine.number();
        }
    };
    let options = core::str::from_utf8(request.as_bytes()).unwrap_or_default();
    match applets::run(&command, options) {
        Ok(()) => GuestStatus::Success.number(),
        Err(stop) => {
            if let Some(text) = stop.unsaid() {
                let _ = writeln!(Stderr, "uchaosbox: {text}");
            }
            stop.exit_status()
        }
    }
}

/// Prints the help of an applet, or of the program.
fn help(applet: Option<Applet>) {
    // Nothing is left to do if standard output is closed.
    let _ = match applet {
        None => Stdout.write_str(USAGE),
        Some(applet) => Stdout
            .write_str(applet.help())
            .and_then(
                |()| if applet.has_engine() { write_engine_help(&mut Stdout) } else { Ok(()) },
            )
            .and_then(|()| Stdout.write_str(EXIT_HELP)),
    };
}
