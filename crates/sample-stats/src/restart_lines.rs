// SPDX-License-Identifier: GPL-2.0-or-later
//! Symbols of a restart matrix, and its worst row and column.

use serde::{Deserialize, Serialize};
use sp800_90b::symbols::CounterStep;

use crate::common_step::common_step;

/// The row or column of a restart matrix in which one value is most frequent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorstLine {
    /// Its number, from 0.
    pub index: u64,
    /// Times that its most frequent symbol occurs.
    pub count: u64,
}

/// Low 8 bits after the step that run and matrix have in common, so that both have the same symbols.
#[must_use]
pub fn symbols(delta_ticks: &[u64], raw_step: Option<&CounterStep>) -> Vec<u8> {
    let own = CounterStep::of(delta_ticks);
    let step = raw_step.map_or(own, |raw_step| common_step(raw_step, &own));
    delta_ticks.iter().map(|delta| (step.quotient(*delta) & 0xff) as u8).collect()
}

/// The worst row of `symbols`, row by row with so many columns; the first of several, none of none.
#[must_use]
pub fn worst_row(symbols: &[u8], columns: usize) -> Option<WorstLine> {
    let rows = symbols.len() / columns.max(1);
    worst(rows, columns, |row, column| symbols[row * columns + column])
}

/// The same for columns.
#[must_use]
pub fn worst_column(symbols: &[u8], columns: usize) -> Option<WorstLine> {
    let rows = symbols.len() / columns.max(1);
    worst(columns, rows, |column, row| symbols[row * columns + column])
}

fn worst(lines: usize, length: usize, symbol: impl Fn(usize, usize) -> u8) -> Option<WorstLine> {
    let mut worst: Option<WorstLine> = None;
    for line in 0..lines {
        let mut counts = [0u64; 256];
        (0..length).for_each(|at| counts[usize::from(symbol(line, at))] += 1);
        let count = counts.into_iter().max().unwrap_or(0);
        if worst.is_none_or(|w| count > w.count) {
            worst = Some(WorstLine { index: line as u64, count });
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_repeats_most_is_the_worst() {
        let symbols = [1, 2, 3, 1, 2, 4, 1, 5, 6, 7, 8, 8];
        assert_eq!(worst_column(&symbols, 3), Some(WorstLine { index: 0, count: 3 }));
        assert_eq!(worst_row(&symbols, 3), Some(WorstLine { index: 3, count: 2 }));
        assert_eq!(worst_row(&[], 3), None);
    }
}
