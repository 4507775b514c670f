// SPDX-License-Identifier: MIT OR Apache-2.0
//! Multi Markov model with counting (`MultiMMC`) prediction estimate, SP 800-90B §6.3.9.

use super::context_trie::{Child, ContextTrie};
use super::markov_block::{DEPTHS, MAX_PAIRS};
use super::multi_mmc_bits::of_bits;
use super::predictor::{Hits, Predictor};
use crate::Outcome;
use crate::symbols::{Content, Sequence};
use std::ops::Range;

/// Predicts each sample from the 1 to 16 samples before it, with the best of 16 models (§6.3.9); needs 3 samples.
#[must_use]
pub fn multi_mmc(sequence: &Sequence<'_>) -> Outcome<Predictor> {
    if sequence.len() < 3 {
        return Outcome::too_few("the Markov predictors need 3 samples or more");
    }
    let (hits, alphabet_size) = match &sequence.0 {
        Content::Bits(bits) => (of_bits(bits), 2),
        Content::Symbols { symbols, alphabet_size } => {
            (of_symbols(symbols, *alphabet_size), *alphabet_size)
        }
    };
    Outcome::Value(hits.estimate(sequence.len() as u64 - 2, alphabet_size))
}

fn of_symbols(symbols: &[u8], alphabet_size: usize) -> Hits {
    let mut contexts = ContextTrie::new(alphabet_size);
    let mut room = Room { pairs: [0; DEPTHS], models: DEPTHS };
    let mut scores = [0_u64; DEPTHS];
    let mut leader = 0;
    let mut hits = Hits::default();
    for (at, &symbol) in symbols.iter().enumerate().skip(1) {
        let led = leader;
        let depths = DEPTHS.min(at);
        let mut context = ContextTrie::ROOT;
        for depth in 0..depths {
            let older = symbols[at - depth - 1];
            contexts.grow_from_tail(context, depth, symbols);
            let Child::Known(longer) = contexts.child(context, older) else {
                // No longer context was seen either: all of them are new.
                if let Some(end) = room.take(depth..depths) {
                    let node = contexts.add_child(context, older);
                    contexts.count(node, symbol, true);
                    contexts.set_tail(node, at, end);
                }
                break;
            };
            if let Some((predicted, _)) = contexts.prediction(longer) {
                let hit = predicted == symbol;
                if hit {
                    scores[depth] += 1;
                    if scores[depth] >= scores[leader] {
                        leader = depth;
                    }
                }
                if depth == led {
                    hits.note(hit);
                }
            }
            if contexts.count(longer, symbol, room.pairs[depth] < MAX_PAIRS) {
                room.take_one(depth);
            }
            context = longer;
        }
    }
    hits
}

/// How many pairs each model has, and how many models may still take one.
struct Room {
    pairs: [u32; DEPTHS],
    models: usize,
}

impl Room {
    fn take_one(&mut self, depth: usize) {
        self.pairs[depth] += 1;
        self.models -= usize::from(self.pairs[depth] == MAX_PAIRS);
    }

    /// Takes room for a pair in each of the models that has some. Says up to which length the contexts can be
    /// found again: from the first model without room on, none can. Nothing if that is the first one.
    fn take(&mut self, depths: Range<usize>) -> Option<usize> {
        if self.models == 0 {
            return None;
        }
        let mut end = None;
        for depth in depths.clone() {
            if self.pairs[depth] < MAX_PAIRS {
                self.take_one(depth);
            } else {
                end = end.or(Some(depth));
            }
        }
        let end = end.unwrap_or(depths.end);
        (end > depths.start).then_some(end)
    }
}
