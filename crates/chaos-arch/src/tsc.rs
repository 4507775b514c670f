// SPDX-License-Identifier: GPL-2.0-or-later
//! The time stamp counter of x86-64 as a [`Clock`], and the operations that are timed with it. Written as assembly
//! because the engine's object is built without SSE, into which the intrinsics of `core::arch` could not be inlined.

use core::arch::asm;
use core::arch::x86_64::__cpuid;

use chaos_core::clock::{BUFFER_LEAD_IN_SAMPLES, Line};
use chaos_core::{Clock, ClockKind, Workload};

use crate::real_time_clock;

/// The counter of the processor that runs this code.
#[derive(Debug, Clone, Copy, Default)]
pub struct TscClock;

/// CPUID leaf 1, EDX: the instruction clflush.
const CLFLUSH: u32 = 1 << 19;

impl TscClock {
    /// Reads the counter: ticks since some moment, usually power on.
    #[inline(always)]
    #[must_use]
    pub fn now_ticks() -> u64 {
        let (low, high): (u32, u32);
        // The fence makes the read wait for everything before it (Intel SDM vol. 2B, RDTSC).
        // SAFETY: neither instruction touches memory or the stack, and the two registers written are declared.
        // rdtsc faults only where CR4.TSD keeps it from userland, which ends that program and breaks no memory.
        unsafe {
            asm!("lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags));
        }
        u64::from(high) << 32 | u64::from(low)
    }
}

impl Clock for TscClock {
    /// As measured (docs/noise.md): on hardware, plain arithmetic stands out in the first two samples after other work, and
    /// the other workloads in none. Under an emulator the host's caches and branch predictor have to learn the loop again:
    /// after 4 samples, shares still differed by up to 3 percentage points, after 16 by less than 1. `pause` leaves the
    /// emulator's loop for its main loop each time; there 2 points were left after 16 samples, and less than 1 after 64. On a
    /// quiet host, one value of `pause` was missing in up to 100 samples after other work.
    #[inline(always)]
    fn lead_in_samples(&self, workload: Workload) -> usize {
        if matches!(workload, Workload::Pause) { 128 } else { BUFFER_LEAD_IN_SAMPLES }
    }

    #[inline(always)]
    fn begin(&mut self) -> u64 {
        let (low, high): (u32, u32);
        // mfence: the stores before, such as that of the last sample, have left the store buffer. The last fence keeps the
        // interval's own work behind the read.
        // SAFETY: as for `now_ticks`; the fences change nothing but the order.
        unsafe {
            asm!(
                "mfence", "lfence", "rdtsc", "lfence",
                out("eax") low, out("edx") high, options(nostack, preserves_flags)
            );
        }
        u64::from(high) << 32 | u64::from(low)
    }

    #[inline(always)]
    fn ticks(&mut self) -> u64 {
        Self::now_ticks()
    }

    #[inline(always)]
    fn relax(&mut self) {
        // SAFETY: pause is a hint to the processor; it changes no memory and no register.
        unsafe { asm!("pause", options(nostack, preserves_flags)) };
    }

    /// `movnti` is part of x86-64 and uses no SSE register. It evicts the line if a cache has it (Intel SDM vol. 1,
    /// 10.4.6.2), so that the load after the fence goes to memory.
    #[inline(always)]
    fn store_and_load(&mut self, line: &mut Line) {
        // SAFETY: the line is borrowed mutably, so that its first 8 bytes may be written and read.
        unsafe {
            asm!(
                "movnti [{line}], {value}", "mfence", "mov {value}, [{line}]",
                line = in(reg) line, value = inout(reg) 0_u64 => _, options(nostack, preserves_flags)
            );
        }
    }

    #[inline(always)]
    fn flush_and_load(&mut self, line: &mut Line) {
        // SAFETY: the line is borrowed, so that its first 8 bytes may be read; clflush writes a changed line back to memory first.
        // Without the instruction, which `supports` tells, it is an exception and no memory is touched.
        unsafe {
            asm!(
                "clflush [{line}]", "mfence", "mov {value}, [{line}]",
                line = in(reg) line, value = out(reg) _, options(nostack, preserves_flags)
            );
        }
    }

    #[inline(always)]
    fn wait_for_real_time_clock(&mut self) -> bool {
        real_time_clock::wait()
    }

    fn supports(&self, workload: Workload) -> bool {
        match workload {
            Workload::Flush => __cpuid(1).edx & CLFLUSH != 0,
            Workload::Rtc => real_time_clock::ticks_fast(),
            Workload::Pause | Workload::Dram | Workload::HashBranchy => true,
        }
    }

    /// A unit is one multiplication that waits for the one before it: 3 or 4 cycles on the processors at hand.
    #[inline(never)]
    fn time_work(&mut self, units: u32) -> u64 {
        let begin = self.begin();
        // SAFETY: registers only, and those written are declared. `units` of 0 is taken as 1.
        unsafe {
            asm!(
                "2:", "imul {value}, {value}", "sub {left:e}, 1", "jnz 2b",
                value = inout(reg) 3_u64 => _, left = inout(reg) units.max(1) => _, options(nomem, nostack)
            );
        }
        self.ticks().wrapping_sub(begin)
    }

    fn kind(&self) -> ClockKind {
        ClockKind::Counter
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_runs_forward_over_a_wait() {
        let mut clock = TscClock;
        let begin = clock.begin();
        for _ in 0..1_000 {
            clock.relax();
        }
        let passed = clock.ticks().wrapping_sub(begin);
        // A thousand waits take a microsecond at least and, on any busy machine, less than minutes.
        assert!((1_000..1 << 40).contains(&passed), "{passed} ticks");
        assert_eq!(clock.kind(), ClockKind::Counter);
    }

    #[test]
    fn the_counter_follows_the_work() {
        // The fastest of 50 tries: the others had interrupts in them.
        let fastest = |units| (0..50).map(|_| TscClock.time_work(units)).min().unwrap();
        let (once, twice) = (fastest(10_000), fastest(20_000));
        assert!(once * 3 / 2 < twice && twice < once * 3, "{once} and {twice} ticks");
    }

    #[test]
    fn the_lines_timed_keep_or_get_what_they_should() {
        let mut line = [7; 64];
        TscClock.flush_and_load(&mut line);
        assert_eq!(line, [7; 64]);
        TscClock.store_and_load(&mut line);
        assert!(line[..8] == [0; 8] && line[8..] == [7; 56], "{line:?}");
    }

    #[test]
    fn a_line_in_memory_takes_longer_than_a_line_in_the_cache() {
        let mut line = [7; 64];
        let mut fastest = |step: fn(&mut Line)| {
            let timed = (0..1_000).map(|_| {
                let begin = TscClock.begin();
                step(&mut line);
                TscClock.ticks().wrapping_sub(begin)
            });
            timed.min().unwrap()
        };
        let cached = fastest(|line| *core::hint::black_box(line) = [7; 64]);
        let flushed = fastest(|line| TscClock.flush_and_load(line));
        let stored = fastest(|line| TscClock.store_and_load(line));
        assert!(flushed > 2 * cached && stored > 2 * cached, "{cached}, {flushed}, {stored} ticks");
    }
}
