// SPDX-License-Identifier: GPL-2.0-or-later
//! What a handler is given: the registers as the interrupted code had them.

/// Lies on the handler's stack, from the last register pushed by the stub to the first word pushed by the CPU.
#[derive(Debug)]
#[repr(C)]
pub(super) struct TrapFrame {
    /// r15 to r8, rbp, rdi, rsi, rdx, rcx, rbx, rax: as the stub pushed them, last first.
    pub(super) registers: [u64; 15],
    pub(super) vector: u64,
    /// 0 for vectors that have none.
    pub(super) error_code: u64,
    pub(super) rip: u64,
    pub(super) cs: u64,
    pub(super) rflags: u64,
    pub(super) rsp: u64,
    pub(super) ss: u64,
}

/// The names of [`TrapFrame::registers`].
pub(super) const REGISTER_NAMES: [&str; 15] = [
    "r15", "r14", "r13", "r12", "r11", "r10", "r9", "r8", "rbp", "rdi", "rsi", "rdx", "rcx", "rbx",
    "rax",
];
