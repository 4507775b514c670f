// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel as the platform of jobs and monitor.

use core::fmt::{self, Write};

use baremetal::command::Fault;
use baremetal::platform::Platform;
use baremetal::selftest::Check;
use chaos_wire::{EngineError, Timer};

use crate::console::Console;
use crate::devices::{reset, serial};
use crate::interrupts::pit;
use crate::memory::{buffer, usage};
use crate::{checks, facts, fault};

/// The one machine that this kernel runs on.
pub(crate) struct Kernel;

impl Write for Kernel {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        Console.write_str(text)
    }
}

impl Platform for Kernel {
    const CHECKS: &'static [(&'static str, Check)] = checks::CHECKS;

    fn receive(&mut self) -> u8 {
        serial::receive()
    }

    fn interrupt_requested(&mut self) -> bool {
        serial::interrupt_requested()
    }

    fn take_words(&mut self, words: usize) -> Option<&'static mut [u64]> {
        buffer::take(words)
    }

    fn sampling<T>(&mut self, timer: Timer, work: impl FnOnce() -> T) -> Result<T, EngineError> {
        Ok(pit::with_timer(timer, work))
    }

    fn interrupts_taken(&self) -> u64 {
        pit::interrupts_taken()
    }

    fn counter_khz(&mut self) -> Option<u64> {
        facts::counter_khz()
    }

    fn unfenced_ticks(&mut self) -> u64 {
        // SAFETY: reading the counter changes nothing, and every processor that this kernel starts on has it.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    fn facts(&mut self, lines: &mut dyn Write) -> fmt::Result {
        facts::machine(lines)
    }

    fn show_memory(&mut self, buffer: &[u64]) {
        usage::show(buffer);
    }

    fn raise(&mut self, fault: Fault) {
        fault::raise(fault);
    }

    fn reboot(&mut self) -> ! {
        reset::reset()
    }
}
