// SPDX-License-Identifier: MIT OR Apache-2.0
//! Compression estimate on a bitstring, SP 800-90B §6.3.4 (after Maurer's universal statistical test).

use crate::math::{CarefulSum, Unmet, Z_ALPHA, bisect_falling};
use crate::symbols::BitString;
use crate::{MinEntropy, Outcome};

/// Bits per block (§6.3.4: b = 6).
const BLOCK_BITS: usize = 6;
/// Possible blocks.
const ALPHABET: usize = 1 << BLOCK_BITS;
/// Blocks that only fill the dictionary (§6.3.4: d = 1,000).
const DICTIONARY_BLOCKS: usize = 1000;

/// Figures of the compression estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Compression {
    /// Mean of log2 of the distance between equal blocks.
    pub x_bar: f64,
    /// Its standard deviation, corrected (§6.3.4 step 4: times 0.5907).
    pub sigma_hat: f64,
    /// The lower end of the confidence interval of the mean.
    pub x_bar_prime: f64,
    /// Whether a bias explains the mean; if not, `p` is 1/64.
    pub found_p: bool,
    /// The probability of the likeliest block that explains the mean.
    pub p: f64,
    /// `-log2(p) / 6`, bits per bit.
    pub min_entropy: f64,
}

impl MinEntropy for Compression {
    fn min_entropy(&self) -> f64 {
        self.min_entropy
    }
}

/// Estimates from how far equal blocks of 6 bits lie apart (§6.3.4); needs 6,012 bits.
#[must_use]
pub fn compression(bits: &BitString) -> Outcome<Compression> {
    let blocks = bits.len() / BLOCK_BITS;
    if blocks < DICTIONARY_BLOCKS + 2 {
        return Outcome::too_few(format!(
            "the dictionary alone takes {DICTIONARY_BLOCKS} blocks of {BLOCK_BITS} bits, and a spread needs two more: \
             {} bits or more are needed, and there are {}",
            (DICTIONARY_BLOCKS + 2) * BLOCK_BITS,
            bits.len()
        ));
    }
    let mut last_seen = [0_usize; ALPHABET];
    let log2 = Logarithms::of_distances(blocks);
    let mut sum = CarefulSum::default();
    let mut squares = CarefulSum::default();
    for number in 1..=blocks {
        let value = (bits.bits_at((number - 1) * BLOCK_BITS) >> (64 - BLOCK_BITS)) as usize;
        if number > DICTIONARY_BLOCKS {
            let log_distance = log2.of(number - last_seen[value]);
            sum.add(log_distance);
            squares.add(log_distance * log_distance);
        }
        last_seen[value] = number;
    }
    let tested = (blocks - DICTIONARY_BLOCKS) as f64;
    let x_bar = sum.value() / tested;
    let variance = squares.value() / (tested - 1.0) - x_bar * x_bar;
    let sigma_hat = 0.5907 * variance.max(0.0).sqrt();
    let x_bar_prime = x_bar - Z_ALPHA * sigma_hat / tested.sqrt();

    let uniform = 1.0 / ALPHABET as f64;
    let expectation = |p: f64| expected_log_distance(p, &log2);
    let p = if expectation(uniform) > x_bar_prime {
        bisect_falling(uniform, 1.0, x_bar_prime, Unmet::Low, expectation)
    } else {
        uniform
    };
    let found_p = p > uniform;
    Outcome::Value(Compression {
        x_bar,
        sigma_hat,
        x_bar_prime,
        found_p,
        p,
        min_entropy: if found_p { (0.0 - p.log2()) / BLOCK_BITS as f64 } else { 1.0 },
    })
}

/// log2 of every distance up to the number of blocks; the search for p needs most of them several times.
struct Logarithms {
    blocks: usize,
    /// Those that are common.
    short: Vec<f64>,
}

impl Logarithms {
    fn of_distances(blocks: usize) -> Self {
        let short = (0..=blocks.min(1 << 14)).map(|distance| (distance as f64).log2()).collect();
        Self { blocks, short }
    }

    #[inline]
    fn of(&self, distance: usize) -> f64 {
        self.short.get(distance).copied().unwrap_or_else(|| (distance as f64).log2())
    }
}

/// The mean that §6.3.4 step 7 expects where one block has probability `p` and the others share the rest.
fn expected_log_distance(p: f64, log2: &Logarithms) -> f64 {
    let others = ALPHABET as f64 - 1.0;
    block_share(p, log2) + others * block_share((1.0 - p) / others, log2)
}

/// `G(z)` of §6.3.4 step 7, with the double sum taken in one pass:
/// `z / v · (z · Σ_{t>d} Σ_{u<t} log2(u) (1-z)^(u-1) + Σ_{t>d} log2(t) (1-z)^(t-1))`.
fn block_share(z: f64, log2: &Logarithms) -> f64 {
    let blocks = log2.blocks;
    let decay = 1.0 - z;
    let mut power = decay;
    let mut head = CarefulSum::default();
    for u in 2..=DICTIONARY_BLOCKS {
        head.add(log2.of(u) * power);
        power *= decay;
    }
    let mut tail = CarefulSum::default();
    let mut nested = CarefulSum::default();
    for u in DICTIONARY_BLOCKS + 1..=blocks {
        let term = log2.of(u) * power;
        tail.add(term);
        let weighted = (blocks - u) as f64 * term;
        nested.add(weighted);
        // What is still to come is smaller than rounding once every further term is, and they fall by `decay`.
        if weighted <= nested.value() * 1e-18 * z {
            break;
        }
        power *= decay;
    }
    let tested = (blocks - DICTIONARY_BLOCKS) as f64;
    nested.add(tested * head.value());
    z / tested * (z * nested.value() + tail.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Step 7 of §6.3.4 as it is written.
    fn literally(z: f64, blocks: usize) -> f64 {
        let d = DICTIONARY_BLOCKS;
        let mut sum = 0.0;
        for t in d + 1..=blocks {
            for u in 1..t {
                sum += (u as f64).log2() * z * z * (1.0 - z).powi(u as i32 - 1);
            }
            sum += (t as f64).log2() * z * (1.0 - z).powi(t as i32 - 1);
        }
        sum / (blocks - d) as f64
    }

    #[test]
    fn one_pass_gives_what_the_double_sum_gives() {
        let blocks = 1300;
        let log2 = Logarithms::of_distances(blocks);
        for z in [1e-6, 1e-3, 1.0 / 64.0, 0.3, 0.999, 1.0] {
            let (fast, slow) = (block_share(z, &log2), literally(z, blocks));
            assert!((fast - slow).abs() <= 1e-12 * slow.abs(), "{z}: {fast} {slow}");
        }
    }

    #[test]
    fn too_few_bits_are_refused() {
        let zeros = |len| BitString::from_low_bits(&vec![0; len]);
        assert!(compression(&zeros(6011)).value().is_none());
        assert!(compression(&zeros(6012)).value().is_some());
    }
}
