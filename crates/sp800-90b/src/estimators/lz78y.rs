// SPDX-License-Identifier: GPL-2.0-or-later
//! LZ78Y prediction estimate, SP 800-90B §6.3.10.

use super::context_trie::{ContextTrie, Node, ROOT};
use super::lz78y_binary::lz78y_binary;
use super::predictor::{Hits, Predictor};
use crate::Outcome;

/// The longest context in samples (§6.3.10: B = 16).
pub(super) const LONGEST: usize = 16;
/// Most contexts in the dictionary (§6.3.10: maxDictionarySize).
pub(super) const MAX_CONTEXTS: u32 = 65_536;

/// Predicts each sample from a dictionary of the contexts seen first (§6.3.10); needs 18 samples.
#[must_use]
pub fn lz78y(symbols: &[u8], alphabet_size: usize) -> Outcome<Predictor> {
    let needed = LONGEST + 2;
    if symbols.len() < needed {
        return Outcome::too_few(format!(
            "the first prediction needs {needed} samples or more, and there are {}",
            symbols.len()
        ));
    }
    let hits = if alphabet_size <= 2 { lz78y_binary(symbols) } else { lz78y_of_many(symbols) };
    Outcome::Value(hits.estimate((symbols.len() - LONGEST - 1) as u64, alphabet_size))
}

fn lz78y_of_many(symbols: &[u8]) -> Hits {
    let mut contexts = ContextTrie::new();
    let mut dictionary_len = 0_u32;
    let mut hits = Hits::default();
    let mut path = [ROOT; LONGEST];
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
    let mut context = ROOT;
    for (known, &older) in before.iter().rev().enumerate() {
        let longer = if room {
            Some(contexts.child_or_new(context, older))
        } else {
            contexts.child(context, older)
        };
        let Some(longer) = longer else { return known };
        path[known] = longer;
        context = longer;
    }
    LONGEST
}
