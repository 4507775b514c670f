// SPDX-License-Identifier: MIT OR Apache-2.0
//! Symbols out of clock ticks: the counter's step carries no entropy, so it is divided out first.

use super::{CounterStep, Symbols};

/// A width that low bits of ticks cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{bits} low bits of a delta cannot be assessed: SP 800-90B takes 1 to 8 bits")]
pub struct LowBitsError {
    /// The width asked for.
    pub bits: u8,
}

/// Symbols made of deltas, and how they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TickSymbols {
    /// The low bits of each delta after the division.
    pub symbols: Symbols,
    /// What was divided out.
    pub step: CounterStep,
    /// Which deltas were seen.
    pub range: TickRange,
}

/// The range of the deltas, and how many of them the low bits do not hold whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TickRange {
    /// The smallest delta in ticks; 0 where there are none.
    pub min_ticks: u64,
    /// The largest delta in ticks; 0 where there are none.
    pub max_ticks: u64,
    /// Deltas whose quotient has more bits than a symbol: their high bits were cut off.
    pub cut_samples: usize,
}

/// Divides `delta_ticks` by the counter's step and keeps the low 8 bits of each quotient.
#[must_use]
pub fn from_ticks(delta_ticks: &[u64]) -> TickSymbols {
    keep_low_bits(delta_ticks, 8)
}

/// Divides `delta_ticks` by the counter's step and keeps the low `bits` bits of each quotient.
///
/// # Errors
/// [`LowBitsError`] for a width outside 1 to 8.
pub fn from_ticks_low_bits(delta_ticks: &[u64], bits: u8) -> Result<TickSymbols, LowBitsError> {
    if !(1..=8).contains(&bits) {
        return Err(LowBitsError { bits });
    }
    Ok(keep_low_bits(delta_ticks, bits))
}

fn keep_low_bits(delta_ticks: &[u64], bits: u8) -> TickSymbols {
    let step = CounterStep::of(delta_ticks);
    let mask = u64::from(u8::MAX >> (8 - bits));
    let mut cut_samples = 0;
    let raw = delta_ticks
        .iter()
        .map(|&delta| {
            let quotient = step.quotient(delta);
            cut_samples += usize::from(quotient > mask);
            (quotient & mask) as u8
        })
        .collect();
    let range = TickRange {
        min_ticks: delta_ticks.iter().copied().min().unwrap_or(0),
        max_ticks: delta_ticks.iter().copied().max().unwrap_or(0),
        cut_samples,
    };
    TickSymbols { symbols: Symbols::fitting(raw, bits), step, range }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_divisor_goes_and_the_low_bits_stay() {
        let made = from_ticks(&[26 * 3, 26 * 300, 26 * 5]);
        assert_eq!(made.step.ticks, 26);
        assert_eq!(made.symbols.raw(), [3, 44, 5]);
        assert_eq!(made.range, TickRange { min_ticks: 78, max_ticks: 7800, cut_samples: 1 });
        assert_eq!(from_ticks_low_bits(&[26, 52, 130], 2).unwrap().symbols.raw(), [1, 2, 1]);
        assert_eq!(from_ticks_low_bits(&[1], 9), Err(LowBitsError { bits: 9 }));
    }

    #[test]
    fn nothing_and_zeros_are_taken() {
        assert_eq!(from_ticks(&[]).step.ticks, 0);
        assert!(from_ticks(&[]).symbols.is_empty());
        let zeros = from_ticks(&[0, 0]);
        assert_eq!((zeros.step.ticks, zeros.symbols.raw()), (0, &[0, 0][..]));
        assert_eq!(from_ticks(&[u64::MAX, 0]).step.ticks, u64::MAX);
    }
}
