// SPDX-License-Identifier: GPL-2.0-or-later
//! A page as HTML, with its plots drawn.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use sample_stats::Ranked;
use sample_stats::plots::{clipped, correlation, histogram, lag, over_time};
use sp800_90b::symbols::from_ticks;

use super::{Page, Part, PlotKind};
use crate::error::ReportError;
use crate::html::parts::{coded, document, scroll};
use crate::plot;

/// The page as one self-contained HTML file.
///
/// # Errors
/// [`ReportError::Plot`] where a plot cannot be drawn.
pub fn page_to_html(page: &Page) -> Result<String, ReportError> {
    let ticks = histograms_ticks(page);
    // Plots that follow each other stand side by side where there is room.
    let groups = page.parts.chunk_by(|a, b| is_plot(a) && is_plot(b));
    let parts = groups
        .map(|group| {
            let inside = group
                .iter()
                .map(|part| part_to_html(part, &ticks))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(html! {
                @if group.iter().all(is_plot) {
                    div.grid { @for part in inside { (part) } }
                } @else {
                    @for part in inside { (part) }
                }
            })
        })
        .collect::<Result<Vec<_>, ReportError>>()?;
    let body = html! {
        main {
            section {
                h1 { (page.title) }
                @for banner in &page.banners { p.banner role="note" { (coded(banner)) } }
                @for part in parts { (part) }
            }
        }
    };
    Ok(document(&page.title, &body))
}

/// The horizontal axis of all histograms of the page, so that they can be laid side by side.
fn histograms_ticks(page: &Page) -> Range<f64> {
    let deltas = page.parts.iter().filter_map(|part| match part {
        Part::Plot { kind: PlotKind::Histogram, delta_ticks, .. } => Some(delta_ticks),
        _ => None,
    });
    // A delta of 0 has no place on a logarithmic axis.
    let (low, high) = deltas
        .flatten()
        .filter(|delta| **delta > 0)
        .fold((u64::MAX, 1), |(low, high), delta| (low.min(*delta), high.max(*delta)));
    histogram::span_ticks(low.min(high), high)
}

fn is_plot(part: &Part) -> bool {
    matches!(part, Part::Plot { .. })
}

fn part_to_html(part: &Part, histograms_ticks: &Range<f64>) -> Result<Markup, ReportError> {
    Ok(match part {
        Part::Heading(text) => html! { h2 { (text) } },
        Part::Text(text) => html! { p { (coded(text)) } },
        Part::Code(text) => html! { pre { code { (text) } } },
        Part::Table(table) => scroll(
            &table.caption,
            &html! {
                table {
                    caption { (table.caption) }
                    thead { tr { @for head in &table.heads { th scope="col" { (head) } } } }
                    tbody {
                        @for row in &table.rows { tr { @for cell in row { td { (cell) } } } }
                    }
                }
            },
        ),
        Part::Plot { kind, title, caption, delta_ticks } => {
            match draw(*kind, title, delta_ticks, histograms_ticks)? {
                Some(svg) => html! {
                    figure {
                        h4 { (title) }
                        (PreEscaped(svg))
                        figcaption { p { (caption) } }
                    }
                },
                None => {
                    html! { figure { h4 { (title) } p { "Not drawn: there are too few samples." } } }
                }
            }
        }
    })
}

fn draw(
    kind: PlotKind,
    title: &str,
    delta_ticks: &[u64],
    histograms_ticks: &Range<f64>,
) -> Result<Option<String>, ReportError> {
    let ranked = Ranked::new(delta_ticks, from_ticks(delta_ticks).step.ticks);
    let svg = match kind {
        PlotKind::Histogram => histogram::by_ratio(&ranked).map(|histogram| {
            let ticks = histograms_ticks.clone();
            plot::histogram_common(&histogram, ticks, ranked.quantile(0.5), title)
        }),
        PlotKind::CommonDeltas => histogram::core(&ranked).map(|core| plot::core(&core, title)),
        PlotKind::OverTime => {
            over_time::envelope(delta_ticks).map(|envelope| plot::over_time(&envelope, title))
        }
        PlotKind::Lag => lag::cells(delta_ticks, &ranked).map(|cells| plot::lag(&cells, title)),
        PlotKind::Autocorrelation => correlation::autocorrelation(&clipped(delta_ticks, &ranked))
            .map(|line| plot::autocorrelation(&line, title)),
    };
    svg.transpose()
}
