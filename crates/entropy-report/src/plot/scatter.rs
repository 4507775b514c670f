// SPDX-License-Identifier: GPL-2.0-or-later
//! "Looks random" against "is unpredictable", on one picture.

use super::{Fault, GRID, INK, MARKED, SERIES, draw, letters, px, short};
use crate::error::ReportError;
use plotters::prelude::*;

/// One target under one condition.
#[derive(Debug)]
pub(crate) struct Point {
    /// The number that stands in the picture; the table below says whose it is.
    pub number: usize,
    /// Share of the output tests that its stream passed, 0 to 1.
    pub passed: f64,
    /// Fresh min-entropy per output bit, 0 to 1.
    pub fresh: f64,
}

/// Fresh share across on a log axis with a place for 0, share of output tests passed upwards.
pub(crate) fn scatter(points: &[Point], label: &str) -> Result<String, ReportError> {
    draw("looks against unpredictability", label, |area| {
        let least = 1e-5;
        let mut chart = ChartBuilder::on(area)
            .margin(px(6))
            .margin_right(px(16))
            .margin_top(px(10))
            .x_label_area_size(px(42))
            .y_label_area_size(px(56))
            .build_cartesian_2d((least..2.0).log_scale(), -0.1..1.45)?;
        chart
            .configure_mesh()
            .axis_style(INK)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID.stroke_width(px(1)))
            .label_style(letters())
            .axis_desc_style(letters())
            .x_labels(6)
            .y_labels(4)
            .x_desc("fresh min-entropy (bits per output bit, log; left edge is 0)")
            .y_desc("tests passed")
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| {
                if (-0.01..=1.01).contains(v) {
                    format!("{:.0}%", v * 100.0)
                } else {
                    String::new()
                }
            })
            .draw()?;
        // Points too near to be told apart are stacked, so that each number can be read.
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for point in points {
            let x = point.fresh.max(least * 1.5);
            let near = |other: &&(f64, f64)| {
                (other.0 - x.log10()).abs() < 0.3 && (other.1 - point.passed).abs() < 0.1
            };
            let above = taken.iter().filter(near).count();
            taken.push((x.log10(), point.passed));
            let at = (x, point.passed + above as f64 * 0.13);
            let colour = if point.fresh == 0.0 { MARKED } else { SERIES };
            chart.draw_series([Circle::new(at, px(5), colour.filled())])?;
            let shifted = EmptyElement::at(at)
                + Text::new(point.number.to_string(), (px(8) as i32, -(px(6) as i32)), letters());
            chart.draw_series([shifted])?;
        }
        Ok::<(), Fault>(())
    })
}
