// SPDX-License-Identifier: GPL-2.0-or-later
//! uchaosbox, the program: the engine in userland and the job runner of the Linux guest, as one static file that
//! needs no C library. It runs in the guest and on any Linux host.
//!
//! # Design principles
//! * It links the engine object that the kernel module links, and drives it with the job loop of chaos-wire.
//! * No allocator and no threads: nothing else happens during the measurement. Memory is mapped once, and filled.
//! * Unsafe is in `run/` (system calls, mapped memory) and in the process's first instructions below, and nowhere else.
#![no_std]
#![no_main]
#![expect(
    clippy::result_large_err,
    reason = "without an allocator an error carries its own text; it is on its way out"
)]

mod applets;
mod machine;
/// What a C library would do: system calls, memory, files.
mod run {
    pub(crate) mod file;
    pub(crate) mod map;
    pub(crate) mod output;
    pub(crate) mod syscall;
}

// Compiled code and the engine object call memcpy and its like.
use freestanding as _;

use core::arch::naked_asm;
use core::ffi::{CStr, c_char};
use core::fmt::Write as _;

use chaos_wire::{GuestStatus, TextBuffer};
use uchaosbox::{Applet, Command, EXIT_HELP, USAGE, write_engine_help};

use crate::run::output::{Stderr, Stdout};
use crate::run::syscall;

/// Bytes that all options together may take.
const OPTIONS_BYTES: usize = 4096;

/// Where the kernel begins: the stack pointer is at the count of words.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {begin}", "ud2", begin = sym begin)
}

extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: `_start` hands on the stack pointer as the kernel set it: the count, then that many pointers.
    let words = unsafe { Words { next: stack.add(1).cast(), left: *stack } };
    syscall::exit(main(words))
}

/// The arguments of the command line, the program's name first.
#[derive(Debug)]
struct Words {
    next: *const *const c_char,
    left: usize,
}

impl Iterator for Words {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.left = self.left.checked_sub(1)?;
        // SAFETY: `left` counts the pointers that remain; each is to a text of the kernel's that ends with NUL and
        // stays for the life of the process.
        let word = unsafe {
            let word = CStr::from_ptr(*self.next);
            self.next = self.next.add(1);
            word
        };
        // An argument that is not UTF-8 becomes one that no parser accepts.
        Some(word.to_str().unwrap_or("\u{fffd}"))
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let _ = match info.location() {
        Some(at) => writeln!(Stderr, "[uchaos] error: panic at {}:{}", at.file(), at.line()),
        None => writeln!(Stderr, "[uchaos] error: panic"),
    };
    syscall::exit(GuestStatus::Panic.number())
}

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
