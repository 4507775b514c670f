// SPDX-License-Identifier: MIT OR Apache-2.0
//! Lag prediction estimate, SP 800-90B §6.3.8.

use super::predictor::Predictor;
use super::race::{Race, Verdict};
use crate::Outcome;
use crate::symbols::{BitString, Content, Sequence};

/// Number of lags that compete (§6.3.8: D = 128).
const LAGS: usize = 128;

/// Predicts each sample to equal the one `lag` back, with the best of 128 lags (§6.3.8); needs 3 samples.
///
/// Only a lag whose score comes within one block of the best can take the lead in it, so that most lags are merely
/// counted, a block at a time.
#[must_use]
pub fn lag(sequence: &Sequence<'_>) -> Outcome<Predictor> {
    if sequence.len() < 3 {
        return Outcome::too_few("the lag predictor needs 3 samples or more");
    }
    let (race, alphabet_size) = match &sequence.0 {
        Content::Bits(bits) => (of_bits(bits), 2),
        Content::Symbols { symbols, alphabet_size } => (of_symbols(symbols), *alphabet_size),
    };
    Outcome::Value(race.hits.estimate(sequence.len() as u64 - 1, alphabet_size))
}

/// One sample, before which not every lag has a sample to look back at.
fn step(race: &mut Race<LAGS>, lags: usize, equal: impl Fn(usize) -> bool) {
    let verdicts = std::array::from_fn(|place| {
        let made = u64::from(place < lags) << 63;
        Verdict { right: if made != 0 && equal(place + 1) { made } else { 0 }, made }
    });
    race.count(&verdicts, 1);
}

fn of_symbols(symbols: &[u8]) -> Race<LAGS> {
    const BLOCK: usize = 64;
    let mut race = Race::new();
    for at in 1..symbols.len().min(LAGS) {
        step(&mut race, at, |lag| symbols[at] == symbols[at - lag]);
    }
    let mut contenders = Vec::with_capacity(LAGS);
    let mut at = LAGS;
    while at < symbols.len() {
        let end = symbols.len().min(at + BLOCK);
        let block = &symbols[at..end];
        let best = race.scores[race.leader];
        contenders.clear();
        for place in 0..LAGS {
            let back = &symbols[at - place - 1..end - place - 1];
            let gain = block.iter().zip(back).fold(0_u8, |sum, (x, y)| sum + u8::from(x == y));
            if race.scores[place] + u64::from(gain) >= best {
                contenders.push(place);
            } else {
                race.scores[place] += u64::from(gain);
            }
        }
        let made = u64::MAX << (BLOCK - block.len());
        let close: Vec<(usize, Verdict)> = contenders
            .iter()
            .map(|&place| {
                let back = &symbols[at - place - 1..end - place - 1];
                let equal = block.iter().zip(back).map(|(x, y)| u64::from(x == y));
                let right =
                    equal.fold(0, |right, equal| right << 1 | equal) << (BLOCK - block.len());
                (place, Verdict { right, made })
            })
            .collect();
        race.follow(&close, block.len() as u32);
        at = end;
    }
    race
}

/// Words that are counted at once on bits.
const WORDS: usize = 8;

fn of_bits(bits: &BitString) -> Race<LAGS> {
    let mut race = Race::new();
    for at in 1..bits.len().min(LAGS) {
        step(&mut race, at, |lag| bits.bit(at) == bits.bit(at - lag));
    }
    let words = bits.words();
    let whole = bits.len() / 64;
    let mut number = LAGS / 64;
    let mut contenders = Vec::with_capacity(LAGS);
    while number + WORDS <= whole {
        let best = race.scores[race.leader];
        contenders.clear();
        let near: &[u64; WORDS + 2] = words[number - 2..].first_chunk().unwrap_or(&[0; WORDS + 2]);
        for place in 0..LAGS {
            let gain = equal_bits(near, place + 1);
            if race.scores[place] + gain >= best {
                contenders.push(place);
            } else {
                race.scores[place] += gain;
            }
        }
        for number in number..number + WORDS {
            follow_word(&mut race, &contenders, words, number, 64);
        }
        number += WORDS;
    }
    let all: Vec<usize> = (0..LAGS).collect();
    for number in number..words.len() {
        let len = (bits.len() - number * 64).min(64) as u32;
        follow_word(&mut race, &all, words, number, len);
    }
    race
}

/// Counts one word of the contenders.
fn follow_word(
    race: &mut Race<LAGS>,
    contenders: &[usize],
    words: &[u64],
    number: usize,
    len: u32,
) {
    let wanted = u64::MAX << (64 - len);
    let near = [words[number - 2], words[number - 1], words[number]];
    let best = race.scores[race.leader];
    let mut close = [(0, Verdict::default()); LAGS];
    let mut closes = 0;
    for &place in contenders {
        let right = !(near[2] ^ back(&near, 0, place + 1)) & wanted;
        let gain = u64::from(right.count_ones());
        if race.scores[place] + gain >= best {
            close[closes] = (place, Verdict { right, made: wanted });
            closes += 1;
        } else {
            race.scores[place] += gain;
        }
    }
    race.follow(&close[..closes], len);
}

/// The bits `lag` before those of word `at + 2` of `near`; `lag` is 1 to 128.
#[inline]
fn back<const N: usize>(near: &[u64; N], at: usize, lag: usize) -> u64 {
    match lag {
        128 => near[at],
        64 => near[at + 1],
        0..64 => near[at + 2] >> lag | near[at + 1] << (64 - lag),
        _ => near[at + 1] >> (lag - 64) | near[at] << (128 - lag),
    }
}

/// How many bits of the last [`WORDS`] words of `near` equal the one `lag` before them.
#[inline]
fn equal_bits(near: &[u64; WORDS + 2], lag: usize) -> u64 {
    // Counts of eight bits each add up in bytes over all words: 8 words of 8 are 64.
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const FOURS: u64 = 0x3333_3333_3333_3333;
    const EIGHTS: u64 = 0x0F0F_0F0F_0F0F_0F0F;
    let (from, right) = if lag < 64 { (1, lag as u32) } else { (0, lag as u32 - 64) };
    // Two shifts on the left, because one by 64 is none.
    let left = 63 - right.min(63);
    let mut sum = 0_u64;
    for at in 0..WORDS {
        let (newer, older) = (near[at + from + 1], near[at + from]);
        let shifted = if right == 64 { older } else { newer >> right | older << 1 << left };
        let equal = !(near[at + 2] ^ shifted);
        let twos = equal - (equal >> 1 & PAIRS);
        let fours = (twos & FOURS) + (twos >> 2 & FOURS);
        sum += (fours + (fours >> 4)) & EIGHTS;
    }
    // Eight bytes of 64 at most: added up in 16 bits.
    const LOW_BYTES: u64 = 0x00FF_00FF_00FF_00FF;
    ((sum & LOW_BYTES) + (sum >> 8 & LOW_BYTES)).wrapping_mul(0x0001_0001_0001_0001) >> 48
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_symbols_agree() {
        let mut state = 9_u32;
        for bias in [128, 250, 60] {
            let noise: Vec<u8> = (0..5000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            // A lag of 100 that holds for most bits, then one of 128.
            let mut all = noise.clone();
            for at in 2000..3000 {
                all[at] = if at % 9 == 0 { all[at] } else { all[at - 100] };
            }
            for at in 3500..5000 {
                all[at] = all[at - 128];
            }
            for len in [3, 64, 127, 128, 129, 700, 1216, 5000] {
                let n = len as u64;
                let fast = of_bits(&BitString::from_low_bits(&all[..len])).hits.estimate(n, 2);
                let slow = of_symbols(&all[..len]).hits.estimate(n, 2);
                assert_eq!(fast, slow, "{len} bits");
                assert_eq!(by_hand(&all[..len]), (fast.c, fast.r), "{len} bits");
            }
        }
    }

    /// Correct predictions, and the longest run of them and one more, as §6.3.8 says.
    fn by_hand(symbols: &[u8]) -> (u64, u64) {
        let (mut scores, mut leader) = ([0; LAGS], 0);
        let (mut correct, mut run, mut longest) = (0, 0, 0);
        for at in 1..symbols.len() {
            let right = |place: usize| at > place && symbols[at - place - 1] == symbols[at];
            run = if right(leader) { run + 1 } else { 0 };
            correct += u64::from(right(leader));
            longest = longest.max(run);
            for place in 0..LAGS {
                if right(place) {
                    scores[place] += 1;
                    if scores[place] >= scores[leader] {
                        leader = place;
                    }
                }
            }
        }
        (correct, longest + 1)
    }
}
