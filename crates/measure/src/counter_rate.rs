// SPDX-License-Identifier: GPL-2.0-or-later
//! The rate of this machine's time-stamp counter, for guests that cannot measure it. Under TCG a guest's counter is the
//! host's. A kernel without ACPI can calibrate it only against the PIT, which a busy host serves late: the kernel then
//! drops the counter and keeps time in steps of 10 ms.

use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use chaos_arch::TscClock;

/// The time between the two readings that give a rate.
const APART: Duration = Duration::from_millis(20);
/// Number of readings of counter and clock, of which the closest pair is used: a busy host interrupts some of them.
const TRIES: u32 = 64;
/// Largest uncertainty in parts per million; beyond it, the guest's own measurement on a quiet host is better.
const WORST_PPM: u64 = 200;

/// The counter and the clock, read together.
#[derive(Debug, Clone, Copy)]
struct Moment {
    ticks: u64,
    clock: Instant,
    /// The time that reading both took.
    within_ticks: u64,
}

impl Moment {
    fn now() -> Self {
        let read = |_| {
            let before = TscClock::now_ticks();
            let clock = Instant::now();
            let within_ticks = TscClock::now_ticks().wrapping_sub(before);
            Self { ticks: before.wrapping_add(within_ticks / 2), clock, within_ticks }
        };
        let first = read(0);
        (1..TRIES).map(read).fold(first, |best, next| {
            if next.within_ticks < best.within_ticks { next } else { best }
        })
    }
}

/// The rate in kHz, measured once per process; `None` if the measurement was disturbed too much.
#[must_use]
pub(crate) fn counter_khz() -> Option<u64> {
    static KHZ: OnceLock<Option<u64>> = OnceLock::new();
    *KHZ.get_or_init(|| {
        let begin = Moment::now();
        thread::sleep(APART);
        rate_khz(begin, Moment::now())
    })
}

fn rate_khz(begin: Moment, end: Moment) -> Option<u64> {
    let ticks = end.ticks.checked_sub(begin.ticks)?;
    let uncertain = begin.within_ticks.checked_add(end.within_ticks)?.checked_mul(1_000_000)?;
    if ticks == 0 || uncertain / ticks > WORST_PPM {
        return None;
    }
    let passed_ns = end.clock.duration_since(begin.clock).as_nanos();
    u64::try_from(u128::from(ticks) * 1_000_000 / passed_ns.max(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_ticks_by_time_and_an_uncertain_one_is_none() {
        let clock = Instant::now();
        let begin = Moment { ticks: 1_000, clock, within_ticks: 100 };
        let end = |ticks, within_ticks| Moment { ticks, clock: clock + APART, within_ticks };
        assert_eq!(rate_khz(begin, end(60_001_000, 100)), Some(3_000_000));
        assert_eq!(rate_khz(begin, end(60_001_000, 20_000)), None);
        assert_eq!(rate_khz(begin, end(999, 100)), None);
        assert_eq!(rate_khz(begin, end(1_000, 100)), None);
    }

    #[test]
    fn two_measurements_agree_on_a_busy_machine() {
        let busy: Vec<_> = (0..4)
            .map(|_| {
                let until = Instant::now() + Duration::from_millis(300);
                thread::spawn(move || while Instant::now() < until {})
            })
            .collect();
        let measured: Vec<u64> = (0..3)
            .filter_map(|_| {
                let begin = Moment::now();
                thread::sleep(APART);
                rate_khz(begin, Moment::now())
            })
            .collect();
        busy.into_iter().for_each(|thread| thread.join().unwrap());
        let (Some(low), Some(high)) = (measured.iter().min(), measured.iter().max()) else {
            panic!("no measurement was precise enough");
        };
        assert!((high - low) * 1_000_000 / low <= WORST_PPM, "{measured:?}");
    }
}
