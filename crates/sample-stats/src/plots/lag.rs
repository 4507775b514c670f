// SPDX-License-Identifier: GPL-2.0-or-later
//! Each delta against the one after it.

use super::{Cells, Ranked};

/// Cells along each side of the plot, at most.
const SIDE: usize = 40;

/// Counts of successive pairs, both from the 1st to the 99th percentile.
#[must_use]
pub fn cells(delta_ticks: &[u64], ranked: &Ranked) -> Option<Cells> {
    if delta_ticks.len() < 2 {
        return None;
    }
    let (low, high) = (ranked.quantile(0.01), ranked.quantile(0.99));
    // Cells are a whole number of steps wide, or else some could never be met.
    let width =
        ((high - low) / ranked.step_ticks / SIDE as u64 + 1).saturating_mul(ranked.step_ticks);
    let side = ((high - low) / width) as usize + 1;
    let cell = |ticks: u64| (low..=high).contains(&ticks).then(|| ((ticks - low) / width) as usize);
    let mut values = vec![0.0; side * side];
    for pair in delta_ticks.windows(2) {
        if let (Some(x), Some(y)) = (cell(pair[0]), cell(pair[1])) {
            values[y * side + x] += 1.0;
        }
    }
    let range = [low as f64, low as f64 + width as f64 * side as f64];
    Some(Cells { columns: side, rows: side, x_range: range, y_range: range, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alternating_clock_fills_two_cells() {
        let deltas: Vec<u64> = (0..10_000).map(|i| 100 + 50 * (i % 2)).collect();
        let cells = cells(&deltas, &Ranked::new(&deltas, 50)).expect("there are pairs");
        assert_eq!(cells.values.iter().filter(|count| **count > 0.0).count(), 2);
        assert_eq!(cells.values.iter().sum::<f64>(), 9_999.0);
    }
    #[test]
    fn every_cell_can_be_met_and_they_are_few() {
        let deltas: Vec<u64> = (0..1_000u64).map(|i| 500 + 26 * (i * 7 % 500)).collect();
        let cells = cells(&deltas, &Ranked::new(&deltas, 26)).expect("there are pairs");
        assert!(cells.columns <= SIDE && cells.rows == cells.columns);
        let met = |row: &[f64]| row.iter().any(|count| *count > 0.0);
        assert!(cells.values.chunks(cells.columns).all(met));
    }
}
