// SPDX-License-Identifier: GPL-2.0-or-later
//! `MultiMCW` (§6.3.7) on bits: a window's most common bit is a comparison, and never a tie, because every window
//! has an odd length.

use super::multi_mcw::WINDOWS;
use super::predictor::Hits;

/// Runs the four windows over `bits`, of which there are more than the longest window has; the first prediction is
/// for the bit after the shortest window.
pub(super) fn multi_mcw_binary(bits: &[u8]) -> Hits {
    let mut ones = WINDOWS.map(|len| bits[..len].iter().map(|&bit| u32::from(bit)).sum::<u32>());
    let mut scores = [0_u64; WINDOWS.len()];
    let mut winner = 0;
    let mut hits = Hits::default();
    for (at, &bit) in bits.iter().enumerate().skip(WINDOWS[0]) {
        let right: [bool; WINDOWS.len()] =
            std::array::from_fn(|j| (ones[j] > WINDOWS[j] as u32 / 2) == (bit == 1));
        hits.note(right[winner]);
        for j in 0..WINDOWS.len() {
            if at < WINDOWS[j] {
                break;
            }
            scores[j] += u64::from(right[j]);
            if right[j] && scores[j] >= scores[winner] {
                winner = j;
            }
            ones[j] = ones[j] + u32::from(bit) - u32::from(bits[at - WINDOWS[j]]);
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimators::multi_mcw::multi_mcw_of_many;

    #[test]
    fn both_ways_agree() {
        let mut state = 3_u32;
        for bias in [128, 250, 5, 140] {
            let bits: Vec<u8> = (0..20_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            let n = bits.len() as u64;
            let (fast, slow) = (multi_mcw_binary(&bits), multi_mcw_of_many(&bits, 2));
            assert_eq!(fast.estimate(n, 2), slow.estimate(n, 2), "{bias}");
        }
    }
}
