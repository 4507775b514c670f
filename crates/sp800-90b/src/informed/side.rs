// SPDX-License-Identifier: MIT OR Apache-2.0
//! Predictors that use side information: what the program determines, and other boots of the same machine.

use super::contexts::Contexts;
use super::field::{Field, JOINED_ORDERS, quantiles};
use super::repeats::Follower;
use super::scan;

/// Columns with more different values than this are also tried in coarser forms.
const FEW_VALUES: usize = 4_096;
/// Pairs of columns are joined up to this many columns.
const MOST_PAIRED_COLUMNS: usize = 4;

/// Columns, alone and joined with the past, with themselves and with each other.
pub(super) fn columns(field: &mut Field<'_>) {
    let known = field.known;
    let columns: Vec<(&str, Contexts)> = known
        .columns
        .iter()
        .map(|(name, values)| (name.as_str(), Contexts::of_values(values)))
        .collect();
    for ((name, contexts), (_, values)) in columns.iter().zip(&known.columns) {
        field.count(format!("column {name}"), contexts);
        for order in 1..=JOINED_ORDERS {
            let joined = contexts.joined(&field.orders[order]);
            field.count(format!("column {name} and order {order}"), &joined);
        }
        let both = contexts.joined(&contexts.earlier(1));
        field.count(format!("column {name} and its last value"), &both);
        if contexts.kinds() > FEW_VALUES {
            for bits in [6, 12] {
                let low = values.iter().map(|value| (value % (1 << bits)) as u32);
                let low = Contexts::numbered(1 << bits, low);
                field.count(format!("column {name}, low {bits} bits"), &low);
            }
            field.count(format!("column {name}, 256 classes"), &quantiles(values, 256));
        }
    }
    let pairs = if columns.len() <= MOST_PAIRED_COLUMNS { columns.len() } else { 0 };
    for (at, (name, contexts)) in columns.iter().enumerate().take(pairs) {
        for (other, others) in &columns[at + 1..] {
            let joined = contexts.joined(others);
            field.count(format!("columns {name} and {other}"), &joined);
            let past = joined.joined(&field.orders[1]);
            field.count(format!("columns {name} and {other} and order 1"), &past);
        }
    }
    if columns.len() > 2 {
        let mut all = columns[0].1.clone();
        columns[1..].iter().for_each(|(_, contexts)| all = all.joined(contexts));
        field.count("all columns", &all);
        let past = all.joined(&field.orders[1]);
        field.count("all columns and order 1", &past);
    }
}

/// Other boots: the sample of the same number, the aligned one, and what followed the same samples.
pub(super) fn boots(field: &mut Field<'_>) {
    let known = field.known;
    for (name, boot) in &known.boots {
        let shift = scan::shift(&field.symbols[..field.begin], boot);
        let mut shifts = vec![0, shift];
        shifts.dedup();
        for shift in shifts {
            let there = |at: usize| {
                let symbol = at.checked_add_signed(shift).and_then(|at| boot.get(at));
                symbol.map_or(256, |&symbol| u32::from(symbol))
            };
            let contexts = Contexts::numbered(257, (0..field.symbols.len()).map(there));
            let what = format!("{name}, {shift:+} samples");
            field.count(&what, &contexts);
            for order in 1..=2 {
                let joined = contexts.joined(&field.orders[order]);
                field.count(format!("{what} and order {order}"), &joined);
            }
        }
        let symbols = field.symbols;
        for length in [8, 16] {
            let mut follower = Follower::known(boot, length);
            field.rule(format!("{name}, after the same {length} symbols"), |at| {
                follower.next_of(symbols, at)
            });
        }
    }
}
