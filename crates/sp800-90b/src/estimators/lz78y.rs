// SPDX-License-Identifier: MIT OR Apache-2.0
//! LZ78Y prediction estimate, SP 800-90B §6.3.10.

use super::context_trie::{Child, ContextTrie, Node};
use super::predictor::{Hits, Predictor};
use crate::Outcome;
use crate::symbols::{BitString, Content, Sequence};

/// The longest context in samples (§6.3.10: B = 16).
const LONGEST: usize = 16;
/// Most contexts in the dictionary (§6.3.10: maxDictionarySize).
const MAX_CONTEXTS: u32 = 65_536;

/// Predicts each sample from a dictionary of the contexts seen first (§6.3.10); needs 18 samples.
#[must_use]
pub fn lz78y(sequence: &Sequence<'_>) -> Outcome<Predictor> {
    let (len, needed) = (sequence.len(), LONGEST + 2);
    if len < needed {
        return Outcome::too_few(format!(
            "the first prediction needs {needed} samples or more, and there are {len}"
        ));
    }
    let (hits, alphabet_size) = match &sequence.0 {
        Content::Bits(bits) => (of_bits(bits), 2),
        Content::Symbols { symbols, alphabet_size } => {
            (of_symbols(symbols, *alphabet_size), *alphabet_size)
        }
    };
    Outcome::Value(hits.estimate((len - LONGEST - 1) as u64, alphabet_size))
}

fn of_symbols(symbols: &[u8], alphabet_size: usize) -> Hits {
    let mut contexts = ContextTrie::new(alphabet_size);
    let mut dictionary_len = 0_u32;
    let mut hits = Hits::default();
    let mut path = [ContextTrie::ROOT; LONGEST];
    for (at, &symbol) in symbols.iter().enumerate().skip(LONGEST) {
        let room = dictionary_len < MAX_CONTEXTS;
        let known = walk(&mut contexts, &symbols[at - LONGEST..at], room, &mut path);
        let mut prediction = None;
        let mut best_count = 0;
        // The longest context first: of equal counts it decides.
        for &context in path[..known].iter().rev() {
            if let Some((predicted, count)) = contexts.prediction(context) {
                if count > best_count {
                    best_count = count;
                    prediction = Some(predicted);
                }
            } else if dictionary_len < MAX_CONTEXTS {
                dictionary_len += 1;
            } else {
                continue;
            }
            contexts.count(context, symbol, true);
        }
        // The first sample only fills the dictionary.
        if at > LONGEST {
            hits.note(prediction == Some(symbol));
        }
    }
    hits
}

/// Sets `path` to the contexts before a sample, shortest first, and says how many there are. With `room`, those
/// that are missing are made.
#[inline]
fn walk(
    contexts: &mut ContextTrie,
    before: &[u8],
    room: bool,
    path: &mut [Node; LONGEST],
) -> usize {
    let mut context = ContextTrie::ROOT;
    for (known, &older) in before.iter().rev().enumerate() {
        context = match contexts.child(context, older) {
            Child::Known(longer) => longer,
            Child::Missing if room => contexts.add_child(context, older),
            Child::Missing => return known,
        };
        path[known] = context;
    }
    LONGEST
}

/// On bits.
///
/// A longer context never has a higher count than the shorter one in it, so the prediction is the one after the
/// single last bit, but where a longer context has *all* of its occurrences. Once both bits were seen before each
/// pair of (last bit, follower) that cannot be, and the longer contexts need no more counting.
fn of_bits(bits: &BitString) -> Hits {
    let mut dictionary = Dictionary { counts: vec![[0; 2]; 2 << LONGEST], contexts: 0 };
    let mut hits = Hits::default();
    let mut history = (bits.bits_at(0) >> (64 - LONGEST)) as u32;
    let mut at = LONGEST;
    while at < bits.len() && !(dictionary.last_bit_decides() && at.is_multiple_of(64)) {
        let bit = bits.bit(at);
        let prediction = dictionary.step(history, bit);
        // The first one only fills the dictionary.
        if at > LONGEST {
            hits.note(prediction == Some(bit));
        }
        history = history << 1 | u32::from(bit);
        at += 1;
    }
    if at == bits.len() {
        return hits;
    }
    let mut after = [LastBit::of(dictionary.counts[2]), LastBit::of(dictionary.counts[3])];
    let mut last = u64::from(history & 1);
    for (number, &word) in bits.words().iter().enumerate().skip(at / 64) {
        let len = (bits.len() - number * 64).min(64) as u32;
        let before = last << 63 | word >> 1;
        let wanted = u64::MAX << (64 - len);
        let right = if after.iter().all(|context| context.is_settled()) {
            let predicted = (before & after[1].ones()) | (!before & after[0].ones());
            after[0].count(word & !before & wanted, !before & wanted);
            after[1].count(word & before & wanted, before & wanted);
            !(predicted ^ word)
        } else {
            (64 - len..64).rev().fold(0, |right, place| {
                let context = &mut after[(before >> place & 1) as usize];
                let bit = word >> place & 1;
                let hit = (context.lead >= 0) == (bit == 1);
                context.lead += bit as i64 * 2 - 1;
                right | u64::from(hit) << place
            })
        };
        hits.note_word(right, wanted, len);
        last = word & 1;
    }
    hits
}

/// Counts of zeros and ones after each context of `d` bits, at `1 << d | context`.
struct Dictionary {
    counts: Vec<[u32; 2]>,
    contexts: u32,
}

impl Dictionary {
    /// Predicts the bit after `history` (the most recent bit lowest), then counts it.
    fn step(&mut self, history: u32, bit: u8) -> Option<u8> {
        let mut prediction = None;
        let mut best_count = 0;
        for length in (1..=LONGEST).rev() {
            let counts = &mut self.counts[(1 << length) | (history as usize & ((1 << length) - 1))];
            let count = counts[0].max(counts[1]);
            if count > 0 {
                if count > best_count {
                    best_count = count;
                    // Of equally common followers the larger is predicted.
                    prediction = Some(u8::from(counts[1] >= counts[0]));
                }
            } else if self.contexts < MAX_CONTEXTS {
                self.contexts += 1;
            } else {
                continue;
            }
            counts[usize::from(bit & 1)] += 1;
        }
        prediction
    }

    /// Whether every follower of every bit was seen with both bits before that.
    fn last_bit_decides(&self) -> bool {
        self.counts[4..8].iter().all(|counts| counts[0] > 0 && counts[1] > 0)
    }
}

/// What followed one value of the last bit.
#[derive(Clone, Copy)]
struct LastBit {
    /// Ones less zeros.
    lead: i64,
}

impl LastBit {
    fn of([zeros, ones]: [u32; 2]) -> Self {
        Self { lead: i64::from(ones) - i64::from(zeros) }
    }

    /// Whether 64 bits more cannot change the prediction.
    fn is_settled(self) -> bool {
        self.lead.abs() > 64
    }

    /// All bits set where a one is predicted; of equally common followers the larger is.
    fn ones(self) -> u64 {
        if self.lead >= 0 { u64::MAX } else { 0 }
    }

    /// Counts the bits `ones` among the followers in `all`.
    fn count(&mut self, ones: u64, all: u64) {
        self.lead += 2 * i64::from(ones.count_ones()) - i64::from(all.count_ones());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same without the shortcut.
    fn all_contexts(bits: &[u8]) -> Hits {
        let mut dictionary = Dictionary { counts: vec![[0; 2]; 2 << LONGEST], contexts: 0 };
        let mut hits = Hits::default();
        for at in LONGEST..bits.len() {
            let history = bits[at - LONGEST..at]
                .iter()
                .fold(0, |history, &bit| history << 1 | u32::from(bit));
            let prediction = dictionary.step(history, bits[at]);
            if at > LONGEST {
                hits.note(prediction == Some(bits[at]));
            }
        }
        hits
    }

    #[test]
    fn the_shortcut_changes_nothing() {
        let mut state = 7_u32;
        for bias in [128, 250, 5, 100] {
            let bits: Vec<u8> = (0..20_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    u8::from(state >> 24 < bias)
                })
                .collect();
            for len in [18, 19, 40, 200, 5001, 20_000] {
                let fast = of_bits(&BitString::from_low_bits(&bits[..len]));
                let slow = all_contexts(&bits[..len]);
                assert_eq!(
                    fast.estimate(len as u64, 2),
                    slow.estimate(len as u64, 2),
                    "{bias} {len}"
                );
            }
        }
    }
}
