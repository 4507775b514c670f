// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every predictor that is tried, family by family.

use super::contexts::Contexts;
use super::field::{Field, JOINED_ORDERS, Tried, quantiles};
use super::formula::{self, FORMULAS, Recurrence};
use super::guesses::Guesses;
use super::knowledge::Knowledge;
use super::repeats::Follower;
use super::scan;
use super::side;

/// The longest context of past samples.
const LONGEST_ORDER: usize = 16;
/// Counts fade with this many samples in the predictors that follow a drift.
const MEMORY: u32 = 4_096;
/// What the scans hand over.
const SCANNED_LAGS: usize = 8;
const SCANNED_LENGTHS: usize = 8;
const SCANNED_TIMES: usize = 4;
/// Whole deltas are contexts too where the low bits lose more than one delta in this many.
const CUT_ONE_IN: usize = 1_000;

/// Tries them all; samples from `begin` on are scored.
pub(super) fn all(known: &Knowledge, begin: usize) -> Vec<Tried> {
    let mut field = Field::new(known, begin);
    field.past();
    field.drift();
    field.differences();
    field.lags();
    field.positions();
    field.formulas();
    side::columns(&mut field);
    side::boots(&mut field);
    field.choices();
    field.tried
}

impl Field<'_> {
    /// Orders 0 to 16. A context that is new gets the guess of the next shorter one.
    fn past(&mut self) {
        let symbols = Contexts::of_symbols(self.symbols);
        self.chain("the last {} symbols", &symbols, &(0..=LONGEST_ORDER).collect::<Vec<_>>(), true);
        let Some(quotients) = &self.known.quotients else { return };
        let mask = self.mask();
        let cut = quotients.iter().filter(|&&quotient| quotient > mask).count();
        if cut * CUT_ONE_IN > quotients.len() {
            let whole = Contexts::of_values(quotients);
            self.chain(
                "the last {} deltas",
                &whole,
                &(1..=LONGEST_ORDER).collect::<Vec<_>>(),
                false,
            );
        }
        for (name, levels, orders) in [
            ("above or below the median, last {}", 2, [4, 8, 12, 16]),
            ("quarters, last {}", 4, [2, 4, 6, 8]),
        ] {
            let coarse = quantiles(quotients, levels);
            self.chain(name, &coarse, &orders, false);
        }
    }

    /// Contexts of more and more past values, each joined to the one before; `orders` of them are scored.
    fn chain(&mut self, name: &str, values: &Contexts, orders: &[usize], exact: bool) {
        let mut contexts = Contexts::none(self.symbols.len());
        let mut shorter: Option<Guesses> = None;
        for order in 0..=orders.last().copied().unwrap_or(0) {
            if order > 0 {
                contexts = values.earlier(1).joined(&contexts.earlier(1));
            }
            if exact && (1..=JOINED_ORDERS).contains(&order) {
                self.orders.push(contexts.clone());
            }
            if !orders.contains(&order) {
                continue;
            }
            let fallback = shorter.as_ref().unwrap_or(&self.base);
            let guesses = Guesses::by_counting(&contexts, self.symbols, Some(fallback), None);
            self.by_order.offer(&guesses, self.symbols);
            let name = match order {
                0 => "order 0: the most common symbol".to_owned(),
                _ => format!("order {order}: {}", name.replace("{}", &order.to_string())),
            };
            self.score(name, &guesses);
            shorter = Some(guesses);
        }
    }

    /// Orders 0 to 2 that forget, for noise that drifts.
    fn drift(&mut self) {
        for order in 0..JOINED_ORDERS {
            let contexts = &self.orders[order];
            let guesses =
                Guesses::by_counting(contexts, self.symbols, Some(&self.base), Some(MEMORY));
            self.score(format!("order {order}, recent samples only"), &guesses);
        }
    }

    /// Symbols that are a known step away from the last one, or from where the last two point to.
    fn differences(&mut self) {
        let symbols = self.symbols;
        let last = |at: usize| at.checked_sub(1).map_or(0, |at| symbols[at]);
        self.steps_from("difference", 2, last);
        self.steps_from("second difference", 1, |at| {
            let before = at.checked_sub(2).map_or(0, |at| symbols[at]);
            last(at).wrapping_mul(2).wrapping_sub(before)
        });
    }

    /// Counts the steps from `origin` in contexts of the last 0 to `highest` steps.
    fn steps_from(&mut self, name: &str, highest: usize, origin: impl Fn(usize) -> u8) {
        let mask = self.mask() as u8;
        let steps: Vec<u8> = (0..)
            .zip(self.symbols)
            .map(|(at, symbol)| symbol.wrapping_sub(origin(at)) & mask)
            .collect();
        let values = Contexts::of_symbols(&steps);
        let mut contexts = Contexts::none(steps.len());
        for order in 0..=highest {
            if order > 0 {
                contexts = values.earlier(1).joined(&contexts.earlier(1));
            }
            let mut guesses = Guesses::by_counting(&contexts, &steps, None, None);
            for (at, guess) in guesses.symbols.iter_mut().enumerate() {
                *guess = guess.wrapping_add(origin(at)) & mask;
            }
            self.score(format!("{name}, order {order}"), &guesses);
        }
    }

    /// The sample so many samples ago: as it was, and what usually followed it.
    fn lags(&mut self) {
        let found = scan::lags(&self.symbols[..self.begin], SCANNED_LAGS);
        let mut lags: Vec<usize> = (2..=8).chain([16]).collect();
        lags.extend(self.known.windows.iter().copied());
        lags.extend(&found);
        lags.retain(|&lag| lag > 0 && lag < self.symbols.len());
        lags.sort_unstable();
        lags.dedup();
        let values = Contexts::of_symbols(self.symbols);
        for lag in lags {
            self.count(format!("lag {lag}"), &values.earlier(lag));
        }
        for &lag in found.iter().take(SCANNED_LAGS / 2) {
            let symbols = self.symbols;
            self.rule(format!("the same as {lag} samples ago"), |at| {
                Some(symbols[at.checked_sub(lag)?])
            });
            let joined = self.orders[1].joined(&values.earlier(lag));
            self.count(format!("lag {lag} and order 1"), &joined);
        }
        let mut follower = Follower::learning(self.symbols, 24);
        self.rule("the last repeat of 24 symbols", |at| follower.next_in_own_past(at));
    }

    /// The position modulo block, window and walk lengths, and the time modulo lengths that the scan finds.
    fn positions(&mut self) {
        let samples = self.symbols.len();
        let training = &self.symbols[..self.begin];
        let scanned = scan::lengths(training, SCANNED_LENGTHS);
        let mut strongest: Vec<usize> = self.known.windows.clone();
        strongest.extend(scanned.iter().take(SCANNED_LENGTHS / 2));
        let mut lengths: Vec<usize> = (1..=16).map(|exponent| 1 << exponent).collect();
        lengths.extend(scanned);
        lengths.extend(&strongest);
        // A position that does not come up in both halves says nothing.
        let useful = |length: &usize| (2..=samples / 4).contains(length);
        lengths.retain(useful);
        strongest.retain(useful);
        for list in [&mut lengths, &mut strongest] {
            list.sort_unstable();
            list.dedup();
        }
        let position = |length: usize| {
            Contexts::numbered(length, (0..samples).map(move |at| (at % length) as u32))
        };
        for &length in &lengths {
            self.count(format!("position modulo {length}"), &position(length));
        }
        for &length in &strongest {
            let joined = position(length).joined(&self.orders[1]);
            self.count(format!("position modulo {length} and order 1"), &joined);
        }
        self.elapsed();
    }

    /// The time since the first sample modulo a length: for what repeats in time and not in samples.
    fn elapsed(&mut self) {
        let Some(deltas) = &self.known.deltas else { return };
        let elapsed: Vec<u64> = deltas
            .iter()
            .scan(0_u64, |now, &delta| Some(std::mem::replace(now, now.wrapping_add(delta))))
            .collect();
        let begin = self.begin;
        let mut lengths =
            scan::elapsed_lengths(&elapsed[..begin], &self.symbols[..begin], SCANNED_TIMES);
        lengths.extend((1..=16).map(|exponent| 1_u64 << exponent));
        lengths.sort_unstable();
        lengths.dedup();
        for length in lengths {
            let phases = elapsed.iter().map(|&time| (time % length) as u32);
            let contexts = Contexts::numbered(length as usize, phases);
            self.count(format!("elapsed ticks modulo {length}"), &contexts);
        }
    }

    /// Counters that follow a formula.
    fn formulas(&mut self) {
        let known = self.known;
        let own: Vec<u64>;
        let values = if let Some(deltas) = &known.deltas {
            deltas
        } else {
            own = self.symbols.iter().map(|&symbol| u64::from(symbol)).collect();
            &own
        };
        let mask = self.mask();
        let symbol =
            |value: u64| (known.step.map_or(value, |step| step.quotient(value)) & mask) as u8;
        for (name, terms) in FORMULAS {
            self.rule(name, |at| formula::by_formula(terms, values, at).map(symbol));
        }
        if let Some(found) = Recurrence::find(&values[..self.begin]) {
            self.rule(format!("linear recurrence of order {}", found.order()), |at| {
                found.next(values, at).map(symbol)
            });
        }
    }

    /// For each sample the predictor that has shown itself the most reliable in its place.
    fn choices(&mut self) {
        for (name, choice) in [
            ("the best order for each sample", &self.by_order),
            ("the best predictor for each sample", &self.of_all),
        ] {
            self.tried.push(Tried { name: name.to_owned(), hits: choice.hits(self.symbols) });
        }
    }
}
