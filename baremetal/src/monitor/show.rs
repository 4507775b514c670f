// SPDX-License-Identifier: GPL-2.0-or-later
//! `health`, `clock` and `cpu`: what there is to know without sampling.

use chaos_ffi::{Engine, EngineError};
use chaos_view::histogram::Summary;

use super::Session;
use crate::cpu;
use crate::machine;
use crate::platform::{Platform, say};

/// Readings of the counter that `clock` looks at.
const READINGS: usize = 1024;

impl<P: Platform> Session<'_, P> {
    pub(super) fn health(&mut self) -> Result<(), EngineError> {
        let engine = self.engine.as_mut().map_err(|failure| *failure)?;
        let interrupts_taken = self.platform.interrupts_taken();
        // The console's writes do not fail.
        let _ = machine::health(engine, interrupts_taken, self.platform);
        Ok(())
    }
}

pub(super) fn cpu(platform: &mut impl Platform) {
    // As above.
    let _ = cpu::identify(platform);
}

/// Reads the counter back to back: the smallest step that one sees is what a tick is. Once as the engine does it, and once
/// without the fence that makes the instructions before it end first.
pub(super) fn clock(platform: &mut impl Platform) {
    let (mut fenced, mut unfenced) = ([0; READINGS], [0; READINGS]);
    let now = back_to_back(&mut fenced, Engine::ticks);
    say!(platform, "counter    lfence; rdtsc, now at {now}");
    back_to_back(&mut unfenced, || platform.unfenced_ticks());
    for (what, deltas) in [("back to back", &fenced), ("without lfence", &unfenced)] {
        let Some(summary) = Summary::of(deltas) else { continue };
        let Summary { min_ticks, mean_ticks, max_ticks, gcd_ticks, .. } = summary;
        say!(
            platform,
            "{what}, {READINGS} readings: min {min_ticks}  mean {mean_ticks}  max {max_ticks}  gcd {gcd_ticks} ticks"
        );
    }
    match platform.counter_khz() {
        Some(khz) => {
            say!(platform, "frequency  {}.{:03} MHz, against the timer", khz / 1000, khz % 1000);
        }
        None => say!(platform, "frequency  unknown: the timer stands still"),
    }
}

/// Fills `deltas` with the steps from one reading to the next; the last reading.
fn back_to_back(deltas: &mut [u64], mut read: impl FnMut() -> u64) -> u64 {
    let mut last = read();
    for delta in deltas {
        let now = read();
        *delta = now.wrapping_sub(last);
        last = now;
    }
    last
}
