// SPDX-License-Identifier: GPL-2.0-or-later
//! Autocorrelation and spectrum.

use super::{BAND, Fault, INK, SERIES, draw, framed, px, short, styled};
use crate::error::ReportError;
use crate::result::Line;
use plotters::prelude::*;

/// A stem per lag, over the band in which an independent source stays.
pub(crate) fn autocorrelation(line: &Line, label: &str) -> Result<String, ReportError> {
    draw("autocorrelation", label, |area| {
        let size = line.y.iter().fold(4.0 * line.band, |size, y| size.max(y.abs())) * 1.1;
        let last = line.x.last().copied().unwrap_or(1.0) + 1.0;
        let mut chart = framed(area).build_cartesian_2d(0.0..last, -size..size)?;
        styled(&mut chart.configure_mesh())
            .x_labels(8)
            .y_labels(5)
            .x_desc("lag (samples)")
            .y_desc("correlation")
            .x_label_formatter(&|v| format!("{v:.0}"))
            .y_label_formatter(&|v| short(*v))
            .draw()?;
        chart
            .draw_series([Rectangle::new([(0.0, -line.band), (last, line.band)], BAND.filled())])?;
        chart.draw_series(line.x.iter().zip(&line.y).map(|(x, y)| {
            Rectangle::new([(x - 0.3, y.min(0.0)), (x + 0.3, y.max(0.0))], SERIES.filled())
        }))?;
        chart.draw_series(LineSeries::new([(0.0, 0.0), (last, 0.0)], INK.stroke_width(px(1))))?;
        Ok::<(), Fault>(())
    })
}

/// Power by frequency, relative to a flat spectrum, on a log axis.
pub(crate) fn spectrum(line: &Line, label: &str) -> Result<String, ReportError> {
    draw("spectrum", label, |area| {
        let low = line.y.iter().copied().fold(0.1, f64::min).max(1e-6);
        let high = line.y.iter().copied().fold(10.0, f64::max) * 1.3;
        let mut chart = framed(area).build_cartesian_2d(0.0..0.5, (low..high).log_scale())?;
        styled(&mut chart.configure_mesh())
            .x_labels(6)
            .y_labels(5)
            .x_desc("frequency (cycles per sample)")
            .y_desc("power / flat (log)")
            .x_label_formatter(&|v| format!("{v:.1}"))
            .y_label_formatter(&|v| short(*v))
            .draw()?;
        chart.draw_series(LineSeries::new([(0.0, 1.0), (0.5, 1.0)], INK.stroke_width(px(1))))?;
        chart.draw_series(LineSeries::new(
            line.x.iter().zip(&line.y).map(|(x, y)| (*x, y.max(1e-6))),
            SERIES.stroke_width(px(2)),
        ))?;
        Ok::<(), Fault>(())
    })
}
