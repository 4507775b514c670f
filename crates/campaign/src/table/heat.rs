// SPDX-License-Identifier: GPL-2.0-or-later
//! A text heat map over two axes: the median over everything else, shaded by ratio between the lowest and the
//! highest. It shows assessed bits per second, or samples per second if no cell has an assessed min-entropy.

use entropy_report::result::Spread;

use super::text::{aligned, si};
use super::{Row, Table};
use crate::plan::{Axis, Plan, Value};

const SHADES: [&str; 5] = ["·", "░", "▒", "▓", "█"];

/// The map of two axes; `None` if fewer than two axes vary and none are named. By default the rows are the axis
/// with the most values, and the columns the one with the second most.
#[must_use]
pub fn heat_map(table: &Table, plan: &Plan, axes: Option<[Axis; 2]>) -> Option<String> {
    let [rows, columns] = axes.or_else(|| {
        let mut varying = plan.varying();
        // The sort is stable, so of axes with equally many values the first is used.
        varying.sort_by_key(|axis| std::cmp::Reverse(plan.values(*axis).len()));
        Some([*varying.first()?, *varying.get(1)?])
    })?;
    let assessed = table.rows.iter().any(|row| row.bits_per_s.is_some());
    let (what, figure): (_, fn(&Row) -> Option<Spread>) = if assessed {
        ("assessed bits per second", |row| row.bits_per_s)
    } else {
        ("samples per second", |row| row.samples_per_s)
    };
    let median = |row: &Value, column: &Value| {
        let of = table.rows.iter().filter(|setting| {
            setting.setting.get(rows) == Some(row) && setting.setting.get(columns) == Some(column)
        });
        Spread::of(of.map(|setting| figure(setting).map(|rate| rate.median)))
            .map(|spread| spread.median)
    };
    let (row_values, column_values) = (plan.values(rows), plan.values(columns));
    let figures: Vec<Vec<Option<f64>>> = row_values
        .iter()
        .map(|row| column_values.iter().map(|column| median(row, column)).collect())
        .collect();
    let known = || figures.iter().flatten().flatten().copied();
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(0.0, f64::max));
    let heading = std::iter::once(format!("{} \\ {}", rows.key(), columns.key()))
        .chain(column_values.iter().map(ToString::to_string))
        .collect();
    let lines = row_values.iter().zip(&figures).map(|(row, figures)| {
        let cells = figures.iter().map(|figure| match figure {
            Some(figure) => format!("{} {}", SHADES[shade(*figure, low, high)], si(*figure)),
            None => "  -".to_owned(),
        });
        std::iter::once(row.to_string()).chain(cells).collect()
    });
    let lines: Vec<Vec<String>> = std::iter::once(heading).chain(lines).collect();
    Some(format!(
        "{what}, median over all else ({} lowest to {} highest, in equal ratios):\n{}",
        SHADES[0],
        SHADES[4],
        aligned(&lines)
    ))
}

/// Steps of equal ratio: rates differ by orders of magnitude.
fn shade(figure: f64, low: f64, high: f64) -> usize {
    let (low, high) = (low.max(1.0).ln(), high.max(1.0).ln());
    if high <= low {
        return SHADES.len() - 1;
    }
    let place = (figure.max(1.0).ln() - low) / (high - low);
    ((place * SHADES.len() as f64) as usize).min(SHADES.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shades_go_by_ratio_from_the_lowest_to_the_highest() {
        let shades = [10.0, 99.0, 1e3, 1e4, 1e5].map(|figure| shade(figure, 10.0, 1e5));
        assert_eq!(shades, [0, 1, 2, 3, 4]);
        assert_eq!(shade(5.0, 5.0, 5.0), 4);
    }
}
