// SPDX-License-Identifier: GPL-2.0-or-later
//! The interrupt table, and what handlers must leave alone.

use core::arch::asm;

use baremetal::selftest::ensure;
use chaos_ffi::Engine;
use chaos_wire::Timer;
use x86_64::instructions::interrupts::int3;

use crate::interrupts::{breakpoints_seen, pit};

pub(super) fn breakpoint() -> Result<(), &'static str> {
    let (before, _) = breakpoints_seen();
    int3();
    let (after, rip) = breakpoints_seen();
    ensure(after == before + 1, "it was not counted")?;
    let text = crate::memory::layout::text();
    ensure((text.start..text.end).contains(&rip), "its address is not in the code")
}

pub(super) fn state_survives() -> Result<(), &'static str> {
    let pattern: u64 = 0x0123_4567_89ab_cdef;
    let (kept_xmm, kept_red_zone): (u64, u64);
    // SAFETY: the breakpoint's handler returns; the red zone below the stack pointer belongs to this function, as
    // the asm block is not marked `nostack` and the compiler keeps its own data above it.
    unsafe {
        asm!(
            "movq xmm0, {pattern}",
            "mov [rsp - 8], {pattern}",
            "int3",
            "movq {xmm}, xmm0",
            "mov {red}, [rsp - 8]",
            pattern = in(reg) pattern,
            xmm = out(reg) kept_xmm,
            red = out(reg) kept_red_zone,
            out("xmm0") _,
        );
    }
    ensure(kept_xmm == pattern, "xmm0 was changed")?;
    ensure(kept_red_zone == pattern, "the red zone was changed")
}

pub(super) fn timer() -> Result<(), &'static str> {
    // A host that is busy elsewhere delivers late.
    const WAIT_MS: u64 = 5_000;
    let before = pit::interrupts_taken();
    let measured = pit::measure(30_000, Engine::ticks).ok_or("it stands still")?;
    ensure(pit::interrupts_taken() == before, "one came while it was off")?;
    let wait_ticks = WAIT_MS * measured.counter_khz();
    let came = pit::with_timer(Timer::Hz1000, || {
        let begin = Engine::ticks();
        while Engine::ticks() - begin < wait_ticks {
            if pit::interrupts_taken() > before + 1 {
                return true;
            }
        }
        false
    });
    ensure(came, "none came at 1000 Hz")?;
    let before = pit::interrupts_taken();
    let _ = pit::measure(30_000, || 0);
    ensure(pit::interrupts_taken() == before, "one came after it")
}
