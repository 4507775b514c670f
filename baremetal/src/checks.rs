// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks of the self test that only the microkernel can make.

mod cpu;
mod memory;

use baremetal::selftest::Check;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("heap gives distinct, aligned memory and takes it back", |_| memory::heap()),
    ("frames are distinct and come back", |_| memory::frames()),
    ("code is read-only, data is not executed, guard pages are absent", |_| memory::protection()),
    ("a breakpoint goes through the interrupt table and back", |_| cpu::breakpoint()),
    ("SSE state and red zone survive a handler", |_| cpu::state_survives()),
    ("timer interrupts arrive when asked for, and only then", |_| cpu::timer()),
];
