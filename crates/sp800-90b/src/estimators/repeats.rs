// SPDX-License-Identifier: MIT OR Apache-2.0
//! How often tuples repeat, for every length at once: what the t-tuple and LRS estimates (§6.3.5, §6.3.6) count.

use super::short_repeats;
use super::suffixes::Text;
use super::tally::Tally;
use crate::symbols::{BitString, Content, Sequence};
use crate::{Invalid, InvalidStatus};
use std::borrow::Cow;
use std::collections::HashMap;

/// The count from which a tuple length belongs to the t-tuple estimate (§6.3.5 step 1).
const MANY: u64 = 35;

/// Repeated tuples of a string, by length.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repeats {
    /// `most_common[i - 1]`: occurrences of the most common tuple of `i` symbols, for the lengths at which that is
    /// 35 or more.
    pub most_common: Vec<u64>,
    /// `colliding_pairs[i]`: pairs of equal tuples of `most_common.len() + 1 + i` symbols, up to the longest repeat.
    pub colliding_pairs: Vec<u64>,
    /// Samples in the string.
    pub samples: usize,
    /// Two places, in symbols from 0, at which a tuple of the greatest length begins; absent where no symbol repeats.
    pub longest_at: Option<(usize, usize)>,
}

impl Repeats {
    /// Counts the repeats in a sequence.
    ///
    /// # Errors
    /// Returns an error if the sequence is empty, if it has 2^32 symbols or more (or 2^31 - 1 where long tuples repeat),
    /// or if memory is short.
    pub fn count(sequence: &Sequence<'_>) -> Result<Self, Invalid> {
        let samples = sequence.len();
        if samples == 0 {
            return Err(Invalid {
                status: InvalidStatus::TooFew,
                reason: "an empty string has no tuples".to_owned(),
            });
        }
        if samples > u32::MAX as usize {
            return Err(too_large(format!(
                "{samples} symbols are more than tuples are counted in (2^32 - 1); assess a shorter piece"
            )));
        }
        let text = text_of(sequence);
        let tally = match short_repeats::count(&text) {
            Some(tally) => tally,
            None => count_in_any(sequence)?,
        };
        let longest = tally.longest;
        let (largest, pairs) = tally.by_length();
        let many = largest.iter().take_while(|&&count| count >= MANY).count();
        let longest_at = match longest {
            Some(found) if found.len == pairs.len() => Some(found.places),
            // Short tuples are counted without their places.
            _ => first_repeat(&text, pairs.len()),
        };
        Ok(Self {
            most_common: largest[..many].to_vec(),
            colliding_pairs: pairs[many..].to_vec(),
            samples,
            longest_at,
        })
    }

    /// The length of the longest repeated tuple; 0 where no symbol repeats.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.most_common.len() + self.colliding_pairs.len()
    }
}

fn text_of<'a>(sequence: &'a Sequence<'_>) -> Text<'a> {
    match &sequence.0 {
        Content::Bits(bits) => Text { len: bits.len(), bits: Cow::Borrowed(bits), width: 1 },
        Content::Symbols { symbols, alphabet_size } => {
            let width = u8::try_from((alphabet_size - 1).ilog2() + 1).unwrap_or(8);
            let bits = Cow::Owned(BitString::from_symbols(symbols, width));
            Text { len: symbols.len(), bits, width: usize::from(width) }
        }
    }
}

/// The first tuple of `len` symbols, of 64 bits at most, that occurs again.
fn first_repeat(text: &Text<'_>, len: usize) -> Option<(usize, usize)> {
    let bits = (len * text.width) as u32;
    if !(1..=u64::BITS).contains(&bits) {
        return None;
    }
    let mut seen = HashMap::new();
    (0..=text.len - len).find_map(|place| {
        let tuple = text.bits.bits_at(place * text.width) >> (u64::BITS - bits);
        let first = *seen.entry(tuple).or_insert(place);
        (first < place).then_some((first, place))
    })
}

fn too_large(reason: String) -> Invalid {
    Invalid { status: InvalidStatus::TooLarge, reason }
}

/// Counts the repeats of any string, by a general suffix array.
fn count_in_any(sequence: &Sequence<'_>) -> Result<Tally, Invalid> {
    let len = sequence.len();
    if len >= i32::MAX as usize {
        return Err(too_large(format!(
            "{len} symbols with long repeats are more than suffix sorting takes (2^31 - 2); assess a shorter piece"
        )));
    }
    let (mut bytes, mut suffixes, mut permuted) = (Vec::new(), Vec::new(), Vec::new());
    let room = bytes
        .try_reserve_exact(len)
        .and_then(|()| suffixes.try_reserve_exact(len))
        .and_then(|()| permuted.try_reserve_exact(len));
    if room.is_err() {
        return Err(too_large(format!(
            "sorting {len} symbols with long repeats takes {} MB of memory, which is not available; assess a shorter piece",
            (9 * len).div_ceil(1_000_000)
        )));
    }
    match &sequence.0 {
        Content::Bits(bits) => bytes.extend(bits.iter()),
        Content::Symbols { symbols, .. } => bytes.extend_from_slice(symbols),
    }
    suffixes.resize(len, 0_i32);
    permuted.resize(len, -1_i32);
    divsufsort::sort_in_place(&bytes, &mut suffixes);
    // Kärkkäinen, Manzini, Puglisi, "Permuted longest-common-prefix array", 2009: in text order the shared length
    // falls by at most 1 from one suffix to the next, and the reads go through the text in order.
    for pair in suffixes.windows(2) {
        permuted[pair[1] as usize] = pair[0];
    }
    let mut tally = Tally::new(0);
    let mut shared = 0;
    for at in 0..len {
        let before = permuted[at];
        if before < 0 {
            shared = 0;
        } else {
            let before = before as usize;
            shared += common_prefix(&bytes[at + shared..], &bytes[before + shared..]);
            tally.note_repeat(shared, || (at.min(before), at.max(before)));
        }
        permuted[at] = shared as i32;
        shared = shared.saturating_sub(1);
    }
    for suffix in &mut suffixes {
        *suffix = permuted[*suffix as usize];
    }
    drop(permuted);
    tally.add_sorted(suffixes[1..].iter().map(|&shared| shared as u32));
    Ok(tally)
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
        let mut all = Repeats {
            most_common: vec![],
            colliding_pairs: vec![],
            samples: symbols.len(),
            longest_at: None,
        };
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

    fn noise(len: usize, modulus: u32, seed: u32) -> Vec<u8> {
        let mut state = seed;
        (0..len)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                ((state >> 16) % modulus) as u8
            })
            .collect()
    }

    fn sequence(symbols: &[u8]) -> Sequence<'_> {
        let largest = symbols.iter().copied().max().unwrap_or(0);
        if largest < 2 {
            return BitString::from_low_bits(symbols).into();
        }
        Sequence(Content::Symbols { symbols, alphabet_size: usize::from(largest) + 1 })
    }

    /// The counts, after a look at the places.
    fn counted(symbols: &[u8]) -> Repeats {
        let mut repeats = Repeats::count(&sequence(symbols)).unwrap();
        let len = repeats.longest();
        let places = repeats.longest_at.take();
        assert_eq!(places.is_some(), len > 0);
        if let Some((a, b)) = places {
            assert!(a < b && symbols[a..a + len] == symbols[b..b + len], "{a} {b} {len}");
        }
        repeats
    }

    #[test]
    fn counts_are_those_of_looking_at_every_tuple() {
        for (len, modulus) in
            [(1, 2), (2, 2), (3, 2), (40, 2), (500, 2), (700, 2), (300, 4), (900, 9), (200, 200)]
        {
            for seed in 1..20 {
                let symbols = noise(len, modulus, seed);
                assert_eq!(counted(&symbols), by_hand(&symbols), "{len} of {modulus}");
            }
        }
        let constant = [7; 100];
        assert_eq!(counted(&constant), by_hand(&constant));
        let periodic: Vec<u8> = (0..120).map(|i| i % 3).collect();
        assert_eq!(counted(&periodic), by_hand(&periodic));
        for tail in [[0; 30], [1; 30]] {
            let symbols = [noise(400, 2, 3), tail.to_vec()].concat();
            assert_eq!(counted(&symbols), by_hand(&symbols));
            let symbols =
                [noise(400, 5, 3), tail.to_vec(), noise(20, 5, 4), tail.to_vec()].concat();
            assert_eq!(counted(&symbols), by_hand(&symbols));
        }
    }

    #[test]
    fn both_ways_agree() {
        let mut counted_as_noise = 0;
        for (len, modulus, period) in [
            (1, 2, 1),
            (70_000, 2, 70_000),
            (70_000, 256, 70_000),
            (50_000, 5, 50_000),
            (50_000, 2, 20_000),
            (30_000, 3, 7),
            (3_000, 1, 1),
            (65, 2, 64),
            (9_000, 17, 8_990),
            (100_003, 100, 100_003),
        ] {
            let piece = noise(period, modulus, 1);
            let mut symbols: Vec<u8> = piece.iter().copied().cycle().take(len).collect();
            // A stretch that does not change, and few ones after it.
            if len > 60_000 {
                symbols[10_000..10_150].fill(0);
                for at in (20_000..50_000).filter(|at| at % 11 != 0) {
                    symbols[at] = 0;
                }
            }
            let sequence = sequence(&symbols);
            if let Some(tally) = short_repeats::count(&text_of(&sequence)) {
                let ((largest, pairs), (all_largest, all_pairs)) =
                    (tally.by_length(), count_in_any(&sequence).unwrap().by_length());
                assert!(pairs == all_pairs, "{len} of {modulus}, period {period}");
                for (ours, known) in largest.iter().zip(&all_largest) {
                    assert!(ours == known || *known < MANY, "{ours} {known}: {len} of {modulus}");
                }
                counted_as_noise += 1;
            }
        }
        assert!(counted_as_noise >= 6, "{counted_as_noise}");
    }

    #[test]
    fn longest_repeat_is_found() {
        let repeats = Repeats::count(&sequence(b"abcxabcyabd")).unwrap();
        assert_eq!((repeats.longest(), repeats.longest_at), (3, Some((0, 4))));
        let repeats = Repeats::count(&sequence(b"abc")).unwrap();
        assert_eq!((repeats.longest(), repeats.longest_at), (0, None));
        assert!(Repeats::count(&BitString::default().into()).is_err());
    }
}
