// SPDX-License-Identifier: GPL-2.0-or-later
//! Deltas of all targets side by side, on the same axes.

use super::parts;
use crate::error::ReportError;
use crate::format::{count, real, share};
use crate::plot;
use crate::result::{CompareResult, Histogram, RawResult, TargetResult};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Result<Markup, ReportError> {
    let drawn: Vec<(&TargetResult, &RawResult, &Histogram)> = result
        .targets
        .iter()
        .filter_map(|t| Some((t, t.raw.as_ref()?, t.plots.histogram.as_ref()?)))
        .collect();
    let edges = || drawn.iter().flat_map(|(_, _, h)| h.edges_ticks.iter().copied());
    let (low, high) = (edges().fold(f64::INFINITY, f64::min), edges().fold(0.0, f64::max));
    let mut figures = Vec::new();
    for (target, raw, histogram) in &drawn {
        let title = target.title();
        let label = format!(
            "{title}: histogram of deltas, from {} to {} ticks, median {}",
            count(raw.min_delta_ticks),
            count(raw.max_delta_ticks),
            count(raw.median_delta_ticks)
        );
        let svg =
            plot::histogram_common(histogram, low..high * 1.05, raw.median_delta_ticks, &label)?;
        figures.push(parts::figure(&title, &svg, "", &here(raw), Some(&numbers(histogram))));
    }
    Ok(html! {
        section id="deltas" {
            h2 { "How long one step takes" }
            p {
                "Each sample is the time that the same small piece of work took, in ticks of the processor's counter. \
                 If the machine were a clockwork, every delta would be the same. All pictures share their axes. The \
                 upright line is the median; the number that divides the deltas is the step that the counter moves in, and only multiples of it \
                 occur."
            }
            p.soft {
                "Good noise: a broad hill of many values, and a tail that is thin. A few tall bars mean that the next \
                 delta is easily guessed; a long tail alone is rare events, which add little."
            }
            @if figures.is_empty() { p { "No target gave raw noise." } }
            div.grid { @for figure in figures { (figure) } }
        }
    })
}

fn here(raw: &RawResult) -> String {
    format!(
        "{} samples, {} different values from {} to {} ticks. {}.",
        count(raw.samples),
        count(raw.distinct),
        count(raw.min_delta_ticks),
        count(raw.max_delta_ticks),
        raw.step.describe()
    )
}

/// The bins that hold anything.
pub(crate) fn numbers(histogram: &Histogram) -> Markup {
    let total = (histogram.counts.iter().sum::<u64>() + histogram.outside).max(1) as f64;
    let rows = histogram.edges_ticks.windows(2).zip(&histogram.counts).filter(|(_, n)| **n > 0);
    let rows = rows.map(|(edges, n)| {
        vec![real(edges[0]), real(edges[1]), count(*n), share(*n as f64 / total)]
    });
    let outside = (histogram.outside > 0).then(|| {
        vec!["outside".to_owned(), String::new(), count(histogram.outside), String::new()]
    });
    parts::numbers(&["from (ticks)", "below (ticks)", "samples", "share"], rows.chain(outside))
}
