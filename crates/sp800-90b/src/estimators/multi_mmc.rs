// SPDX-License-Identifier: GPL-2.0-or-later
//! Multi Markov model with counting (`MultiMMC`) prediction estimate, SP 800-90B §6.3.9.

use super::context_trie::{ContextTrie, ROOT};
use super::multi_mmc_binary::multi_mmc_binary;
use super::predictor::{Hits, Predictor};
use crate::Outcome;
use std::ops::Range;

/// Number of models, which look back at 1 to 16 samples (§6.3.9: D = 16).
pub(super) const DEPTHS: usize = 16;
/// Most (context, follower) pairs in one model (§6.3.9: maxEntries).
pub(super) const MAX_PAIRS: u32 = 100_000;

/// Predicts each sample from the 1 to 16 samples before it, with the best of 16 models (§6.3.9); needs 3 samples.
#[must_use]
pub fn multi_mmc(symbols: &[u8], alphabet_size: usize) -> Outcome<Predictor> {
    if symbols.len() < 3 {
        return Outcome::too_few("the Markov predictors need 3 samples or more");
    }
    let hits =
        if alphabet_size <= 2 { multi_mmc_binary(symbols) } else { multi_mmc_of_many(symbols) };
    Outcome::Value(hits.estimate(symbols.len() as u64 - 2, alphabet_size))
}

fn multi_mmc_of_many(symbols: &[u8]) -> Hits {
    let mut contexts = ContextTrie::new();
    let mut room = Room { pairs: [0; DEPTHS], models: DEPTHS };
    let mut scores = [0_u64; DEPTHS];
    let mut winner = 0;
    let mut hits = Hits::default();
    for (at, &symbol) in symbols.iter().enumerate().skip(1) {
        let leader = winner;
        let depths = DEPTHS.min(at);
        let mut context = ROOT;
        for depth in 0..depths {
            let older = symbols[at - depth - 1];
            contexts.grow_from_tail(context, depth, symbols);
            let Some(longer) = contexts.child(context, older) else {
                // No longer context was seen either: all of them are new.
                if let Some(end) = room.take(depth..depths) {
                    let node = contexts.child_or_new(context, older);
                    contexts.count(node, symbol, true);
                    contexts.set_tail(node, at, end);
                }
                break;
            };
            if let Some((predicted, _)) = contexts.prediction(longer) {
                let hit = predicted == symbol;
                if hit {
                    scores[depth] += 1;
                    if scores[depth] >= scores[winner] {
                        winner = depth;
                    }
                }
                if depth == leader {
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
