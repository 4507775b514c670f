// SPDX-License-Identifier: GPL-2.0-or-later
//! 7: clocks that are broken in known ways, and the health test that detects it, if any.

use anyhow::Result;
use chaos_core::{
    EntropySource, Error, HealthTest, OnFailure, Params, Pattern, SyntheticClock, Workload,
};

use crate::{Found, Guests};

const SAMPLES: usize = 100_000;

/// These clocks are independent of the workload.
const PAUSE: Params = Params { workload: Workload::Pause, ..Params::DEFAULT };

/// The clocks, and the fault of each.
const CLOCKS: [(&str, Pattern); 12] = [
    ("stands still", Pattern::Stuck),
    ("each delta is 100", Pattern::Step { delta_ticks: 100 }),
    ("16 deltas, repeated", Pattern::Period { period: 16 }),
    ("33 deltas, repeated", Pattern::Period { period: 33 }),
    ("each delta is 3 longer", Pattern::Ramp { growth_ticks: 3 }),
    ("moves at every 100th read", Pattern::Coarse { reads: 100 }),
    ("goes backwards", Pattern::Backwards),
    ("two deltas, one of them rare", Pattern::Biased { once_in: 1000 }),
    ("the count of reads, cubed", Pattern::Cubic),
    ("a hash in the low 8 bits", Pattern::HashedLowBits { bits: 8 }),
    ("Fibonacci numbers, bounded", Pattern::Fibonacci { bound_ticks: 10_007 }),
    ("a known generator", Pattern::Noisy { spread_ticks: 1000 }),
];

pub(super) fn run(_: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let (mut rows, mut unseen) = (Vec::new(), Vec::new());
    for (name, pattern) in CLOCKS {
        let clock = SyntheticClock::new(pattern, 0);
        let refused = EntropySource::new(clock.clone(), PAUSE, &mut []).err();
        let observed = observe(clock);
        if refused == Some(Error::ClockIgnoresWork) && observed.is_empty() {
            unseen.push(name);
        }
        rows.push(vec![
            name.to_owned(),
            refused.map_or_else(|| "nothing".to_owned(), words),
            if observed.is_empty() { "nothing".to_owned() } else { observed.join(", ") },
        ]);
    }
    let heads = ["clock", "rejected at startup by", "health tests that fail in 100,000 samples"];
    found.table("Clocks without entropy, and the engine's reaction", &heads, rows);
    found.conclusion = format!(
        "No health test detects {} of the {} clocks: {}. Only the startup check detects them: they do not follow the work. A host \
         that knows the check could make a clock that passes it.",
        unseen.len(),
        CLOCKS.len(),
        unseen.join("; ")
    );
    Ok(found)
}

/// The tests that fire while an engine in observe mode takes samples.
fn observe(clock: SyntheticClock) -> Vec<String> {
    let params = Params { on_failure: OnFailure::Observe, ..PAUSE };
    let mut engine = match EntropySource::new(clock, params, &mut []) {
        Ok(engine) => engine,
        Err(error) => return vec![words(error)],
    };
    let stopped = engine.raw(&mut vec![0; SAMPLES]).err().map(words);
    let health = engine.health();
    let fired = [
        ("repetition count", health.repetition_count_failures),
        ("adaptive proportion", health.adaptive_proportion_failures),
        ("lag predictor", health.lag_predictor_failures),
        ("stuck", health.stuck_failures),
    ];
    let fired = fired.into_iter().filter(|(_, failures)| *failures > 0);
    stopped.into_iter().chain(fired.map(|(name, failures)| format!("{name} {failures}×"))).collect()
}

/// The rejecting check, in a few words.
fn words(error: Error) -> String {
    let test = match error {
        Error::Startup { test } => Some(test),
        _ => HealthTest::of(error),
    };
    match test {
        Some(HealthTest::RepetitionCount) => "repetition count".to_owned(),
        Some(HealthTest::AdaptiveProportion) => "adaptive proportion".to_owned(),
        Some(HealthTest::LagPredictor) => "lag predictor".to_owned(),
        Some(HealthTest::Stuck) => "stuck".to_owned(),
        // The clause with the finding, without operation and remedy.
        None => {
            let text = error.to_string();
            let seen = text.split(';').next().unwrap_or_default();
            seen.split_once(": ").map_or(seen, |(_, seen)| seen).to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_health_tests_are_for_is_caught_and_a_known_generator_is_not() {
        let fired = |pattern| observe(SyntheticClock::new(pattern, 0)).join(" ");
        assert!(fired(Pattern::Period { period: 16 }).contains("lag predictor"));
        assert!(fired(Pattern::Step { delta_ticks: 100 }).contains("repetition count"));
        assert!(fired(Pattern::Ramp { growth_ticks: 3 }).contains("stuck"));
        assert_eq!(fired(Pattern::Noisy { spread_ticks: 1000 }), "");
    }
}
