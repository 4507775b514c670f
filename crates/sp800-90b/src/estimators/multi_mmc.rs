// SPDX-License-Identifier: GPL-2.0-or-later
//! Multi Markov model with counting (`MultiMMC`) prediction estimate, SP 800-90B §6.3.9.

use super::context_trie::{ContextTrie, ROOT};
use super::multi_mmc_binary::multi_mmc_binary;
use super::predictor::{Hits, Predictor};
use crate::Outcome;

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
    let mut pairs = [0_u32; DEPTHS];
    let mut models_with_room = DEPTHS;
    let mut scores = [0_u64; DEPTHS];
    let mut winner = 0;
    let mut hits = Hits::default();
    for (at, &symbol) in symbols.iter().enumerate().skip(1) {
        let leader = winner;
        // The context so far; none once a shorter one could not be added, and then no longer one is ever found.
        let mut context = Some(ROOT);
        let mut found = true;
        for depth in 0..DEPTHS.min(at) {
            let older = symbols[at - depth - 1];
            let longer =
                context.filter(|_| found).and_then(|context| contexts.child(context, older));
            if let Some(node) = longer {
                if let Some((predicted, _)) = contexts.prediction(node) {
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
                if contexts.count(node, symbol, pairs[depth] < MAX_PAIRS) {
                    pairs[depth] += 1;
                    models_with_room -= usize::from(pairs[depth] == MAX_PAIRS);
                }
                context = Some(node);
                continue;
            }
            found = false;
            if models_with_room == 0 {
                break;
            }
            if pairs[depth] < MAX_PAIRS {
                context = context.map(|context| {
                    let node = contexts.child_or_new(context, older);
                    contexts.count(node, symbol, true);
                    node
                });
                pairs[depth] += 1;
                models_with_room -= usize::from(pairs[depth] == MAX_PAIRS);
            } else {
                context = None;
            }
        }
    }
    hits
}
