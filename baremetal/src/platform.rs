// SPDX-License-Identifier: GPL-2.0-or-later
//! What a program supplies so that jobs and the monitor run on its machine: the microkernel with its own drivers, the UEFI
//! program with the firmware's.

use core::fmt::{self, Write};

use chaos_wire::Timer;

use crate::command::Fault;
use crate::selftest::Check;

/// A machine without an operating system. What is written to it goes to its console; a write that fails has lost only its
/// own text.
pub trait Platform: Write {
    /// Checks that only this machine can make.
    const CHECKS: &'static [(&'static str, Check)];

    /// Waits for a byte from the console.
    fn receive(&mut self) -> u8;

    /// Whether Ctrl-C has come. Keys typed before it are kept for later.
    fn interrupt_requested(&mut self) -> bool;

    /// Up to `words` words of memory, zeroed, for the rest of the run; fewer where memory is short, `None` for none at all.
    fn take_words(&mut self, words: usize) -> Option<&'static mut [u64]>;

    /// Runs `work` with timer interrupts at the given rate, and with interrupts off for [`Timer::Off`].
    ///
    /// # Errors
    /// Returns an error if the machine has no such timer.
    fn sampling<T>(
        &mut self,
        timer: Timer,
        work: impl FnOnce() -> T,
    ) -> Result<T, chaos_wire::EngineError>;

    /// Timer interrupts since the start while something was sampled.
    fn interrupts_taken(&self) -> u64;

    /// The counter's frequency in kHz; `None` if there is no clock to measure it against.
    fn counter_khz(&mut self) -> Option<u64>;

    /// The counter, read without a fence.
    fn unfenced_ticks(&mut self) -> u64;

    /// What the machine is, as lines `key=value`.
    ///
    /// # Errors
    /// Returns an error if `lines` takes no more.
    fn facts(&mut self, lines: &mut dyn Write) -> fmt::Result;

    /// Shows how the memory is used; `buffer` holds the monitor's samples.
    fn show_memory(&mut self, buffer: &[u64]);

    /// Raises a processor exception, or says why it does not.
    fn raise(&mut self, fault: Fault);

    /// Resets the machine.
    fn reboot(&mut self) -> !;
}

/// A line on a platform's console.
macro_rules! say {
    ($platform:expr, $($argument:tt)*) => {{
        // A line that cannot be shown changes nothing.
        let _ = core::fmt::Write::write_fmt($platform, format_args!("{}\n", format_args!($($argument)*)));
    }};
}
pub(crate) use say;
