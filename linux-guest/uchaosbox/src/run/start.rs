// SPDX-License-Identifier: GPL-2.0-or-later
//! The first instructions of the process, its words, and what a panic does.

use core::arch::naked_asm;
use core::ffi::{CStr, c_char};
use core::fmt::Write as _;

use chaos_wire::GuestStatus;

use crate::run::output::Stderr;
use crate::run::syscall;

/// Where the kernel begins: the stack pointer is at the count of words.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {begin}", "ud2", begin = sym begin)
}

extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: `_start` hands on the stack pointer as the kernel set it: the count, then that many pointers.
    let words = unsafe { Words { next: stack.add(1).cast(), left: *stack } };
    syscall::exit(crate::main(words))
}

/// The words of the command line, the program's name first.
#[derive(Debug)]
pub(crate) struct Words {
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
        // A word that is not UTF-8 is refused by whoever looks for a meaning in it.
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
