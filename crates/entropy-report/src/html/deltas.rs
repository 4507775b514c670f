// SPDX-License-Identifier: GPL-2.0-or-later
//! Histograms of the ordinary targets: the common deltas to scale, the rare ones by logarithm.

use super::parts;
use crate::claim::Fact;
use crate::error::ReportError;
use crate::format::{count, real, share};
use crate::groups::{Kind, kind};
use crate::plot;
use crate::result::{CompareResult, Histogram, RawResult, TargetResult};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Result<Markup, ReportError> {
    let drawn: Vec<(&TargetResult, &RawResult, &Histogram, &Histogram)> = result
        .targets
        .iter()
        .filter(|target| kind(target) == Kind::Ordinary)
        .filter_map(|t| {
            Some((t, t.raw.as_ref()?, t.plots.core.as_ref()?, t.plots.histogram.as_ref()?))
        })
        .collect();
    let highest = drawn.iter().map(|(_, raw, ..)| raw.max_delta_ticks).max().unwrap_or(1) as f64;
    let tallest = drawn.iter().map(|(_, _, core, _)| tallest_share(core)).fold(0.0, f64::max);
    let mut figures = Vec::new();
    for (target, raw, core, all) in &drawn {
        let title = target.short_title();
        let label = format!(
            "{title}: histogram of deltas, from {} to {} ticks, median {}",
            count(raw.min_delta_ticks),
            count(raw.max_delta_ticks),
            count(raw.median_delta_ticks)
        );
        let svg = plot::core_and_tail(core, all, tallest, highest, &label)?;
        let caption = target.says(|fact| matches!(fact, Fact::Deltas(_)));
        figures.push(parts::figure(&title, &svg, "", caption, Some(&numbers(all))));
    }
    Ok(html! {
        section id="deltas" {
            h2 { "How long one step takes" }
            p {
                "A sample is the time that the same small piece of work took, in ticks of the processor's counter. In \
                 clockwork every delta would be the same. Good noise is a broad hill of many values; a few tall bars are \
                 easily guessed, and a long tail is rare, so that it adds little."
            }
            p.soft.small {
                "Left of each picture: the common deltas (1st to 99th percentile), to scale, with the same height for every \
                 target. Right: the slow ones, both axes logarithmic and the same for every target."
            }
            @for claim in result.claims.iter().filter(|c| matches!(c.fact, Fact::Distributions(_))) {
                p { (parts::claim(claim)) }
            }
            @if figures.is_empty() { p { "No target gave raw noise." } }
            div."grid wide" { @for figure in figures { (figure) } }
        }
    })
}

fn tallest_share(core: &Histogram) -> f64 {
    let total = (core.counts.iter().sum::<u64>() + core.outside).max(1);
    core.counts.iter().max().map_or(0.0, |count| *count as f64 / total as f64)
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
