// SPDX-License-Identifier: MIT OR Apache-2.0
//! Where predictors meet the samples: each one is scored, offered to the choices among all, and dropped.

use super::contexts::Contexts;
use super::guesses::{Choice, Guesses};
use super::knowledge::Knowledge;

/// The longest context that side information is joined with.
pub(super) const JOINED_ORDERS: usize = 3;

/// Hits of one predictor on the scored half.
pub(super) struct Tried {
    pub(super) name: String,
    pub(super) hits: u64,
}

/// The samples, the score so far, and what predictors have in common.
pub(super) struct Field<'a> {
    pub(super) known: &'a Knowledge,
    pub(super) symbols: &'a [u8],
    pub(super) begin: usize,
    pub(super) tried: Vec<Tried>,
    pub(super) base: Guesses,
    pub(super) by_order: Choice,
    pub(super) of_all: Choice,
    /// Contexts of the last 0 to [`JOINED_ORDERS`] symbols.
    pub(super) orders: Vec<Contexts>,
}

impl<'a> Field<'a> {
    pub(super) fn new(known: &'a Knowledge, begin: usize) -> Self {
        let symbols = known.symbols.raw();
        let none = Contexts::none(symbols.len());
        Self {
            known,
            symbols,
            begin,
            tried: Vec::new(),
            base: Guesses::by_counting(&none, symbols, None, None),
            by_order: Choice::new(symbols.len(), begin),
            of_all: Choice::new(symbols.len(), begin),
            orders: vec![none],
        }
    }

    pub(super) fn score(&mut self, name: impl Into<String>, guesses: &Guesses) {
        self.of_all.offer(guesses, self.symbols);
        self.tried.push(Tried { name: name.into(), hits: guesses.hits(self.symbols, self.begin) });
    }

    /// The bits of a symbol.
    pub(super) fn mask(&self) -> u64 {
        u64::from(u8::MAX >> (8 - self.known.symbols.bits_per_symbol()))
    }

    /// Counts in `contexts`; a new context gets the guess of order 0.
    pub(super) fn count(&mut self, name: impl Into<String>, contexts: &Contexts) {
        let guesses = Guesses::by_counting(contexts, self.symbols, Some(&self.base), None);
        self.score(name, &guesses);
    }

    pub(super) fn rule(&mut self, name: impl Into<String>, rule: impl FnMut(usize) -> Option<u8>) {
        let guesses = Guesses::by_rule(self.symbols, &self.base, rule);
        self.score(name, &guesses);
    }
}

/// Values in classes of about the same number of samples.
pub(super) fn quantiles(values: &[u64], classes: usize) -> Contexts {
    let mut ordered = values.to_vec();
    ordered.sort_unstable();
    let mut borders: Vec<u64> =
        (1..classes).map(|class| ordered[(ordered.len() - 1) * class / classes]).collect();
    borders.dedup();
    let class = |value: &u64| borders.partition_point(|border| border < value) as u32;
    Contexts::numbered(classes, values.iter().map(class))
}
