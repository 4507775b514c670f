// SPDX-License-Identifier: GPL-2.0-or-later
//! One target under one condition: its estimators, pictures, restarts, health tests and boot.

use super::{deltas, parts, timeline};
use crate::claim::Fact;
use crate::error::ReportError;
use crate::format::{count, estimator, real, sentence};
use crate::plot;
use crate::result::{Cells, CompareResult, Envelope, Line, RawResult, TargetResult};
use maud::{Markup, html};
use serde_json::Value;

/// All targets, each folded away.
pub(crate) fn sections(result: &CompareResult) -> Result<Markup, ReportError> {
    let targets: Vec<Markup> = result.targets.iter().map(target).collect::<Result<_, _>>()?;
    Ok(html! {
        section id="targets" {
            h2 { "Target by target" }
            p.soft.small {
                "The first boot of each: estimators, pictures, restarts, health tests and times. Each picture says what good \
                 noise would show, and what is seen."
            }
            @for target in targets { (target) }
        }
    })
}

fn target(target: &TargetResult) -> Result<Markup, ReportError> {
    let figures = [
        core(target)?,
        over_time(target)?,
        lag(target)?,
        autocorrelation(target)?,
        spectrum(target)?,
        restarts(target)?,
    ];
    Ok(html! {
        details {
            summary { b { (target.title()) } }
            p.soft.small {
                (sentence(&target.stamp)) "."
                @if !target.kernel.is_empty() { " Kernel: " (target.kernel) "." }
                " Boot " (target.boot) "."
            }
            @if let Some(raw) = &target.raw {
                (parts::verdict(&raw.verdict))
                @for restarts in [&target.restarts, &target.starts].into_iter().flatten() {
                    (parts::verdict(&restarts.verdict))
                }
                div.grid {
                    (estimators(target, raw))
                    @for figure in figures { (figure) }
                }
            } @else {
                p { "This target gives no raw noise." }
            }
            div.pair { (timeline::figure(target)) (health(target)) }
            @if !target.command.is_empty() {
                details.numbers {
                    summary { "The command that started this boot" }
                    pre tabindex="0" { (target.command) }
                }
            }
        }
    })
}

/// A bar per estimator, the one that sets the figure first.
fn estimators(target: &TargetResult, raw: &RawResult) -> Markup {
    let mut figures: Vec<(&String, f64)> =
        raw.estimators.iter().map(|(name, h)| (name, *h)).collect();
    let sets = |name: &String| raw.binding.as_ref() == Some(name);
    figures.sort_by(|a, b| a.1.total_cmp(&b.1).then_with(|| sets(b.0).cmp(&sets(a.0))));
    let most = figures.iter().map(|(_, h)| *h).filter(|h| h.is_finite()).fold(1e-9, f64::max);
    html! {
        figure {
            p.title { "Estimators (bits/sample)" }
            table.bars {
                caption.hidden { "Estimators of " (target.title()) }
                tbody {
                    @for (name, h) in figures {
                        tr.sets[sets(name)] {
                            th scope="row" { (estimator(name)) @if sets(name) { " ◀" } }
                            td.bar { i style={ "width:" (format!("{:.1}", (h / most * 100.0).clamp(0.0, 100.0))) "%" } {} }
                            td { (real(h)) }
                        }
                    }
                }
            }
            figcaption { p { "◀ sets the assessed figure: it found most of the pattern. Good noise: all alike." } }
        }
    }
}

fn core(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Common deltas (1st to 99th percentile)";
    let Some(core) = &target.plots.core else {
        return Ok(parts::no_figure(title, "there are no samples."));
    };
    let svg = plot::core(core, &format!("{}: histogram of the common deltas", target.title()))?;
    let here = target.says(|fact| matches!(fact, Fact::CommonDeltas(_)));
    Ok(parts::figure(
        title,
        &svg,
        "a smooth hill, no bar far above the rest.",
        here,
        Some(&deltas::numbers(core)),
    ))
}

fn over_time(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Deltas over the run";
    let Some(envelope) = &target.plots.over_time else {
        return Ok(parts::no_figure(title, "there are no samples."));
    };
    let label = format!("{}: smallest, median and largest delta over the run", target.title());
    let svg = plot::over_time(envelope, &label)?;
    let here = target.says(|fact| matches!(fact, Fact::Drift(_)));
    Ok(parts::figure(
        title,
        &svg,
        "a level line: no drift, no steps.",
        here,
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
    let good = "the histogram multiplied by itself; lines, islands and empty places are a pattern.";
    let here = target.says(|fact| matches!(fact, Fact::Pairs(_)));
    Ok(parts::figure(title, &svg, good, here, Some(&commonest(cells))))
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
    let good = "all stems inside the band, but for about one in twenty by chance.";
    let here = target.says(|fact| matches!(fact, Fact::Correlation(_)));
    Ok(parts::figure(
        title,
        &svg,
        good,
        here,
        Some(&points(line, ["lag (samples)", "correlation"])),
    ))
}

fn spectrum(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Spectrum";
    let Some(line) = &target.plots.spectrum else {
        return Ok(parts::no_figure(title, "too few samples, or samples that do not vary."));
    };
    let good = "a level line at 1; a peak is something periodic, such as a timer.";
    let svg = plot::spectrum(line, &format!("{}: power by frequency", target.title()))?;
    let here = target.says(|fact| matches!(fact, Fact::SpectrumPeak(_)));
    Ok(parts::figure(
        title,
        &svg,
        good,
        here,
        Some(&points(line, ["cycles per sample", "power / flat"])),
    ))
}

fn points(line: &Line, heads: [&str; 2]) -> Markup {
    parts::numbers(&heads, line.x.iter().zip(&line.y).map(|(x, y)| vec![real(*x), real(*y)]))
}

fn restarts(target: &TargetResult) -> Result<Markup, ReportError> {
    let title = "Restart matrix";
    let (Some(cells), Some(restarts)) = (&target.plots.restarts, &target.restarts) else {
        return Ok(parts::no_figure(title, "no restart matrix was recorded."));
    };
    let (row, column) = (restarts.worst_row, restarts.worst_column);
    let label = format!("{}: mean delta by restart and sample after it", target.title());
    let svg = plot::restarts(cells, row.map(|r| r.index), column.map(|c| c.index), &label)?;
    let good = "an even field; stripes are restarts or places that are unlike the rest.";
    let here = target.says(|fact| matches!(fact, Fact::RestartPicture(_)));
    Ok(parts::figure(title, &svg, good, here, Some(&blocks(cells))))
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
            p.title { "Health tests" }
            @if !target.health.is_empty() {
                @let (first, rest): (Vec<_>, Vec<_>) =
                    target.health.iter().partition(|(name, _)| is_state(name));
                (counters(&first))
                @if !rest.is_empty() {
                    details.numbers { summary { "Cutoffs and parameters" } (counters(&rest)) }
                }
            }
            figcaption { p { span.claim { (target.says(|fact| matches!(fact, Fact::Health(_)))) } } }
        }
    }
}

/// Whether a counter says how the noise source stands; the others say what it was measured with.
fn is_state(name: &str) -> bool {
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
