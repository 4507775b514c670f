// SPDX-License-Identifier: GPL-2.0-or-later
//! Values on a grid: lag plot and restart matrix.

use super::{Fault, HEAT, MARKED, draw, framed, px, range, short, styled};
use crate::error::ReportError;
use crate::result::Cells;
use plotters::prelude::*;

/// Each delta against the next: the more pairs fall into a cell, the stronger it is. Empty cells stay empty.
pub(crate) fn lag(cells: &Cells, label: &str) -> Result<String, ReportError> {
    let most = cells.values.iter().copied().fold(1.0, f64::max);
    // By logarithm, so that what is rare shows next to what is common.
    let step = |count: f64| (count > 0.0).then(|| (count.ln_1p() / most.ln_1p()).clamp(0.0, 1.0));
    grid("lag plot", label, cells, ["delta (ticks)", "next delta (ticks)"], step, None, None)
}

/// Mean delta by block, low to high, with the worst row and column pointed out.
pub(crate) fn restarts(
    cells: &Cells,
    worst_row: Option<u64>,
    worst_column: Option<u64>,
    label: &str,
) -> Result<String, ReportError> {
    let low = cells.values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = cells.values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let step = |mean: f64| Some(if high > low { (mean - low) / (high - low) } else { 0.0 });
    let axes = ["sample after the restart", "restart"];
    grid("restart matrix", label, cells, axes, step, worst_row, worst_column)
}

fn grid(
    what: &'static str,
    label: &str,
    cells: &Cells,
    axes: [&str; 2],
    step: impl Fn(f64) -> Option<f64>,
    worst_row: Option<u64>,
    worst_column: Option<u64>,
) -> Result<String, ReportError> {
    draw(what, label, |area| {
        let across = range(cells.x_range[0], cells.x_range[1]);
        let up = range(cells.y_range[0], cells.y_range[1]);
        let width = (across.end - across.start) / cells.columns.max(1) as f64;
        let height = (up.end - up.start) / cells.rows.max(1) as f64;
        let mut chart = framed(area).build_cartesian_2d(across.clone(), up.clone())?;
        styled(&mut chart.configure_mesh())
            .disable_mesh()
            .x_labels(5)
            .y_labels(5)
            .x_desc(axes[0])
            .y_desc(axes[1])
            .x_label_formatter(&|v| short(v.round()))
            .y_label_formatter(&|v| short(v.round()))
            .draw()?;
        for (row, values) in cells.values.chunks(cells.columns.max(1)).enumerate() {
            let steps: Vec<Option<usize>> = values
                .iter()
                .map(|v| step(*v).map(|s| (s * (HEAT.len() - 1) as f64).round() as usize))
                .collect();
            let mut column = 0;
            // Neighbours of the same step are one rectangle: a matrix is large, and a page should be small.
            for same in steps.chunk_by(|a, b| a == b) {
                let (from, to) = (column, column + same.len());
                column = to;
                if let Some(colour) = same[0].and_then(|step| HEAT.get(step)) {
                    let x = |at: usize| across.start + at as f64 * width;
                    let y = |at: usize| up.start + at as f64 * height;
                    let corners = [(x(from), y(row)), (x(to), y(row + 1))];
                    chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                }
            }
        }
        let mark = MARKED.stroke_width(px(1));
        if let Some(row) = worst_row {
            let y = row as f64 + 0.5;
            chart.draw_series(LineSeries::new([(across.start, y), (across.end, y)], mark))?;
        }
        if let Some(column) = worst_column {
            let x = column as f64 + 0.5;
            chart.draw_series(LineSeries::new([(x, up.start), (x, up.end)], mark))?;
        }
        Ok::<(), Fault>(())
    })
}
