// SPDX-License-Identifier: GPL-2.0-or-later
//! How often tuples repeat, for every length at once: what the t-tuple and LRS estimates (§6.3.5, §6.3.6) count.
//!
//! Suffixes in order put equal tuples side by side. Each interval of suffixes that share `depth` symbols, inside one
//! that shares only `parent`, holds the same tuples of every length in `parent + 1..=depth`.

use super::suffix_sort::lcp_of_noise;
use crate::{Invalid, InvalidStatus};

/// The count from which a tuple length belongs to the t-tuple estimate (§6.3.5 step 1).
const MANY: u64 = 35;

/// Repeated tuples of a string, by length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// `most_common[i - 1]`: occurrences of the most common tuple of `i` symbols, for the lengths at which that is
    /// 35 or more.
    pub most_common: Vec<u64>,
    /// `colliding_pairs[i]`: pairs of equal tuples of `most_common.len() + 1 + i` symbols, up to the longest repeat.
    pub colliding_pairs: Vec<u64>,
    /// Samples in the string.
    pub samples: usize,
}

impl Repeats {
    /// Counts the repeats in `symbols`.
    ///
    /// # Errors
    /// [`Invalid`] where the string is empty or has 2^31 - 1 symbols or more.
    pub fn count(symbols: &[u8]) -> Result<Self, Invalid> {
        let lcp = lcp_in_suffix_order(symbols)?;
        Ok(Self::from_lcp(&lcp, symbols.len()))
    }

    /// The length of the longest repeated tuple; 0 where no symbol repeats.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.most_common.len() + self.colliding_pairs.len()
    }

    /// `lcp[i]`: symbols shared by the suffixes of rank `i` and `i - 1`; `lcp[0]` is 0.
    fn from_lcp(lcp: &[i32], samples: usize) -> Self {
        let longest = lcp.iter().copied().max().unwrap_or(0) as usize;
        // Per depth: the largest interval; and the pairs, as differences from one length to the next.
        let mut largest = vec![0_u64; longest + 2];
        let mut pairs = vec![0_u64; longest + 2];
        // Open intervals: depth, and the rank of the first suffix.
        let mut open: Vec<(i32, usize)> = vec![(0, 0)];
        for (rank, &depth) in lcp.iter().chain(&[0]).enumerate().skip(1) {
            let mut first = rank - 1;
            while let Some(&(top, top_first)) = open.last() {
                if top <= depth {
                    break;
                }
                open.pop();
                let parent = open.last().map_or(0, |&(below, _)| below).max(depth);
                let size = (rank - top_first) as u64;
                let top = top as usize;
                largest[top] = largest[top].max(size);
                let choose_2 = size * (size - 1) / 2;
                pairs[top] = pairs[top].wrapping_add(choose_2);
                let parent = parent as usize;
                pairs[parent] = pairs[parent].wrapping_sub(choose_2);
                first = top_first;
            }
            if open.last().is_some_and(|&(top, _)| top < depth) {
                open.push((depth, first));
            }
        }
        for length in (1..=longest).rev() {
            largest[length] = largest[length].max(largest[length + 1]);
            pairs[length] = pairs[length].wrapping_add(pairs[length + 1]);
        }
        let many = (1..=longest).take_while(|&length| largest[length] >= MANY).count();
        Self {
            most_common: largest[1..=many].to_vec(),
            colliding_pairs: pairs[many + 1..=longest].to_vec(),
            samples,
        }
    }
}

/// The length of the longest repeated substring; 0 where no symbol repeats.
///
/// # Errors
/// As [`Repeats::count`].
pub fn longest_repeat(symbols: &[u8]) -> Result<usize, Invalid> {
    Ok(lcp_in_suffix_order(symbols)?.into_iter().max().unwrap_or(0) as usize)
}

/// Shared prefix lengths of neighbours in suffix order.
fn lcp_in_suffix_order(symbols: &[u8]) -> Result<Vec<i32>, Invalid> {
    if symbols.is_empty() {
        return Err(Invalid {
            status: InvalidStatus::TooFew,
            reason: "an empty string has no tuples".to_owned(),
        });
    }
    if symbols.len() >= i32::MAX as usize {
        return Err(Invalid {
            status: InvalidStatus::NotApplicable,
            reason: format!(
                "{} symbols are more than suffix sorting takes (2^31 - 2); assess a shorter piece",
                symbols.len()
            ),
        });
    }
    if let Some(lcp) = lcp_of_noise(symbols) {
        return Ok(lcp);
    }
    Ok(lcp_of_any(symbols))
}

/// The same for any string, by a general suffix array.
fn lcp_of_any(symbols: &[u8]) -> Vec<i32> {
    let mut suffixes = vec![0_i32; symbols.len()];
    divsufsort::sort_in_place(symbols, &mut suffixes);
    // Kärkkäinen, Manzini, Puglisi, "Permuted longest-common-prefix array", 2009: in text order the shared length
    // falls by at most 1 from one suffix to the next, and the reads go through the text in order.
    let mut permuted = vec![-1_i32; symbols.len()];
    for pair in suffixes.windows(2) {
        permuted[pair[1] as usize] = pair[0];
    }
    let mut shared = 0;
    for at in 0..symbols.len() {
        let before = permuted[at];
        if before < 0 {
            shared = 0;
        } else {
            shared += common_prefix(&symbols[at + shared..], &symbols[before as usize + shared..]);
        }
        permuted[at] = shared as i32;
        shared = shared.saturating_sub(1);
    }
    for suffix in &mut suffixes {
        *suffix = permuted[*suffix as usize];
    }
    suffixes
}

/// How many symbols two strings share at their beginning.
#[inline]
fn common_prefix(a: &[u8], b: &[u8]) -> usize {
    let mut shared = 0;
    for (x, y) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return shared + (differ.trailing_zeros() / 8) as usize;
        }
        shared += 8;
    }
    shared + a[shared..].iter().zip(&b[shared..]).take_while(|(x, y)| x == y).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    /// The same counts by looking at every tuple of every length.
    fn by_hand(symbols: &[u8]) -> Repeats {
        let mut all =
            Repeats { most_common: vec![], colliding_pairs: vec![], samples: symbols.len() };
        for length in 1..=symbols.len() {
            let mut counts: HashMap<&[u8], u64> = HashMap::new();
            for tuple in symbols.windows(length) {
                *counts.entry(tuple).or_default() += 1;
            }
            let most = counts.values().copied().max().unwrap();
            if most < 2 {
                break;
            }
            if most >= MANY {
                all.most_common.push(most);
            } else {
                all.colliding_pairs.push(counts.values().map(|n| n * (n - 1) / 2).sum());
            }
        }
        all
    }

    #[test]
    fn counts_are_those_of_looking_at_every_tuple() {
        let mut state = 1_u32;
        for (len, modulus) in [(1, 2), (2, 2), (40, 2), (500, 2), (300, 4), (900, 9), (200, 200)] {
            let symbols: Vec<u8> = (0..len)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((state >> 16) % modulus) as u8
                })
                .collect();
            assert_eq!(Repeats::count(&symbols).unwrap(), by_hand(&symbols), "{len} of {modulus}");
        }
        let constant = [7; 100];
        assert_eq!(Repeats::count(&constant).unwrap(), by_hand(&constant));
        let periodic: Vec<u8> = (0..120).map(|i| i % 3).collect();
        assert_eq!(Repeats::count(&periodic).unwrap(), by_hand(&periodic));
    }

    #[test]
    fn both_sorters_agree() {
        let mut state = 1_u32;
        let mut sorted_as_noise = 0;
        for (len, modulus, period) in [
            (1, 2, 1),
            (70_000, 2, 70_000),
            (70_000, 256, 70_000),
            (50_000, 5, 50_000),
            (50_000, 2, 20_000),
            (30_000, 3, 7),
            (3_000, 1, 1),
            (65, 2, 64),
        ] {
            let piece: Vec<u8> = (0..period)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    ((state >> 16) % modulus) as u8
                })
                .collect();
            let symbols: Vec<u8> = piece.iter().copied().cycle().take(len).collect();
            if let Some(lcp) = lcp_of_noise(&symbols) {
                assert!(lcp == lcp_of_any(&symbols), "{len} of {modulus}, period {period}");
                sorted_as_noise += 1;
            }
        }
        assert!(sorted_as_noise >= 4, "{sorted_as_noise}");
    }

    #[test]
    fn longest_repeat_is_found() {
        assert_eq!(longest_repeat(b"abcxabcyabd"), Ok(3));
        assert_eq!(longest_repeat(b"abc"), Ok(0));
        assert!(longest_repeat(b"").is_err());
    }
}
