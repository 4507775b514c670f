// SPDX-License-Identifier: GPL-2.0-or-later
//! 11: sources of known min-entropy, and their assessment by SP 800-90B's estimators.

use anyhow::{Context, Result};
use sp800_90b::{Symbols, Track, assess};

use crate::{Found, Guests};

const SAMPLES: usize = 200_000;

/// `SplitMix64`: fully predictable with its seed; without the seed it looks random.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns true with this probability.
    fn chance(&mut self, p: f64) -> bool {
        ((self.next() >> 11) as f64) < p * (1_u64 << 53) as f64
    }
}

/// A source: its name, the width of its symbols, its true min-entropy in bits per sample, and its rule.
type Source = (&'static str, u8, f64, fn(&mut Generator, &mut u8) -> u8);

/// The first ones are drawn from a generator that represents true randomness; the last two follow known rules.
fn sources() -> [Source; 6] {
    [
        ("a fair coin", 1, 1.0, |dice, _| u8::from(dice.chance(0.5))),
        ("a coin with 60 % heads", 1, -(0.6_f64.log2()), |dice, _| u8::from(dice.chance(0.6))),
        ("a coin that keeps its side 9 times in 10", 1, -(0.9_f64.log2()), |dice, last| {
            *last ^= u8::from(dice.chance(0.1));
            *last
        }),
        ("a fair byte", 8, 8.0, |dice, _| dice.next() as u8),
        ("a counter", 8, 0.0, |_, last| {
            *last = last.wrapping_add(1);
            *last
        }),
        ("bytes of a generator whose seed is in this program", 8, 0.0, |dice, _| dice.next() as u8),
    ]
}

pub(super) fn run(_: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let (mut rows, mut below, mut above) = (Vec::new(), Vec::new(), Vec::new());
    for (seed, (name, bits, truth, rule)) in (1_u64..).zip(sources()) {
        let (assessed, estimator) = assessed(seed, bits, rule)?;
        rows.push(vec![
            name.to_owned(),
            bits.to_string(),
            format!("{truth:.3}"),
            format!("{assessed:.3}"),
            format!("{:+.3}", assessed - truth),
            estimator,
        ]);
        if assessed < truth {
            below.push(name);
        } else if assessed > truth {
            above.push(name);
        }
    }
    let heads = [
        "source",
        "bits in a symbol",
        "truth (bits/sample)",
        "assessed (bits/sample)",
        "difference",
        "set by",
    ];
    found.table(&format!("{SAMPLES} samples of each, all ten estimators"), &heads, rows);
    let named = |names: &[&str]| {
        if names.is_empty() { "none".to_owned() } else { names.join("; ") }
    };
    found.conclusion = format!(
        "Assessed below the truth: {}. Assessed above it: {}.",
        named(&below),
        named(&above)
    );
    Ok(found)
}

/// The assessment of a source in bits per sample, and the estimator that determines it.
fn assessed(seed: u64, bits: u8, rule: fn(&mut Generator, &mut u8) -> u8) -> Result<(f64, String)> {
    let (mut dice, mut last) = (Generator(seed), 0);
    let raw = (0..SAMPLES).map(|_| rule(&mut dice, &mut last)).collect();
    let symbols = Symbols::new(raw, bits).context("making symbols")?;
    let found = assess(&symbols, Track::NonIid).context("assessing a known source")?;
    let bits = found.min_entropy_bits_per_sample.context("a known source has no assessment")?;
    let estimator = found.binding.map_or_else(String::new, |binding| binding.estimator);
    Ok((bits, estimator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn honest_sources_are_assessed_below_their_truth_and_a_known_generator_far_above() {
        for (seed, (name, bits, truth, rule)) in (1_u64..).zip(sources()) {
            let (assessed, _) = assessed(seed, bits, rule).unwrap();
            match name {
                "a counter" => assert!(assessed < 0.01, "{name}: {assessed}"),
                _ if truth == 0.0 => assert!(assessed > 5.0, "{name}: {assessed}"),
                _ => assert!(assessed < truth && assessed > 0.4 * truth, "{name}: {assessed}"),
            }
        }
    }
}
