// SPDX-License-Identifier: GPL-2.0-or-later
//! `bench`: what each workload costs, on this machine and now.

use chaos_ffi::{Engine, EngineError, Params, Place};
use chaos_wire::{OnFailure, Workload};

use crate::engine::{self, WorkloadMemory};
use crate::platform::{Platform, say};

/// Samples and bytes are taken in rounds, each twice the one before, until a round is long enough to be measured.
const FIRST_ROUND: usize = 256;

/// Times raw noise and the stream for each workload, with the other settings as they are.
pub(super) fn run(
    platform: &mut impl Platform,
    params: &Params,
    memory: &mut WorkloadMemory,
    buffer: &mut [u64],
) {
    let Some(khz) = platform.counter_khz() else {
        say!(platform, "the timer stands still: there is nothing to measure the counter against");
        return;
    };
    say!(platform, "workload       samples/s    ticks/sample   stream kB/s");
    for workload in Workload::ALL {
        // What is measured is speed; a health test that fires here is for `health` to show.
        let params = Params { workload: *workload, on_failure: OnFailure::Observe, ..*params };
        let mut place = Place::new();
        let line = engine::start(&params, &mut place, memory, platform).and_then(|mut engine| {
            let raw = rate(khz, buffer, |piece| engine.raw(piece).map(|()| piece.len()))?;
            let stream = rate(khz, buffer, |piece| {
                let bytes = bytemuck::cast_slice_mut(piece);
                engine.stream(bytes).map(|()| bytes.len())
            })?;
            Ok((raw, stream))
        });
        match line {
            Ok((raw, stream)) => say!(
                platform,
                "{workload:<10} {:>13} {:>15} {:>13}",
                raw.per_second,
                raw.ticks_each,
                stream.per_second / 1000
            ),
            Err(failure) => say!(platform, "{workload:<10} {failure}"),
        }
        if platform.interrupt_requested() {
            say!(platform, "interrupted");
            return;
        }
    }
}

struct Rate {
    per_second: u64,
    ticks_each: u64,
}

/// Runs `take` on longer and longer pieces, until one takes a twentieth of a second or the buffer is full.
fn rate(
    khz: u64,
    buffer: &mut [u64],
    mut take: impl FnMut(&mut [u64]) -> Result<usize, EngineError>,
) -> Result<Rate, EngineError> {
    let enough_ticks = khz.saturating_mul(50);
    let mut words = FIRST_ROUND.min(buffer.len());
    loop {
        let begin = Engine::ticks();
        let units = take(&mut buffer[..words])? as u64;
        let ticks = Engine::ticks().wrapping_sub(begin).max(1);
        if ticks >= enough_ticks || words == buffer.len() {
            let per_second = u128::from(units) * u128::from(khz) * 1000 / u128::from(ticks);
            let per_second = u64::try_from(per_second).unwrap_or(u64::MAX);
            return Ok(Rate { per_second, ticks_each: ticks / units.max(1) });
        }
        words = (words * 2).min(buffer.len());
    }
}
