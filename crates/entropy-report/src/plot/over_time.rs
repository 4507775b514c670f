// SPDX-License-Identifier: GPL-2.0-or-later
//! Deltas over the run.

use super::{BAND, Fault, SERIES, draw, framed, px, short, styled};
use crate::error::ReportError;
use crate::result::Envelope;
use plotters::prelude::*;

/// Smallest to largest delta as a band, the median as a line, on a log axis.
pub(crate) fn over_time(envelope: &Envelope, label: &str) -> Result<String, ReportError> {
    draw("deltas over time", label, |area| {
        let ticks = |series: &[u64]| -> Vec<f64> {
            series.iter().map(|ticks| (*ticks as f64).max(1.0)).collect()
        };
        let (low, middle, high) =
            (ticks(&envelope.min_ticks), ticks(&envelope.median_ticks), ticks(&envelope.max_ticks));
        let least = low.iter().copied().fold(f64::INFINITY, f64::min).max(1.0) * 0.8;
        let most = high.iter().copied().fold(1.0, f64::max) * 1.25;
        let stretch = envelope.stretch_samples as f64;
        let at = |i: usize| (i as f64 + 0.5) * stretch;
        let mut chart = framed(area)
            .build_cartesian_2d(0.0..low.len() as f64 * stretch, (least..most).log_scale())?;
        styled(&mut chart.configure_mesh())
            .x_labels(5)
            .y_labels(5)
            .x_desc("sample")
            .y_desc("delta (ticks, log)")
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| short(*v))
            .draw()?;
        let there = low.iter().enumerate().map(|(i, ticks)| (at(i), *ticks));
        let back = high.iter().enumerate().rev().map(|(i, ticks)| (at(i), *ticks));
        chart.draw_series([Polygon::new(there.chain(back).collect::<Vec<_>>(), BAND.filled())])?;
        chart.draw_series(LineSeries::new(
            middle.iter().enumerate().map(|(i, ticks)| (at(i), *ticks)),
            SERIES.stroke_width(px(2)),
        ))?;
        Ok::<(), Fault>(())
    })
}
