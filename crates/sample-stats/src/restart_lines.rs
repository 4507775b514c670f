// SPDX-License-Identifier: GPL-2.0-or-later
//! Symbols of a restart matrix, and its worst row and column.

use sp800_90b::symbols::CounterStep;

use crate::common_step::common_step;
use crate::plots::restart_blocks::Matrix;

/// The line (row or column) with the most frequent symbol, counted from 0, and how often it occurs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Worst {
    pub index: u64,
    pub count: u64,
}

/// Low 8 bits after the step that run and matrix have in common, so that both have the same symbols.
#[must_use]
pub fn symbols(matrix: Matrix<'_>, raw_step: Option<&CounterStep>) -> Vec<u8> {
    let own = CounterStep::of(matrix.delta_ticks);
    let step = raw_step.map_or(own, |raw_step| common_step(raw_step, &own));
    matrix.delta_ticks.iter().map(|delta| (step.quotient(*delta) & 0xff) as u8).collect()
}

/// The worst row of `symbols`, row by row with so many columns; the first of several, none of none.
#[must_use]
pub fn worst_row(symbols: &[u8], columns: usize) -> Option<Worst> {
    let rows = symbols.len() / columns.max(1);
    worst(rows, columns, |row, column| symbols[row * columns + column])
}

/// The same for columns.
#[must_use]
pub fn worst_column(symbols: &[u8], columns: usize) -> Option<Worst> {
    let rows = symbols.len() / columns.max(1);
    worst(columns, rows, |column, row| symbols[row * columns + column])
}

fn worst(lines: usize, length: usize, symbol: impl Fn(usize, usize) -> u8) -> Option<Worst> {
    let mut worst: Option<Worst> = None;
    for line in 0..lines {
        let mut counts = [0u64; 256];
        (0..length).for_each(|at| counts[usize::from(symbol(line, at))] += 1);
        let count = counts.into_iter().max().unwrap_or(0);
        if worst.is_none_or(|w| count > w.count) {
            worst = Some(Worst { index: line as u64, count });
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
        assert_eq!(worst_column(&symbols, 3), Some(Worst { index: 0, count: 3 }));
        assert_eq!(worst_row(&symbols, 3), Some(Worst { index: 3, count: 2 }));
        assert_eq!(worst_row(&[], 3), None);
    }
}
