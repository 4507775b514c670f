// SPDX-License-Identifier: GPL-2.0-or-later
//! The time stamp counter of x86-64 as a [`Clock`].

use core::arch::asm;

use chaos_core::{Clock, ClockKind};

/// `lfence; rdtsc` for a read and `pause` for the wait between two. Written as assembly because the engine's
/// object is built without SSE, into which the intrinsics of `core::arch` could not be inlined.
#[derive(Debug, Clone, Copy, Default)]
pub struct TscClock;

impl TscClock {
    /// Reads the counter: ticks since some moment, usually power on.
    #[inline(always)]
    #[must_use]
    pub fn now_ticks() -> u64 {
        let (low, high): (u32, u32);
        // The fence makes the read wait for the workload step before it (Intel SDM vol. 2B, RDTSC).
        // SAFETY: neither instruction touches memory or the stack, and the two registers written are declared.
        // rdtsc faults only where CR4.TSD keeps it from userland, which ends that program and breaks no memory.
        unsafe {
            asm!("lfence", "rdtsc", out("eax") low, out("edx") high, options(nostack, preserves_flags));
        }
        u64::from(high) << 32 | u64::from(low)
    }
}

impl Clock for TscClock {
    #[inline(always)]
    fn ticks(&mut self) -> u64 {
        Self::now_ticks()
    }

    #[inline(always)]
    fn relax(&mut self) {
        // SAFETY: pause is a hint to the processor; it changes no memory and no register.
        unsafe { asm!("pause", options(nostack, preserves_flags)) };
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
        let begin = clock.ticks();
        for _ in 0..1_000 {
            clock.relax();
        }
        let passed = clock.ticks().wrapping_sub(begin);
        // A thousand waits take a microsecond at least and, on any busy machine, less than minutes.
        assert!((1_000..1 << 40).contains(&passed), "{passed} ticks");
        assert_eq!(clock.kind(), ClockKind::Counter);
    }
}
