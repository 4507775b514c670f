// SPDX-License-Identifier: GPL-2.0-or-later
//! The 8254 interval timer, channel 0: interrupts at a chosen rate while sampling (what a tick does to a noise
//! source is one of the lessons), and a known frequency to measure the counter against.

use core::sync::atomic::{AtomicU64, Ordering};

use chaos_wire::Timer;
use x86_64::instructions::interrupts;
use x86_64::instructions::port::Port;

use super::pic::{self, Line};

/// The 8254's input clock on every PC.
const INPUT_HZ: u32 = 1_193_182;
const CHANNEL_0: u16 = 0x40;
const CONTROL: u16 = 0x43;
/// Channel 0, both bytes, mode 2 (rate generator).
const RATE_GENERATOR: u8 = 0b0011_0100;
/// Channel 0, latch the count.
const LATCH: u8 = 0;

static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

pub(super) fn count_interrupt() {
    INTERRUPTS.fetch_add(1, Ordering::Relaxed);
}

/// Timer interrupts taken since boot while something ran that they could disturb.
pub(crate) fn interrupts_taken() -> u64 {
    INTERRUPTS.load(Ordering::Relaxed)
}

/// Runs `work` with timer interrupts at the given rate; with interrupts off, as ever, for [`Timer::Off`].
pub(crate) fn with_timer<T>(timer: Timer, work: impl FnOnce() -> T) -> T {
    let rate_hz = timer.number();
    if rate_hz == 0 {
        return work();
    }
    start((INPUT_HZ / rate_hz) as u16);
    pic::unmask_only(Line::Timer);
    interrupts::enable();
    let result = work();
    interrupts::disable();
    pic::mask_all();
    result
}

/// Halts the CPU until the next timer interrupt, within 10 ms. It does not count: nothing is disturbed by it.
pub(crate) fn wait_for_tick() {
    let taken = interrupts_taken();
    start((INPUT_HZ / Timer::Hz100.number()) as u16);
    pic::unmask_only(Line::Timer);
    interrupts::enable_and_hlt();
    interrupts::disable();
    pic::mask_all();
    INTERRUPTS.store(taken, Ordering::Relaxed);
}

/// The ticks that `ticks` counts while the timer counts `periods` of its input clock; `None` where the
/// timer stands still.
pub(crate) fn measure(periods: u16, mut ticks: impl FnMut() -> u64) -> Option<Measured> {
    const READINGS_MAX: u32 = 10_000_000;
    start(u16::MAX);
    let (first_count, first_ticks) = (count(), ticks());
    for _ in 0..READINGS_MAX {
        // Counts down from 65,535; `periods` is far less than one round.
        let passed = first_count.wrapping_sub(count());
        if passed >= periods {
            let ticks = ticks().wrapping_sub(first_ticks);
            return Some(Measured { ticks, periods: passed });
        }
    }
    None
}

/// What [`measure`] saw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    ticks: u64,
    periods: u16,
}

impl Measured {
    /// The counter's frequency, in kHz.
    pub(crate) fn counter_khz(&self) -> u64 {
        self.ticks.saturating_mul(u64::from(INPUT_HZ)) / u64::from(self.periods.max(1)) / 1000
    }
}

/// Begins to count down from `divisor`, again and again.
fn start(divisor: u16) {
    let [low, high] = divisor.to_le_bytes();
    out(CONTROL, RATE_GENERATOR);
    out(CHANNEL_0, low);
    out(CHANNEL_0, high);
}

fn count() -> u16 {
    out(CONTROL, LATCH);
    let mut port = Port::<u8>::new(CHANNEL_0);
    // SAFETY: reading a latched count has no other effect.
    let bytes = unsafe { [port.read(), port.read()] };
    u16::from_le_bytes(bytes)
}

fn out(port: u16, value: u8) {
    // SAFETY: the timer's ports; its interrupt is masked but in `with_timer`.
    unsafe { Port::new(port).write(value) }
}
