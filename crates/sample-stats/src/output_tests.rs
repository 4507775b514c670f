// SPDX-License-Identifier: GPL-2.0-or-later
//! Statistical output tests of a stream. They show that the mixer hides patterns well, and nothing about whether someone
//! can predict the bytes: a mixer over a clock that never varies passes them all.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

/// A good stream fails one test with this probability.
pub const ALPHA: f64 = 1e-6;
/// Fewer bytes than this test nothing.
pub const LEAST_BYTES: usize = 100_000;

/// All tests, in the order of the report.
#[must_use]
pub fn all(stream: &[u8]) -> [(&'static str, Option<Outcome>); 5] {
    [
        ("ones and zeros", ones(stream)),
        ("runs of equal bits", runs(stream)),
        ("byte values", bytes(stream)),
        ("pairs of bytes", pairs(stream)),
        ("repeated 64-bit words", repeats(stream)),
    ]
    .map(|(name, outcome)| {
        let sound = |it: &Outcome| it.statistic.is_finite() && it.p_value.is_finite();
        (name, outcome.filter(|it| stream.len() >= LEAST_BYTES && sound(it)))
    })
}

/// A statistic with its two-sided p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub statistic: f64,
    /// How often an ideal source gives a statistic at least as extreme.
    pub p_value: f64,
}

impl Outcome {
    /// Whether an ideal source gives such a statistic often enough.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.p_value >= ALPHA
    }
}

/// NIST SP 800-22 §2.1: the sum of bits as +1 and -1 over the root of their number is standard normal.
fn ones(stream: &[u8]) -> Option<Outcome> {
    let bits = stream.len() as f64 * 8.0;
    normal((2.0 * count_ones(stream) - bits) / bits.sqrt())
}

/// NIST SP 800-22 §2.3: places where a bit differs from the one before, given the share of ones.
fn runs(stream: &[u8]) -> Option<Outcome> {
    let bits = stream.len() as f64 * 8.0;
    let share = count_ones(stream) / bits;
    // Each byte with the last bit of the byte before it, so that no border is missed.
    let mut last = stream.first()? >> 7;
    let mut changes = 0u64;
    for byte in stream {
        changes += u64::from((byte ^ (byte >> 1 | (last << 7))).count_ones());
        last = byte & 1;
    }
    let expected = 2.0 * bits * share * (1.0 - share);
    normal((changes as f64 + 1.0 - expected) / (2.0 * bits.sqrt() * share * (1.0 - share)))
}

/// Pearson's chi-square over 256 byte values, as tool `ent` does.
fn bytes(stream: &[u8]) -> Option<Outcome> {
    let mut counts = vec![0u32; 256];
    stream.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    chi_square(&counts)
}

/// Pearson's chi-square over 65,536 pairs that do not overlap.
fn pairs(stream: &[u8]) -> Option<Outcome> {
    let mut counts = vec![0u32; 65_536];
    for pair in stream.chunks_exact(2) {
        counts[usize::from(u16::from_le_bytes([pair[0], pair[1]]))] += 1;
    }
    chi_square(&counts)
}

/// Words that occur again: about n^2 / 2^65 are expected of n words, next to none in any stream taken here.
fn repeats(stream: &[u8]) -> Option<Outcome> {
    let (words, _) = stream.as_chunks::<8>();
    let mut words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
    words.sort_unstable();
    let repeated = words.windows(2).filter(|pair| pair[0] == pair[1]).count() as f64;
    let expected = (words.len() as f64).powi(2) / 65f64.exp2();
    // Poisson: at least one with probability 1 - e^-expected, at least two below half its square.
    let p_value = match repeated as u64 {
        0 => 1.0,
        1 => -(-expected).exp_m1(),
        _ => expected * expected / 2.0,
    };
    Some(Outcome { statistic: repeated, p_value })
}

fn count_ones(stream: &[u8]) -> f64 {
    stream.iter().map(|byte| u64::from(byte.count_ones())).sum::<u64>() as f64
}

fn normal(z: f64) -> Option<Outcome> {
    // A stream of one bit value only has no spread; that is as far from normal as it gets.
    let z = if z.is_nan() { f64::MAX } else { z.clamp(-f64::MAX, f64::MAX) };
    Some(Outcome { statistic: z, p_value: 2.0 * Normal::standard().sf(z.abs()) })
}

fn chi_square(counts: &[u32]) -> Option<Outcome> {
    let expected = counts.iter().map(|count| f64::from(*count)).sum::<f64>() / counts.len() as f64;
    // The usual rule: at least 5 expected in each cell.
    if expected < 5.0 {
        return None;
    }
    let statistic: f64 =
        counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let chi = ChiSquared::new(counts.len() as f64 - 1.0).ok()?;
    Some(Outcome { statistic, p_value: 2.0 * chi.sf(statistic).min(chi.cdf(statistic)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SplitMix64` over a counter: no entropy at all, and it looks random.
    fn counter_stream(len: usize) -> Vec<u8> {
        (1..=len as u64 / 8)
            .flat_map(|i| {
                let mut z = i.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                (z ^ (z >> 31)).to_le_bytes()
            })
            .collect()
    }

    fn passed(stream: &[u8], name: &str) -> Option<bool> {
        let (_, outcome) =
            all(stream).into_iter().find(|it| it.0 == name).expect("the test exists");
        outcome.as_ref().map(Outcome::passed)
    }

    #[test]
    fn a_counter_behind_a_mixer_passes_everything() {
        for (name, outcome) in all(&counter_stream(1 << 20)) {
            assert!(outcome.expect("it was computed").passed(), "{name}: {outcome:?}");
        }
    }

    #[test]
    fn each_test_fails_on_what_it_looks_for() {
        let good = counter_stream(1 << 20);
        let zeros = vec![0u8; 1 << 20];
        for (name, outcome) in all(&zeros) {
            assert!(!outcome.expect("it was computed").passed(), "{name}: {outcome:?}");
        }
        let mut biased = good.clone();
        biased.iter_mut().step_by(50).for_each(|byte| *byte |= 0x80);
        assert_eq!(passed(&biased, "ones and zeros"), Some(false));
        let alternating = vec![0x55u8; 1 << 20];
        assert_eq!(passed(&alternating, "ones and zeros"), Some(true));
        assert_eq!(passed(&alternating, "runs of equal bits"), Some(false));
        let mut missing = good.clone();
        missing.iter_mut().filter(|byte| **byte == 7).for_each(|byte| *byte = 8);
        assert_eq!(passed(&missing, "byte values"), Some(false));
        let doubled: Vec<u8> = good[..1 << 19].iter().flat_map(|byte| [*byte, *byte]).collect();
        assert_eq!(passed(&doubled, "pairs of bytes"), Some(false));
        let again = [&good[..1 << 19], &good[..1 << 19]].concat();
        assert_eq!(passed(&again, "repeated 64-bit words"), Some(false));
    }

    #[test]
    fn too_few_bytes_have_no_outcome() {
        assert!(all(&[0; 1_000]).iter().all(|(_, outcome)| outcome.is_none()));
        assert!(all(&[]).iter().all(|(_, outcome)| outcome.is_none()));
    }
}
