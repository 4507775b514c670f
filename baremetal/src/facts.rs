// SPDX-License-Identifier: GPL-2.0-or-later
//! What the machine and the engine say of themselves, as `key=value` lines: the meta and health frames have them,
//! and the monitor shows them.

use core::fmt::{self, Write};

use chaos_ffi::Engine;

use crate::devices::pci::PortAccess;
use crate::interrupts::pit;
use crate::memory::{frames, layout};

pub(crate) mod cpu;

/// 2 ms of the timer's input clock: long against a reading of it, short against a boot.
const MEASURED_PERIODS: u16 = 2_386;

/// The machine: CPU, hypervisor, counter, memory.
pub(crate) fn machine(lines: &mut dyn Write) -> fmt::Result {
    let (free_bytes, _) = frames::free();
    writeln!(lines, "kernel=µChaos microkernel {}", env!("CARGO_PKG_VERSION"))?;
    cpu::identify(lines)?;
    writeln!(lines, "bus={}", if PortAccess::find().is_some() { "pci" } else { "virtio-mmio" })?;
    match counter_khz() {
        Some(khz) => writeln!(lines, "counter_khz={khz}")?,
        None => writeln!(lines, "counter_khz=unknown")?,
    }
    writeln!(lines, "kernel_bytes={}", layout::image().len())?;
    writeln!(lines, "free_bytes={free_bytes}")
}

/// The counter's frequency against the interval timer; `None` where that stands still.
pub(crate) fn counter_khz() -> Option<u64> {
    pit::measure(MEASURED_PERIODS, Engine::ticks).map(|measured| measured.counter_khz())
}

/// The health tests: counters, cutoffs, state.
pub(crate) fn health(engine: &Engine<'_>, lines: &mut dyn Write) -> fmt::Result {
    let health = engine.health().unwrap_or_default();
    let states = ["starting", "healthy", "intermittent failure", "permanent failure"];
    let state = states.get(health.state as usize).copied().unwrap_or("unknown");
    writeln!(lines, "state={state}")?;
    if health.last_error != 0 {
        writeln!(lines, "last_error={}", chaos_ffi::Failure(health.last_error))?;
    }
    let counts = [
        ("samples", health.samples),
        ("repetition_count_failures", health.repetition_count_failures),
        ("adaptive_proportion_failures", health.adaptive_proportion_failures),
        ("lag_predictor_failures", health.lag_predictor_failures),
        ("stuck_failures", health.stuck_failures),
        ("stuck_samples", health.stuck_samples),
        ("backward_steps", health.backward_steps),
        ("repeated_reads", health.repeated_reads),
        ("repetition_count_cutoff", health.repetition_count_cutoff.into()),
        ("adaptive_proportion_window", health.adaptive_proportion_window.into()),
        ("adaptive_proportion_cutoff", health.adaptive_proportion_cutoff.into()),
        ("prediction_run_cutoff", health.prediction_run_cutoff.into()),
        ("prediction_count_cutoff", health.prediction_count_cutoff.into()),
        ("claim_millibits", health.claim_millibits.into()),
        ("enforce", health.enforce.into()),
        ("fresh_microbits_per_output_bit", health.fresh_microbits_per_output_bit.into()),
        ("timer_interrupts", pit::interrupts_taken()),
    ];
    counts.iter().try_for_each(|(key, value)| writeln!(lines, "{key}={value}"))
}
