// SPDX-License-Identifier: GPL-2.0-or-later
//! A restart matrix in blocks: columns that differ are a warm-up, rows that differ are restarts unlike others.

use super::{Cells, Ranked};

/// Raw noise after restarts, row by row.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    /// Restarts.
    pub rows: usize,
    /// Samples after each.
    pub columns: usize,
    /// `rows` x `columns` deltas, in ticks.
    pub delta_ticks: &'a [u64],
}

/// Blocks along each side of the plot.
const SIDE: usize = 40;

/// Mean delta of each block, the rarest 1 % at either end of all deltas pulled in.
pub(super) fn blocks(matrix: Matrix<'_>) -> Option<Cells> {
    let (rows, columns) = (matrix.rows.min(SIDE), matrix.columns.min(SIDE));
    if rows == 0 || columns == 0 {
        return None;
    }
    let ranked = Ranked::new(matrix.delta_ticks, 1);
    let (low, high) = (ranked.quantile(0.01), ranked.quantile(0.99));
    let mut sums = vec![(0.0, 0.0); rows * columns];
    for (row, deltas) in matrix.delta_ticks.chunks_exact(matrix.columns).enumerate() {
        for (column, delta) in deltas.iter().enumerate() {
            let block = (row * rows / matrix.rows) * columns + column * columns / matrix.columns;
            sums[block].0 += (*delta).clamp(low, high) as f64;
            sums[block].1 += 1.0;
        }
    }
    Some(Cells {
        columns,
        rows,
        x_range: [0.0, matrix.columns as f64],
        y_range: [0.0, matrix.rows as f64],
        values: sums.iter().map(|(sum, count)| sum / count).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warm_up_is_a_column() {
        let delta_ticks: Vec<u64> =
            (0..100_000u64).map(|i| if i % 1_000 < 25 { 900 } else { 100 }).collect();
        let matrix = Matrix { rows: 100, columns: 1_000, delta_ticks: &delta_ticks };
        let cells = blocks(matrix).expect("it is not empty");
        assert_eq!((cells.rows, cells.columns), (40, 40));
        assert!(cells.values.chunks(40).all(|row| row[0] == 900.0 && row[1] == 100.0));
    }
}
