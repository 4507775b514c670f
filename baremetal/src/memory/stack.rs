// SPDX-License-Identifier: GPL-2.0-or-later
//! Stacks: each has a page below it that is not mapped, so that running over is a page fault and not a riddle.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use x86_64::VirtAddr;

/// Bytes of the guard page.
const GUARD_BYTES: usize = 4096;
/// Bytes of the stack on which everything but handlers runs. The engine and the drivers have no large locals.
pub(crate) const BOOT_STACK_BYTES: usize = 64 * 1024;
/// Bytes of a handler's stack: saved registers, FXSAVE, and formatting the report.
pub(crate) const HANDLER_STACK_BYTES: usize = 8 * 1024;

/// A guard page and a stack above it.
#[repr(C, align(4096))]
pub(crate) struct Stack<const N: usize> {
    guard: UnsafeCell<MaybeUninit<[u8; GUARD_BYTES]>>,
    stack: UnsafeCell<MaybeUninit<[u8; N]>>,
}

// SAFETY: the bytes are only used by the one CPU through its stack pointer; Rust code takes addresses alone.
unsafe impl<const N: usize> Sync for Stack<N> {}

impl<const N: usize> Stack<N> {
    pub(crate) const fn new() -> Self {
        Self {
            guard: UnsafeCell::new(MaybeUninit::uninit()),
            stack: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// The guard page.
    pub(crate) fn guard(&'static self) -> u64 {
        self.guard.get() as u64
    }

    /// The first stack pointer: one past the highest byte.
    pub(crate) fn top(&'static self) -> VirtAddr {
        VirtAddr::new(self.stack.get() as u64 + N as u64)
    }
}

/// Where the boot stub lets Rust begin; the stub knows it by this name.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".bss.noinit.boot_stack")]
static BOOT_STACK: Stack<BOOT_STACK_BYTES> = Stack::new();

/// The lowest address of the boot stack.
pub(crate) fn boot_stack_bottom() -> u64 {
    BOOT_STACK.top().as_u64() - BOOT_STACK_BYTES as u64
}

/// The boot stack's guard page.
pub(crate) fn boot_stack_guard() -> u64 {
    BOOT_STACK.guard()
}
