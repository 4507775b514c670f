// SPDX-License-Identifier: GPL-2.0-or-later
//! Histograms of deltas.

use super::{Fault, MARKED, SERIES, draw, framed, px, range, short, styled};
use crate::error::ReportError;
use crate::result::Histogram;
use plotters::prelude::*;
use std::ops::Range;

/// Width of the left side of [`core_and_tail`], in CSS pixels.
const LEFT: u32 = 258;

/// All deltas on log axes that every target shares: `ticks` across, share of samples upwards.
pub(crate) fn common(
    histogram: &Histogram,
    ticks: Range<f64>,
    median_ticks: u64,
    label: &str,
) -> Result<String, ReportError> {
    draw("deltas", label, |area| {
        let total = (histogram.counts.iter().sum::<u64>() + histogram.outside).max(1) as f64;
        // One sample in a million is the least that a full run can show.
        let least = 5e-7;
        let mut chart =
            framed(area).build_cartesian_2d(ticks.log_scale(), (least..1.0).log_scale())?;
        styled(&mut chart.configure_mesh())
            .x_labels(6)
            .y_labels(6)
            .x_desc("delta (ticks, log)")
            .y_desc("share (log)")
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| percent(*v))
            .draw()?;
        chart.draw_series(bars(histogram).map(|(low, high, count)| {
            Rectangle::new(
                [(low, least), (high, (count as f64 / total).max(least))],
                SERIES.filled(),
            )
        }))?;
        let median = (median_ticks as f64).max(1.0);
        chart.draw_series(LineSeries::new(
            [(median, least), (median, 1.0)],
            MARKED.stroke_width(px(1)),
        ))?;
        Ok::<(), Fault>(())
    })
}

/// The common deltas on straight axes of their own.
pub(crate) fn core(histogram: &Histogram, label: &str) -> Result<String, ReportError> {
    draw("common deltas", label, |area| {
        let total = (histogram.counts.iter().sum::<u64>() + histogram.outside).max(1) as f64;
        let highest = histogram.counts.iter().max().map_or(0.0, |count| *count as f64 / total);
        let (first, last) = (histogram.edges_ticks.first(), histogram.edges_ticks.last());
        let across = range(first.copied().unwrap_or(0.0), last.copied().unwrap_or(1.0));
        let mut chart = framed(area).build_cartesian_2d(across, 0.0..(highest * 1.08).max(1e-9))?;
        styled(&mut chart.configure_mesh())
            .x_labels(5)
            .y_labels(5)
            .x_desc("delta (ticks)")
            .y_desc("share")
            .x_label_formatter(&|v| format!("{v:.0}"))
            .y_label_formatter(&|v| percent(*v))
            .draw()?;
        chart.draw_series(bars(histogram).map(|(low, high, count)| {
            // A gap of a tenth, so that neighbouring bins stay apart.
            let gap = (high - low) * 0.1;
            Rectangle::new([(low, 0.0), (high - gap, count as f64 / total)], SERIES.filled())
        }))?;
        Ok::<(), Fault>(())
    })
}

/// The common deltas to scale, and next to them the slow ones with both axes logarithmic. `tallest` is the height of
/// the left side, as a share; `highest_ticks` is where the right side ends.
pub(crate) fn core_and_tail(
    core: &Histogram,
    all: &Histogram,
    tallest: f64,
    highest_ticks: f64,
    label: &str,
) -> Result<String, ReportError> {
    draw("deltas", label, |area| {
        let (left, right) = area.split_horizontally(px(LEFT));
        let total = (core.counts.iter().sum::<u64>() + core.outside).max(1) as f64;
        let (first, last) = (core.edges_ticks.first(), core.edges_ticks.last());
        let across = range(first.copied().unwrap_or(0.0), last.copied().unwrap_or(1.0));
        let end = across.end;
        let mut chart = framed(&left)
            .margin_right(px(6))
            .y_label_area_size(px(52))
            .build_cartesian_2d(across, 0.0..(tallest * 1.08).max(1e-9))?;
        styled(&mut chart.configure_mesh())
            .x_labels(4)
            .y_labels(4)
            .x_desc("ticks")
            .x_label_formatter(&|v| format!("{v:.0}"))
            .y_label_formatter(&|v| percent((v * 1e4).round() / 1e4))
            .draw()?;
        chart.draw_series(bars(core).map(|(low, high, count)| {
            let gap = (high - low) * 0.1;
            Rectangle::new([(low, 0.0), (high - gap, count as f64 / total)], SERIES.filled())
        }))?;
        let least = 5e-7;
        let from = end.max(1.0);
        let to = (highest_ticks * 1.3).max(from * 10.0);
        let mut chart = framed(&right)
            .margin_right(px(10))
            .y_label_area_size(px(58))
            .build_cartesian_2d((from..to).log_scale(), (least..0.1).log_scale())?;
        styled(&mut chart.configure_mesh())
            .x_labels(3)
            .y_labels(4)
            .x_desc("ticks (log)")
            .x_label_formatter(&|v| short(*v))
            .y_label_formatter(&|v| percent(*v))
            .draw()?;
        chart.draw_series(bars(all).filter(|(_, high, _)| *high > from).map(
            |(low, high, count)| {
                let share = (count as f64 / total).clamp(least, 0.1);
                Rectangle::new([(low.max(from), least), (high, share)], MARKED.filled())
            },
        ))?;
        Ok::<(), Fault>(())
    })
}

/// Bins that hold anything: lower edge, upper edge, samples.
fn bars(histogram: &Histogram) -> impl Iterator<Item = (f64, f64, u64)> + '_ {
    histogram
        .edges_ticks
        .windows(2)
        .zip(&histogram.counts)
        .filter(|(_, count)| **count > 0)
        .map(|(edges, count)| (edges[0], edges[1], *count))
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent >= 1e-5 || percent == 0.0 {
        let text = format!("{percent:.5}");
        format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
    } else {
        format!("{percent:.0e}%")
    }
}
