// SPDX-License-Identifier: GPL-2.0-or-later
//! Plots as inline SVG, from reduced data.
//!
//! Drawn by crate plotters. Colours here are roles, not colours: each is a value that occurs nowhere else, and the
//! page's style sheet gives it its colour, so that one drawing serves light, dark and print.

mod cells;
mod histogram;
mod lines;
mod over_time;

pub(crate) use cells::{lag, restarts};
pub(crate) use histogram::{common as histogram_common, core, core_and_tail};
pub(crate) use lines::{autocorrelation, spectrum};
pub(crate) use over_time::over_time;

use crate::error::ReportError;
use plotters::chart::MeshStyle;
use plotters::coord::Shift;
use plotters::coord::ranged1d::Ranged;
use plotters::prelude::*;

/// Units of the drawing per CSS pixel: plotters rounds to whole units, and a pixel is too coarse for a thin bar.
const UNITS: u32 = 4;
/// Width of a plot in CSS pixels, before the page scales it.
const WIDTH: u32 = 440;
/// Height of a plot in CSS pixels.
const HEIGHT: u32 = 250;

/// Length of the mark next to a label, in units: it keeps labels of two axes apart where they meet.
const TICK: u32 = px(4);

/// Axes and letters.
const INK: RGBColor = RGBColor(0, 0, 1);
/// Grid lines.
const GRID: RGBColor = RGBColor(0, 0, 2);
/// What is shown.
const SERIES: RGBColor = RGBColor(0, 0, 3);
/// What surrounds it: a band, a range.
const BAND: RGBColor = RGBColor(0, 0, 4);
/// What is pointed out.
const MARKED: RGBColor = RGBColor(0, 0, 5);
/// Steps of a heat map, low to high.
const HEAT: [RGBColor; 6] = [
    RGBColor(0, 0, 16),
    RGBColor(0, 0, 17),
    RGBColor(0, 0, 18),
    RGBColor(0, 0, 19),
    RGBColor(0, 0, 20),
    RGBColor(0, 0, 21),
];

/// The drawing area while a plot is made.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Whatever plotters says when it fails.
type Fault = Box<dyn std::error::Error>;

/// Pixels in units of the drawing.
const fn px(pixels: u32) -> u32 {
    pixels * UNITS
}

fn letters() -> TextStyle<'static> {
    ("sans-serif", px(15)).into_font().color(&INK)
}

/// A chart with room for its labels.
fn framed<'a, 'b>(area: &'a Area<'b>) -> ChartBuilder<'a, 'b, SVGBackend<'b>> {
    let mut chart = ChartBuilder::on(area);
    chart
        .margin(px(6))
        .margin_top(px(12))
        .margin_right(px(20))
        .x_label_area_size(px(42))
        .y_label_area_size(px(66));
    chart
}

/// Axes and grid as every plot has them.
fn styled<'m, 'a, 'c, 's, X: Ranged, Y: Ranged>(
    mesh: &'m mut MeshStyle<'a, 'c, X, Y, SVGBackend<'s>>,
) -> &'m mut MeshStyle<'a, 'c, X, Y, SVGBackend<'s>> {
    mesh.set_all_tick_mark_size(TICK)
        .axis_style(INK)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID.stroke_width(px(1)))
        .label_style(letters())
        .axis_desc_style(letters())
}

/// Makes one plot; `label` describes it for readers who do not see it.
fn draw(
    what: &'static str,
    label: &str,
    fill: impl FnOnce(&Area<'_>) -> Result<(), Fault>,
) -> Result<String, ReportError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (px(WIDTH), px(HEIGHT))).into_drawing_area();
        fill(&area)
            .and_then(|()| area.present().map_err(Into::into))
            .map_err(|why| ReportError::Plot { what, why: why.to_string() })?;
    }
    Ok(inline(&svg, label))
}

/// As a part of a page: no name space, no fixed size, a label, and none of what every element says by default.
fn inline(svg: &str, label: &str) -> String {
    let body = svg.find('>').map_or(svg, |end| &svg[end + 1..]);
    let body = body
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "");
    let label = maud::html! { (label) }.into_string();
    format!(
        "<svg role=\"img\" aria-label=\"{label}\" viewBox=\"0 0 {} {}\">{body}",
        px(WIDTH),
        px(HEIGHT)
    )
}

/// A number of ticks for an axis: `500`, `2k`, `1.5M`.
fn short(value: f64) -> String {
    // A place on an axis is reached by adding steps, and 0 is missed by a rounding error.
    let value = if value.abs() < 1e-12 { 0.0 } else { value };
    let scaled = |by: f64, unit: &str| {
        let text = format!("{:.1}", value / by);
        format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
    };
    match value.abs() {
        size if size >= 1e15 => format!("{value:.0e}"),
        size if size >= 1e12 => scaled(1e12, "T"),
        size if size >= 1e9 => scaled(1e9, "G"),
        size if size >= 1e6 => scaled(1e6, "M"),
        size if size >= 1e3 => scaled(1e3, "k"),
        size if size >= 1.0 || size == 0.0 => scaled(1.0, ""),
        size if size >= 1e-3 => {
            let text = format!("{value:.3}");
            text.trim_end_matches('0').to_owned()
        }
        _ => format!("{value:.0e}"),
    }
}

/// `low..high`, widened where both ends are equal.
fn range(low: f64, high: f64) -> std::ops::Range<f64> {
    if high > low { low..high } else { low - 0.5..low + 0.5 }
}
