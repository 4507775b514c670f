// SPDX-License-Identifier: GPL-2.0-or-later
//! 13: a health test for periods, with different lags and cutoffs.

use anyhow::{Context, Result, anyhow};
use chaos_core::{EntropySource, OnFailure, Params, Pattern, SyntheticClock, Workload};
use sp800_90b::health::adaptive_proportion_cutoff;

use crate::{Found, Guests};

const SAMPLES: usize = 100_000;
const WINDOW: usize = 512;
/// The engine's default claim, and its false-alarm probability for a window.
const CLAIM_BITS: f64 = 0.125;
const ALPHA: f64 = 1.0 / (1 << 30) as f64;

/// A window fails if, for one lag, too many of its samples equal the sample that lag earlier.
#[derive(Debug, Clone, Copy)]
struct PeriodTest {
    most_lag: usize,
    cutoff: usize,
}

impl PeriodTest {
    /// Windows that fail.
    fn failures(self, deltas: &[u64]) -> usize {
        let whole = deltas.get(self.most_lag..).unwrap_or_default().chunks_exact(WINDOW).count();
        (0..whole).filter(|window| self.fails(deltas, self.most_lag + window * WINDOW)).count()
    }

    fn fails(self, deltas: &[u64], begin: usize) -> bool {
        let end = begin + WINDOW;
        (1..=self.most_lag).any(|lag| {
            let (now, before) = (deltas.get(begin..end), deltas.get(begin - lag..end - lag));
            let pairs = now.unwrap_or_default().iter().zip(before.unwrap_or_default());
            pairs.filter(|(a, b)| a == b).count() >= self.cutoff
        })
    }
}

pub(super) fn run(_: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let by_claim = adaptive_proportion_cutoff(CLAIM_BITS, ALPHA, WINDOW as u32)
        .context("the cutoff for the claim")? as usize;
    let sources = sources()?;
    let mut rows = Vec::new();
    let mut failures = Vec::new();
    for (most_lag, cutoff, from) in [
        (32, by_claim, "claim and α"),
        (64, by_claim, "claim and α"),
        (64, WINDOW / 2, "half of the window"),
    ] {
        let test = PeriodTest { most_lag, cutoff };
        let counts: Vec<usize> = sources.iter().map(|(_, raw)| test.failures(raw)).collect();
        let mut row = vec![most_lag.to_string(), format!("{cutoff} ({from})")];
        row.extend(counts.iter().map(ToString::to_string));
        rows.push(row);
        failures.push(counts);
    }
    let heads: Vec<&str> =
        ["looks back", "cutoff"].into_iter().chain(sources.iter().map(|(name, _)| *name)).collect();
    let caption =
        format!("Windows of {WINDOW} that fail, of {} in {SAMPLES} samples", SAMPLES / WINDOW);
    found.table(&caption, &heads, rows);
    let seen = |test: usize| {
        let names = sources.iter().zip(&failures[test]).filter(|(_, count)| **count > 0);
        let names: Vec<&str> = names.map(|((name, _), _)| *name).collect();
        if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
    };
    found.conclusion = format!(
        "With lags up to 32 samples, the test fails on: {}. With lags up to 64: {}. With half of the window as its cutoff: {}. The coin \
         has 0.737 bits per sample and is not broken.",
        seen(0),
        seen(1),
        seen(2)
    );
    Ok(found)
}

/// Sources and their samples.
fn sources() -> Result<Vec<(&'static str, Vec<u64>)>> {
    let mut sources = Vec::new();
    for (name, pattern) in [
        ("period 16", Pattern::Period { period: 16 }),
        ("period 33", Pattern::Period { period: 33 }),
        ("period 65", Pattern::Period { period: 65 }),
        ("a known generator", Pattern::Noisy { spread_ticks: 1000 }),
    ] {
        sources.push((name, samples(pattern)?));
    }
    // One of two values, one of them 6 times in 10: min-entropy -log2(0.6) = 0.737.
    let noisy = samples(Pattern::Noisy { spread_ticks: 999 })?;
    sources
        .push(("a coin, 60 % heads", noisy.iter().map(|ticks| u64::from(*ticks < 700)).collect()));
    Ok(sources)
}

/// The engine's raw noise on such a clock.
fn samples(pattern: Pattern) -> Result<Vec<u64>> {
    let params =
        Params { workload: Workload::Pause, on_failure: OnFailure::Observe, ..Params::DEFAULT };
    let failed = |error| anyhow!("the engine on {pattern:?}: {error:?}");
    let clock = SyntheticClock::new(pattern, 0);
    let mut engine = EntropySource::new(clock, params, &mut []).map_err(failed)?;
    let mut raw = vec![0; SAMPLES];
    engine.raw(&mut raw).map_err(failed)?;
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_seen_if_the_test_looks_back_far_enough() {
        let period = |length: u64| (0..5000).map(|i| i % length).collect::<Vec<_>>();
        let test = |most_lag| PeriodTest { most_lag, cutoff: 500 };
        assert_eq!(test(32).failures(&period(33)), 0);
        assert_eq!(test(64).failures(&period(33)), (5000 - 64) / WINDOW);
        assert_eq!(test(64).failures(&period(65)), 0);
        assert_eq!(test(64).failures(&[]), 0);
    }

    #[test]
    fn a_cutoff_that_follows_from_the_claim_spares_an_honest_source() {
        let cutoff = adaptive_proportion_cutoff(CLAIM_BITS, ALPHA, WINDOW as u32).unwrap();
        let sources = sources().unwrap();
        let (name, coin) = sources.last().unwrap();
        let test = |cutoff| PeriodTest { most_lag: 64, cutoff };
        assert_eq!(test(cutoff as usize).failures(coin), 0, "{name}");
        assert!(test(WINDOW / 2).failures(coin) > 100, "{name}");
    }
}
