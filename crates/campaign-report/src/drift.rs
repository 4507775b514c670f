// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether figures changed while the campaign ran.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use entropy_report::format::{count, real};
use maud::{Markup, PreEscaped, html};

use crate::campaign::{Campaign, Item};
use crate::stats::{Sorted, rank_correlation};

/// Spans of time in a drawing.
const SPANS: usize = 24;
/// A rank correlation this many standard errors from 0 is drift; about 1 in 1,000 groups without drift reach it.
const DRIFTS: f64 = 3.3;
/// Number of groups that are drawn, the largest first.
const MOST_DRAWN: usize = 6;
/// Size of a drawing, and of its margins.
const SIZE: (f64, f64) = (440.0, 150.0);
const MARGIN: (f64, f64) = (44.0, 24.0);

pub(crate) fn section(campaign: &Campaign) -> Markup {
    let groups = groups(campaign);
    html! {
        section id="drift" {
            h2 { "Over time" }
            p {
                "Line: median of the cells that ended in a twenty-fourth of the campaign's time; band: lowest to highest. Drift \
                 is stated where Spearman's rank correlation of time and figure is more than " (real(DRIFTS)) " standard errors \
                 from 0. Cells of a plan may be run in an order that follows a dimension; then drift and that dimension cannot \
                 be told apart here."
            }
            @if groups.is_empty() { p { "No cell has both a figure and a time." } }
            div.grid.wide {
                @for (name, points) in groups.iter().take(MOST_DRAWN) { (figure(name, points)) }
            }
            @if groups.len() > MOST_DRAWN {
                p.soft { (count((groups.len() - MOST_DRAWN) as u64)) " smaller groups are not drawn." }
            }
        }
    }
}

/// Time and figure of the cells by accelerator and guest, the largest group first.
fn groups(campaign: &Campaign) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut groups: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let point = |item: &Item| Some((item.ended_s? as f64, item.h?));
    for item in &campaign.items {
        let Some(point) = point(item) else { continue };
        groups.entry(format!("{}, {}", item.guest, item.accelerator)).or_default().push(point);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, points)| std::cmp::Reverse(points.len()));
    groups
}

fn figure(name: &str, points: &[(f64, f64)]) -> Markup {
    html! {
        figure {
            p.title { (name) }
            (PreEscaped(drawing(name, points)))
            figcaption { p { (verdict(points)) } }
        }
    }
}

fn verdict(points: &[(f64, f64)]) -> String {
    let cells = count(points.len() as u64);
    match rank_correlation(points) {
        None => format!("{cells} cells: too few, or too similar, to detect drift."),
        Some((correlation, errors)) if errors.abs() > DRIFTS => {
            let way = if correlation > 0.0 { "rises" } else { "falls" };
            format!(
                "Drift: the figure {way} with time (rank correlation {correlation:.2}, {} standard errors, {cells} cells).",
                real(errors.abs())
            )
        }
        Some((correlation, errors)) => {
            format!(
                "No drift is seen (rank correlation {correlation:.2}, {} standard errors, {cells} cells).",
                real(errors.abs())
            )
        }
    }
}

fn drawing(name: &str, points: &[(f64, f64)]) -> String {
    let times = Sorted::of(points.iter().map(|point| point.0));
    let figures = Sorted::of(points.iter().map(|point| point.1));
    let (Some(times), Some(figures)) = (times, figures) else { return String::new() };
    let (begin, length) = (times.low(), (times.high() - times.low()).max(1.0));
    let top = if figures.high() > 0.0 { figures.high() * 1.05 } else { 1.0 };
    let x = |time: f64| MARGIN.0 + (time - begin) / length * (SIZE.0 - MARGIN.0 - 8.0);
    let y = |h: f64| SIZE.1 - MARGIN.1 - h / top * (SIZE.1 - MARGIN.1 - 8.0);
    let mut spans: Vec<Vec<(f64, f64)>> = vec![Vec::new(); SPANS];
    for point in points {
        let at = ((point.0 - begin) / length * SPANS as f64) as usize;
        spans[at.min(SPANS - 1)].push(*point);
    }
    let (mut over, mut under, mut line, mut dots) =
        (String::new(), Vec::new(), String::new(), String::new());
    for span in &spans {
        let Some(found) = Sorted::of(span.iter().map(|point| point.1)) else { continue };
        let at = x(span.iter().map(|point| point.0).sum::<f64>() / span.len() as f64);
        let _ = write!(over, "{at:.1},{:.1} ", y(found.high()));
        under.push(format!("{at:.1},{:.1}", y(found.low())));
        let _ = write!(line, "{at:.1},{:.1} ", y(found.median()));
        let _ = write!(
            dots,
            "<circle cx=\"{at:.1}\" cy=\"{:.1}\" r=\"2.5\" fill=\"#000003\"/>",
            y(found.median())
        );
    }
    under.reverse();
    let label =
        format!("Assessed min-entropy of {name} over time").replace(['<', '>', '&', '"'], " ");
    let (base, right) = (SIZE.1 - MARGIN.1, SIZE.0 - 8.0);
    format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{label}\">\
         <polygon points=\"{over}{}\" fill=\"#000004\"/>\
         <line x1=\"{left}\" y1=\"{base}\" x2=\"{right}\" y2=\"{base}\" stroke=\"#000001\"/>\
         <polyline points=\"{line}\" fill=\"none\" stroke=\"#000003\" stroke-width=\"1.5\"/>{dots}\
         <text x=\"{}\" y=\"14\" font-size=\"11\" text-anchor=\"end\" fill=\"#000001\">{}</text>\
         <text x=\"{}\" y=\"{base}\" font-size=\"11\" text-anchor=\"end\" fill=\"#000001\">0</text>\
         <text x=\"{left}\" y=\"{}\" font-size=\"11\" fill=\"#000001\">first cell</text>\
         <text x=\"{right}\" y=\"{}\" font-size=\"11\" text-anchor=\"end\" fill=\"#000001\">{} later</text></svg>",
        SIZE.0,
        SIZE.1,
        under.join(" "),
        MARGIN.0 - 6.0,
        real(top),
        MARGIN.0 - 6.0,
        SIZE.1 - 8.0,
        SIZE.1 - 8.0,
        span(length),
        left = MARGIN.0,
    )
}

/// Seconds in the unit that suits them.
fn span(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{} s", real(s.round())),
        s if s < 7_200.0 => format!("{} min", real((s / 60.0).round())),
        s if s < 172_800.0 => format!("{} h", real((s / 3_600.0).round())),
        s => format!("{} days", real((s / 86_400.0).round())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_stated_for_a_trend_and_not_for_the_same_figures_shuffled() {
        let trend: Vec<(f64, f64)> =
            (0..50).map(|at| (f64::from(at), 2.0 + 0.01 * f64::from(at))).collect();
        assert!(verdict(&trend).starts_with("Drift: the figure rises"), "{}", verdict(&trend));
        let shuffled: Vec<(f64, f64)> =
            (0..50).map(|at| (f64::from(at), 2.0 + 0.01 * f64::from(at * 17 % 50))).collect();
        assert!(verdict(&shuffled).starts_with("No drift"), "{}", verdict(&shuffled));
        assert!(verdict(&trend[..3]).contains("too few"));
        assert!(drawing("a \"name\"", &trend).contains("polyline"));
        assert_eq!((span(59.0), span(7_200.0)), ("59 s".to_owned(), "2 h".to_owned()));
    }
}
