// SPDX-License-Identifier: GPL-2.0-or-later
//! The computer as platform of jobs and monitor: measurements run with interrupts off; the firmware does the rest.

use core::fmt::{self, Display, Write};
use core::time::Duration;

use baremetal::command::Fault;
use baremetal::platform::Platform;
use baremetal::selftest::Check;
use chaos_ffi::{Engine, EngineError};
use chaos_wire::{Marker, Timer};
use uefi::boot::{self, Tpl};
use x86_64::instructions::interrupts;

use crate::console::Console;
use crate::pages::Pages;
use crate::{facts, power};

/// Long compared with reading the counter, short compared with a boot.
const CALIBRATION: Duration = Duration::from_millis(20);

pub(crate) struct Computer {
    pub(crate) console: Console,
    counter_khz: u64,
}

impl Computer {
    /// Takes the console from the firmware and measures the counter.
    pub(crate) fn take() -> Self {
        let begin = Engine::ticks();
        boot::stall(CALIBRATION);
        let ticks = Engine::ticks().wrapping_sub(begin);
        let counter_khz = ticks / u64::from(CALIBRATION.subsec_millis());
        Self { console: Console::take(), counter_khz }
    }

    pub(crate) fn give_back(&mut self) {
        self.console.give_back();
    }

    pub(crate) fn say(&mut self, line: &dyn Display) {
        // The console's writes cannot fail.
        let _ = writeln!(self.console, "{line}");
    }

    pub(crate) fn say_ready(&mut self) {
        self.say(&Marker::Ready);
    }

    /// An error line, as every guest writes it.
    pub(crate) fn error(&mut self, error: &dyn Display) {
        self.say(&format_args!("[uchaos] error: {error}"));
    }

    pub(crate) fn wait_for_enter(&mut self) {
        self.say(&"Press Enter to continue.");
        while !matches!(self.console.receive(), b'\r' | b'\n') {}
    }
}

impl Write for Computer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.console.write_str(text)
    }
}

impl Platform for Computer {
    const CHECKS: &'static [(&'static str, Check)] =
        &[("interrupts are off while something is measured", |_| interrupts_are_off())];

    fn receive(&mut self) -> u8 {
        self.console.receive()
    }

    fn interrupt_requested(&mut self) -> bool {
        self.console.interrupt_requested()
    }

    fn take_words(&mut self, words: usize) -> Option<&'static mut [u64]> {
        Pages::take(words).map(Pages::leak)
    }

    fn sampling<T>(&mut self, timer: Timer, work: impl FnOnce() -> T) -> Result<T, EngineError> {
        if timer != Timer::Off {
            return Err(EngineError::new(
                "a UEFI program has no timer interrupts: use uchaos.timer=off",
            ));
        }
        Ok(undisturbed(work))
    }

    fn interrupts_taken(&self) -> u64 {
        0
    }

    fn counter_khz(&mut self) -> Option<u64> {
        Some(self.counter_khz).filter(|khz| *khz > 0)
    }

    fn unfenced_ticks(&mut self) -> u64 {
        // SAFETY: reading the counter changes nothing, and every processor with UEFI has it.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    fn facts(&mut self, lines: &mut dyn Write) -> fmt::Result {
        let khz = self.counter_khz();
        facts::write(khz, lines)
    }

    fn show_memory(&mut self, buffer: &[u64]) {
        let kib = size_of_val(buffer) / 1024;
        self.say(&format_args!("samples    {kib} KiB: {} samples", buffer.len()));
        self.say(&"the rest of the memory is the firmware's");
    }

    fn raise(&mut self, _: Fault) {
        self.say(
            &"exceptions are the firmware's here: the microkernel in QEMU raises and reports them",
        );
    }

    fn reboot(&mut self) -> ! {
        power::restart()
    }
}

/// Runs `work` with interrupts off, at the firmware's highest priority level, so that no firmware code runs meanwhile.
fn undisturbed<T>(work: impl FnOnce() -> T) -> T {
    // SAFETY: the level goes back at the end of this function, and nothing of the firmware is called until then.
    let _level = unsafe { boot::raise_tpl(Tpl::HIGH_LEVEL) };
    interrupts::without_interrupts(work)
}

fn interrupts_are_off() -> Result<(), &'static str> {
    let inside = undisturbed(interrupts::are_enabled);
    baremetal::selftest::ensure(!inside, "they are on")?;
    baremetal::selftest::ensure(interrupts::are_enabled(), "they stay off afterwards")
}
