// SPDX-License-Identifier: GPL-2.0-or-later
//! What happens at an interrupt or exception: the entries make all vectors alike and save what Rust may use (general
//! registers, x87 and SSE state), then [`trap`] does what the vector asks for.

use core::arch::naked_asm;
use core::sync::atomic::{AtomicU64, Ordering};

use super::report::{self, TrapFrame};
use super::{pic, pit};
use crate::devices::serial;

const BREAKPOINT: u64 = 3;

/// The entry of a vector for which the CPU pushes no error code.
#[unsafe(naked)]
pub(super) extern "C" fn plain<const VECTOR: u8>() {
    naked_asm!("push 0", "push {vector}", "jmp {common}", vector = const VECTOR, common = sym common)
}

/// The entry of a vector with an error code.
#[unsafe(naked)]
pub(super) extern "C" fn with_code<const VECTOR: u8>() {
    naked_asm!("push {vector}", "jmp {common}", vector = const VECTOR, common = sym common)
}

#[unsafe(naked)]
extern "C" fn common() {
    naked_asm!(
        "push rax",
        "push rbx",
        "push rcx",
        "push rdx",
        "push rsi",
        "push rdi",
        "push rbp",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "cld",
        "mov rdi, rsp",
        "mov rbp, rsp",
        "sub rsp, 512",
        "and rsp, -16",
        "fxsave64 [rsp]",
        "call {trap}",
        "fxrstor64 [rsp]",
        "mov rsp, rbp",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rbp",
        "pop rdi",
        "pop rsi",
        "pop rdx",
        "pop rcx",
        "pop rbx",
        "pop rax",
        "add rsp, 16",
        "iretq",
        trap = sym trap,
    )
}

/// What a vector does; called by every entry.
extern "C" fn trap(frame: &mut TrapFrame) {
    const TIMER: u64 = pic::TIMER_VECTOR as u64;
    const SERIAL: u64 = pic::SERIAL_VECTOR as u64;
    const SPURIOUS_LOW: u64 = pic::SPURIOUS_LOW_VECTOR as u64;
    const SPURIOUS_HIGH: u64 = pic::SPURIOUS_HIGH_VECTOR as u64;
    const SPURIOUS_APIC: u64 = pic::SPURIOUS_APIC_VECTOR as u64;
    match frame.vector {
        TIMER => {
            pit::count_interrupt();
            pic::end_of_interrupt();
        }
        SERIAL => {
            serial::receive_interrupt();
            pic::end_of_interrupt();
        }
        SPURIOUS_LOW | SPURIOUS_HIGH => pic::spurious(frame.vector == SPURIOUS_HIGH),
        SPURIOUS_APIC => {}
        BREAKPOINT => note_breakpoint(frame.rip),
        _ => report::die(frame),
    }
}

static BREAKPOINTS: AtomicU64 = AtomicU64::new(0);
static LAST_BREAKPOINT_RIP: AtomicU64 = AtomicU64::new(0);

/// Breakpoints are the one exception that the kernel survives: the self test needs a round trip through the interrupt
/// table.
fn note_breakpoint(rip: u64) {
    LAST_BREAKPOINT_RIP.store(rip, Ordering::Relaxed);
    BREAKPOINTS.fetch_add(1, Ordering::Relaxed);
}

/// How many breakpoints there were, and where the last one was (the instruction after it).
pub(crate) fn breakpoints_seen() -> (u64, u64) {
    (BREAKPOINTS.load(Ordering::Relaxed), LAST_BREAKPOINT_RIP.load(Ordering::Relaxed))
}
