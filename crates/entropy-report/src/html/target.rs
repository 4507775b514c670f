// SPDX-License-Identifier: GPL-2.0-or-later
//! One target under one condition: its pictures, restarts, health and boot.

use super::{histograms, parts, timeline};
use crate::error::ReportError;
use crate::format::{count, real, sentence};
use crate::plot;
use crate::result::{Cells, Envelope, Line, TargetResult};
use maud::{Markup, html};
use serde_json::Value;

/// `id` is the section's anchor.
pub(crate) fn section(target: &TargetResult, id: &str) -> Result<Markup, ReportError> {
    let figures = [
        core(target)?,
        over_time(target)?,
        lag(target)?,
        autocorrelation(target)?,
        spectrum(target)?,
        restarts(target)?,
    ];
    Ok(html! {
        section id=(id) {
            h3 { (target.title()) }
            p.soft.small {
                b { (sentence(&target.stamp)) "." }
                @if !target.kernel.is_empty() { " Kernel: " (target.kernel) "." }
                " Boot " (target.boot) "."
            }
            @if let Some(raw) = &target.raw {
                (parts::verdict(&raw.verdict))
                @if let Some(restarts) = &target.restarts { (parts::verdict(&restarts.verdict)) }
                div.grid { @for figure in figures { (figure) } }
            } @else {
                p { "This target gives no raw noise." }
            }
            div.pair { (timeline::figure(target)) (health(target)) }
            @if !target.command.is_empty() {
                details.numbers { summary { "The command that started this boot" } pre { (target.command) } }
            }
        }
    })
}

fn core(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Common deltas (1st to 99th percentile)";
    let Some(core) = &target.plots.core else {
        return Ok(parts::no_figure(title, "there are no samples."));
    };
    let tallest = core.counts.iter().max().copied().unwrap_or(0) as f64;
    let total = (core.counts.iter().sum::<u64>() + core.outside).max(1) as f64;
    let width = core.edges_ticks.get(1).zip(core.edges_ticks.first()).map_or(0.0, |(b, a)| b - a);
    let svg = plot::core(core, &format!("{}: histogram of the common deltas", target.title()))?;
    let here = format!(
        "the tallest of {} bins, {} ticks wide, holds {}.",
        core.counts.len(),
        real(width),
        crate::format::share(tallest / total)
    );
    Ok(parts::figure(
        title,
        &svg,
        "a smooth hill, no bar far above the rest.",
        &here,
        Some(&histograms::numbers(core)),
    ))
}

fn over_time(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Deltas over the run";
    let Some(envelope) = &target.plots.over_time else {
        return Ok(parts::no_figure(title, "there are no samples."));
    };
    let label = format!("{}: smallest, median and largest delta over the run", target.title());
    let svg = plot::over_time(envelope, &label)?;
    let (low, high) = (envelope.median_ticks.iter().min(), envelope.median_ticks.iter().max());
    let here = format!(
        "the median of {} samples moves between {} and {} ticks. Band: smallest to largest; line: median.",
        count(envelope.stretch_samples),
        count(low.copied().unwrap_or(0)),
        count(high.copied().unwrap_or(0))
    );
    Ok(parts::figure(
        title,
        &svg,
        "a level line: no drift, no steps.",
        &here,
        Some(&stretches(envelope)),
    ))
}

/// Every eighth stretch, which is enough to follow the picture.
fn stretches(envelope: &Envelope) -> Markup {
    let rows = (0..envelope.median_ticks.len()).step_by(8).map(|at| {
        vec![
            count(at as u64 * envelope.stretch_samples),
            count(envelope.min_ticks[at]),
            count(envelope.median_ticks[at]),
            count(envelope.max_ticks[at]),
        ]
    });
    parts::numbers(&["from sample", "smallest (ticks)", "median (ticks)", "largest (ticks)"], rows)
}

fn lag(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Each delta against the next";
    let Some(cells) = &target.plots.lag else {
        return Ok(parts::no_figure(title, "there are fewer than two samples."));
    };
    let svg =
        plot::lag(cells, &format!("{}: density of pairs of successive deltas", target.title()))?;
    let total = cells.values.iter().sum::<f64>();
    let filled = cells.values.iter().filter(|count| **count > 0.0).count();
    let most = cells.values.iter().copied().fold(0.0, f64::max);
    let here = format!(
        "pairs fall into {} of {} cells, {} of them into one cell. Darker (in dark mode: lighter) is more, by logarithm.",
        count(filled as u64),
        count(cells.values.len() as u64),
        crate::format::share(most / total.max(1.0))
    );
    let good = "a cloud that is the product of the histogram with itself; lines, islands and empty places are pattern.";
    Ok(parts::figure(title, &svg, good, &here, Some(&commonest(cells))))
}

/// The ten cells with most pairs.
fn commonest(cells: &Cells) -> Markup {
    let mut order: Vec<usize> =
        (0..cells.values.len()).filter(|at| cells.values[*at] > 0.0).collect();
    order.sort_by(|a, b| cells.values[*b].total_cmp(&cells.values[*a]));
    let edge = |range: [f64; 2], at: usize, of: usize| {
        real(range[0] + (range[1] - range[0]) * at as f64 / of.max(1) as f64)
    };
    let rows = order.into_iter().take(10).map(|at| {
        let (row, column) = (at / cells.columns, at % cells.columns);
        vec![
            edge(cells.x_range, column, cells.columns),
            edge(cells.y_range, row, cells.rows),
            count(cells.values[at] as u64),
        ]
    });
    parts::numbers(&["delta from (ticks)", "next from (ticks)", "pairs"], rows)
}

fn autocorrelation(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Autocorrelation";
    let Some(line) = &target.plots.autocorrelation else {
        return Ok(parts::no_figure(title, "too few samples, or samples that do not vary."));
    };
    let svg = plot::autocorrelation(line, &format!("{}: autocorrelation by lag", target.title()))?;
    let outside = line.y.iter().filter(|y| y.abs() > line.band).count();
    let strongest = (0..line.y.len()).max_by(|a, b| line.y[*a].abs().total_cmp(&line.y[*b].abs()));
    let here = format!(
        "{outside} of {} lags leave the band of ±{}; the strongest is lag {}, {}.",
        line.y.len(),
        real(line.band),
        strongest.map_or_else(String::new, |at| real(line.x[at])),
        strongest.map_or_else(String::new, |at| real(line.y[at]))
    );
    let good = "all stems inside the band, but for about one in twenty by chance.";
    Ok(parts::figure(
        title,
        &svg,
        good,
        &here,
        Some(&points(line, ["lag (samples)", "correlation"])),
    ))
}

fn spectrum(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Spectrum";
    let Some(line) = &target.plots.spectrum else {
        return Ok(parts::no_figure(title, "too few samples, or samples that do not vary."));
    };
    let svg = plot::spectrum(line, &format!("{}: power by frequency", target.title()))?;
    let peak = (0..line.y.len()).max_by(|a, b| line.y[*a].total_cmp(&line.y[*b]));
    let here = peak.map_or_else(String::new, |at| {
        format!(
            "the highest point is {} times flat, at {} cycles per sample.",
            real(line.y[at]),
            real(line.x[at])
        )
    });
    let good = "a level line at 1; a peak is something that comes round, such as a timer.";
    Ok(parts::figure(
        title,
        &svg,
        good,
        &here,
        Some(&points(line, ["cycles per sample", "power / flat"])),
    ))
}

fn points(line: &Line, heads: [&str; 2]) -> Markup {
    parts::numbers(&heads, line.x.iter().zip(&line.y).map(|(x, y)| vec![real(*x), real(*y)]))
}

fn restarts(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Restart matrix";
    let (Some(cells), Some(restarts)) = (&target.plots.restarts, &target.restarts) else {
        return Ok(parts::no_figure(title, "no restart matrix was taken."));
    };
    let (row, column) = (restarts.worst_row, restarts.worst_column);
    let label = format!("{}: mean delta by restart and sample after it", target.title());
    let svg = plot::restarts(cells, row.map(|r| r.index), column.map(|c| c.index), &label)?;
    let line = |what: &str, worst: Option<crate::result::WorstLine>, of: u64| {
        worst.map_or_else(String::new, |w| {
            format!("{what} {} has one value {} times in {}", w.index, count(w.count), count(of))
        })
    };
    let cutoff =
        restarts.cutoff.map_or_else(String::new, |c| format!(" At most {} may be.", count(c)));
    let here = format!(
        "marked: {}; {}.{cutoff} A restart was {}.",
        line("row", row, restarts.columns),
        line("column", column, restarts.rows),
        restarts.method
    );
    let good = "no stripes: no restart and no sample after one is unlike the rest.";
    Ok(parts::figure(title, &svg, good, &here, Some(&blocks(cells))))
}

/// Mean of each fifth row and column of blocks.
fn blocks(cells: &Cells) -> Markup {
    let at = |range: [f64; 2], i: usize, of: usize| {
        count((range[0] + (range[1] - range[0]) * i as f64 / of.max(1) as f64) as u64)
    };
    let columns: Vec<usize> = (0..cells.columns).step_by(5).collect();
    let heads: Vec<String> = std::iter::once("restart".to_owned())
        .chain(columns.iter().map(|c| format!("sample {}", at(cells.x_range, *c, cells.columns))))
        .collect();
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let rows = (0..cells.rows).step_by(5).map(|row| {
        std::iter::once(at(cells.y_range, row, cells.rows))
            .chain(columns.iter().map(|column| real(cells.values[row * cells.columns + column])))
            .collect()
    });
    parts::numbers(&heads, rows)
}

fn health(target: &TargetResult) -> Markup {
    html! {
        figure {
            h4 { "Health, as the engine counts it" }
            @if target.health.is_empty() {
                p.soft.small { "Nothing was reported." }
            } @else {
                @let (first, rest): (Vec<_>, Vec<_>) =
                    target.health.iter().partition(|(name, _)| tells_of_health(name));
                (counters(&first))
                @if !rest.is_empty() {
                    details.numbers { summary { "Cutoffs and parameters" } (counters(&rest)) }
                }
            }
        }
    }
}

/// Whether a counter says how the noise source stands; the others say what it was measured with.
fn tells_of_health(name: &str) -> bool {
    name.ends_with("_failures")
        || ["state", "samples", "stuck_samples", "last_error_text", "backward_steps"]
            .contains(&name)
}

fn counters(counters: &[(&String, &Value)]) -> Markup {
    html! {
        table.key { tbody {
            @for (name, value) in counters {
                tr { th scope="row" { (name) } td { (shown(value)) } }
            }
        } }
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), count),
        other => other.to_string(),
    }
}
