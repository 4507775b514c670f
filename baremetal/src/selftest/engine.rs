// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine through its C face, on the real counter. What its bytes must be for a known clock is tested on the host;
//! here it is the linked object that is shown to work.

use alloc::vec;

use chaos_ffi::{Engine, Params, check};
use chaos_wire::{Parameter, State};

use super::ensure;

const FAILED: &str = "the engine failed";

pub(super) fn clock() -> Result<(), &'static str> {
    const READINGS_MAX: u32 = 1_000_000;
    let first = Engine::ticks();
    let moved = (0..READINGS_MAX).map(|_| Engine::ticks()).find(|ticks| *ticks != first);
    ensure(moved.is_some_and(|ticks| ticks > first), "it stands still or steps back")
}

pub(super) fn parameters() -> Result<(), &'static str> {
    let good = Params::default().numbers();
    ensure(check(&good).is_ok(), "its own defaults")?;
    let refused = Parameter::ALL.iter().all(|&parameter| {
        let mut numbers = good;
        numbers[parameter as usize] = 100_000;
        check(&numbers) == Err(parameter)
    });
    ensure(refused, "one was accepted")
}

pub(super) fn raw(engine: &mut Engine<'_>) -> Result<(), &'static str> {
    let mut deltas = vec![0; 2048];
    let begin = Engine::ticks();
    engine.raw(&mut deltas).map_err(|_| FAILED)?;
    let passed = Engine::ticks() - begin;
    ensure(deltas.iter().all(|delta| *delta > 0), "a delta is 0")?;
    ensure(deltas.iter().sum::<u64>() <= passed, "the deltas are more than the time that passed")
}

pub(super) fn stream(engine: &mut Engine<'_>) -> Result<(), &'static str> {
    let mut bytes = vec![0; 4096];
    // 1, 2, 3, … bytes: every alignment to the words of the mixer.
    let mut rest = &mut bytes[..];
    for len in 1.. {
        let (piece, after) = rest.split_at_mut(usize::min(len, rest.len()));
        engine.stream(piece).map_err(|_| FAILED)?;
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    let (words, _) = bytes.as_chunks::<8>();
    let repeats = words.iter().enumerate().any(|(index, word)| words[..index].contains(word));
    ensure(!repeats, "eight bytes came twice")
}

pub(super) fn seed(engine: &mut Engine<'_>) -> Result<(), &'static str> {
    let mut seeds = [[0; 32]; 2];
    for seed in &mut seeds {
        engine.seed(seed).map_err(|_| FAILED)?;
    }
    ensure(seeds[0] != seeds[1] && seeds[0] != [0; 32], "two are equal")
}

pub(super) fn restart(engine: &mut Engine<'_>) -> Result<(), &'static str> {
    engine.restart().map_err(|_| FAILED)?;
    let after = engine.health().map_err(|_| FAILED)?;
    ensure(after.is(State::Healthy), "the noise source is not healthy after it")?;
    engine.raw(&mut [0; 100]).map_err(|_| FAILED)?;
    let later = engine.health().map_err(|_| FAILED)?;
    ensure(later.samples >= after.samples + 100, "the health tests did not see its samples")
}
