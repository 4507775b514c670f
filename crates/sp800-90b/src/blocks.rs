// SPDX-License-Identifier: MIT OR Apache-2.0
//! A long capture block by block: does the source keep its entropy, and which stretch has the least?

use crate::control::Control;
use crate::track::{AssessError, Track, assess_with};
use crate::{Assessment, Symbols};

/// A block of this length is what SP 800-90B §3.1.1 asks for.
pub const BLOCK_SAMPLES: usize = 1_000_000;
/// A slope further from 0 than this many of its standard errors is called drift: two-sided probability 0.001.
const SIGNIFICANT: f64 = 3.29;

/// The assessments of all whole blocks of a capture.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct BlockAssessments {
    /// Samples in each block.
    pub block_samples: u64,
    /// Samples after the last whole block, which were not assessed.
    pub left_out_samples: u64,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// Blocks without an assessed value.
    pub without_value: u64,
    /// How the assessed values of the others are distributed; absent where there are none.
    pub spread: Option<Spread>,
    /// The change over the capture; absent where fewer than 3 blocks have a value.
    pub drift: Option<Drift>,
    /// The number of the block with the least value, from 0.
    pub worst: Option<u64>,
}

/// One block.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Block {
    /// Where it begins, in samples from the capture's first.
    pub first_sample: u64,
    /// Its assessment.
    pub assessment: Assessment,
}

/// The distribution of the blocks' min-entropy, bits per sample. Percentiles are those of the nearest rank.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names say it")]
pub struct Spread {
    pub least: f64,
    pub percentile_5: f64,
    pub percentile_25: f64,
    pub median: f64,
    pub percentile_75: f64,
    pub percentile_95: f64,
    pub largest: f64,
    pub mean: f64,
}

/// A straight line through the blocks' min-entropy, by least squares.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Drift {
    /// By how many bits per sample the min-entropy changes from one block to the next.
    pub bits_per_block: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// Whether the change is more than 3.29 standard errors from 0, which a steady source is with probability 0.001.
    pub significant: bool,
}

/// Assesses every whole block of `block_samples` samples by a track, each for itself, with the width of the capture.
///
/// # Errors
/// Returns an error if there is no whole block, if memory is short, or if it was cancelled.
pub fn assess_blocks(
    symbols: &Symbols,
    block_samples: usize,
    track: Track,
    control: &Control<'_>,
) -> Result<BlockAssessments, AssessError> {
    if block_samples == 0 || symbols.len() < block_samples {
        return Err(AssessError::NoBlock { samples: symbols.len(), block_samples });
    }
    let mut blocks = Vec::with_capacity(symbols.len() / block_samples);
    for (number, raw) in symbols.raw().chunks_exact(block_samples).enumerate() {
        let assessment = assess_with(&symbols.reordered(raw.to_vec()), track, control)?;
        blocks.push(Block { first_sample: (number * block_samples) as u64, assessment });
    }
    let values: Vec<(usize, f64)> = blocks
        .iter()
        .enumerate()
        .filter_map(|(number, block)| Some((number, block.assessment.min_entropy_bits_per_sample?)))
        .collect();
    let worst = values.iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|&(number, _)| number as u64);
    Ok(BlockAssessments {
        block_samples: block_samples as u64,
        left_out_samples: (symbols.len() % block_samples) as u64,
        without_value: (blocks.len() - values.len()) as u64,
        spread: spread(&values),
        drift: drift(&values),
        worst,
        blocks,
    })
}

fn spread(values: &[(usize, f64)]) -> Option<Spread> {
    let mut sorted: Vec<f64> = values.iter().map(|&(_, value)| value).collect();
    sorted.sort_by(f64::total_cmp);
    let rank =
        |percent: usize| sorted.get((percent * sorted.len()).div_ceil(100).max(1) - 1).copied();
    Some(Spread {
        least: rank(0)?,
        percentile_5: rank(5)?,
        percentile_25: rank(25)?,
        median: rank(50)?,
        percentile_75: rank(75)?,
        percentile_95: rank(95)?,
        largest: rank(100)?,
        mean: sorted.iter().sum::<f64>() / sorted.len() as f64,
    })
}

fn drift(values: &[(usize, f64)]) -> Option<Drift> {
    if values.len() < 3 {
        return None;
    }
    let n = values.len() as f64;
    let mean_x = values.iter().map(|&(x, _)| x as f64).sum::<f64>() / n;
    let mean_y = values.iter().map(|&(_, y)| y).sum::<f64>() / n;
    let (mut xx, mut xy) = (0.0, 0.0);
    for &(x, y) in values {
        xx += (x as f64 - mean_x).powi(2);
        xy += (x as f64 - mean_x) * (y - mean_y);
    }
    let bits_per_block = xy / xx;
    let left: f64 = values
        .iter()
        .map(|&(x, y)| (y - mean_y - bits_per_block * (x as f64 - mean_x)).powi(2))
        .sum();
    let standard_error = (left / (n - 2.0) / xx).sqrt();
    let significant = bits_per_block.abs() > SIGNIFICANT * standard_error;
    Some(Drift { bits_per_block, standard_error, significant })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits that are 1 with a probability that changes from block to block.
    fn capture(blocks: u32, of_256: impl Fn(u32) -> u32) -> Symbols {
        let mut state = 3_u32;
        let bits = (0..blocks * 7000 + 5).map(|at| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            u8::from(state >> 24 < of_256(at / 7000))
        });
        Symbols::new(bits.collect(), 1).unwrap()
    }

    #[test]
    fn drift_and_the_worst_block_are_found() {
        let blocks = |symbols: &Symbols| {
            assess_blocks(symbols, 7000, Track::Quick, &Control::default()).unwrap()
        };
        let drifting = blocks(&capture(12, |block| 130 + 8 * block));
        let drift = drifting.drift.unwrap();
        assert!(drift.significant && drift.bits_per_block < -0.02, "{drift:?}");
        assert_eq!((drifting.blocks.len(), drifting.left_out_samples), (12, 5));
        let steady = blocks(&capture(12, |block| if block == 7 { 230 } else { 140 }));
        assert!(!steady.drift.unwrap().significant, "{:?}", steady.drift);
        assert_eq!(steady.worst, Some(7));
        assert_eq!(steady.blocks[7].first_sample, 49_000);
        let spread = steady.spread.unwrap();
        assert_eq!(Some(spread.least), steady.blocks[7].assessment.min_entropy_bits_per_sample);
        assert!(
            spread.least < 0.3 && spread.median > 0.6 && spread.largest >= spread.percentile_95
        );
    }

    #[test]
    fn a_capture_shorter_than_a_block_is_an_error() {
        let symbols = capture(1, |_| 128);
        for block in [0, 7006] {
            let error = assess_blocks(&symbols, block, Track::Quick, &Control::default());
            assert!(matches!(error, Err(AssessError::NoBlock { .. })));
        }
    }
}
