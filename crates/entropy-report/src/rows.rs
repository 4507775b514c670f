// SPDX-License-Identifier: GPL-2.0-or-later
//! The comparison table, targets as columns and figures as rows: made once, shown in the terminal, in Markdown and
//! in the report. A figure is its median over boots, with the range in brackets.

use crate::format::{NONE, bytes, count, duration_us, real, ticks};
use crate::groups::{Group, Kind, kind};
use crate::provenance::Provenance;
use crate::result::{Comparison, Spread, TargetResult};
use crate::status::Status;

/// One row.
#[derive(Debug)]
pub(crate) struct Row {
    /// What it shows.
    pub label: &'static str,
    /// Its unit; empty for text.
    pub unit: &'static str,
    /// One cell per column.
    pub cells: Vec<String>,
    /// From the first of two columns to the second; empty where there are not two.
    pub change: String,
}

/// The rows of one group. A row that is the same for all of several targets says nothing about them and is left out.
pub(crate) fn rows(group: &Group<'_>) -> Vec<Row> {
    let targets = || group.columns.iter().map(|column| column.target);
    let boots = || group.columns.iter().map(|column| column.boots);
    let spread = |figure: fn(&TargetResult) -> Option<Spread>| -> Vec<Option<Spread>> {
        targets().map(figure).collect()
    };
    let isolated = targets().any(|target| target.isolated);
    let synthetic = targets().all(|target| kind(target) == Kind::Synthetic);
    let second: Vec<Option<Spread>> =
        boots().map(|c| Spread::of([c.and_then(|c| c.min_entropy_bits_per_sample)])).collect();
    let alone = if isolated { "assessed, one boot read alone" } else { "assessed min-entropy" };
    let assessed = figures(
        alone,
        "bits/sample",
        &spread(|t| t.spread(|b| b.min_entropy_bits_per_sample)),
        real,
    );
    let compared = text("boots compared", boots().map(compared).collect());
    let stream_rate = figures("stream rate", "MB/s", &spread(|t| t.spread(|b| b.mb_per_s)), real);
    let fresh = figures(
        "fresh, as assessed",
        "bits/output bit",
        &spread(|t| Spread::of([t.stream.as_ref()?.fresh_bits_per_output_bit])),
        real,
    );
    let tests = text("output tests passed", targets().map(output_tests).collect());
    if isolated {
        return vec![
            compared,
            figures("left for a second boot", "bits/sample", &second, real),
            assessed,
            tests,
        ];
    }
    if synthetic {
        return vec![assessed, fresh, tests];
    }
    let mut rows = vec![
        assessed,
        figures(
            "informed: the program is known",
            "bits/sample",
            &spread(|t| Spread::of([Some(t.informed.as_ref()?.min_entropy_bits_per_sample)])),
            real,
        ),
        figures(
            "headline: the smaller one",
            "bits/sample",
            &spread(|t| Spread::of([t.headline_bits_per_sample()])),
            real,
        ),
        text("restart check", targets().map(restart_check).collect()),
        figures(
            "credited after restarts",
            "bits/sample",
            &spread(|t| Spread::of([t.restarts.as_ref()?.min_entropy_bits_per_sample])),
            real,
        ),
        figures(
            "median delta",
            "ticks",
            &spread(|t| t.spread(|b| b.median_delta_ticks.map(|d| d as f64))),
            |delta| ticks(delta as u64),
        ),
        text("counter step (ticks)", targets().map(step).collect()),
        stream_rate,
        fresh,
        tests,
        figures(
            "start to ready",
            "",
            &spread(|t| t.spread(|b| b.boot_us.map(|us| us as f64))),
            |us| duration_us(us as u64),
        ),
        compared,
    ];
    rows.retain(|row| group.columns.len() < 2 || !is_constant(row));
    rows
}

/// Where the result comes from, name by name; what was not given is left out.
pub(crate) fn provenance(p: &Provenance) -> Vec<(&'static str, String)> {
    let parameters: Vec<String> = p.parameters.iter().map(|(k, v)| format!("{k} {v}")).collect();
    let facts: Vec<String> = p.host_facts.iter().map(|(k, v)| format!("{k} {v}")).collect();
    let artifacts: Vec<String> = p
        .artifacts
        .iter()
        .map(|a| format!("{}: {}, SHA-256 {}", a.name, bytes(a.bytes), a.sha256))
        .collect();
    let rows = [
        ("run", p.run.clone()),
        ("recorded (UTC)", p.taken_utc.clone()),
        ("command", p.command_line.clone()),
        ("git revision", p.git_revision.clone()),
        ("tool", p.tool.clone()),
        ("engine object, SHA-256", p.engine_object_sha256.clone().unwrap_or_default()),
        ("engine parameters", parameters.join(", ")),
        ("accelerator", p.accelerator.clone()),
        ("why this accelerator", p.accelerator_reason.clone()),
        ("QEMU", p.qemu.clone()),
        ("processor", p.cpu_model.clone()),
        ("host", p.host.clone()),
        ("host's processor, firmware and board", facts.join(", ")),
        (
            "meanwhile on the host",
            p.surroundings.as_ref().map_or(String::new(), ToString::to_string),
        ),
        ("clock", p.clock.clone()),
        ("compiler", p.compiler.clone()),
        ("compiler flags", p.compiler_flags.clone()),
        ("images and sources", artifacts.join("; ")),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

fn none() -> String {
    NONE.to_owned()
}

/// The step of the counter, and how many deltas are not multiples of it.
fn step(target: &TargetResult) -> String {
    let Some(raw) = &target.raw else { return NONE.to_owned() };
    let ticks = real(raw.step_ticks());
    match raw.step.exceptions {
        0 => ticks,
        1 => format!("{ticks}, 1 exception"),
        more => format!("{ticks}, {} exceptions", count(more)),
    }
}

/// Whether all cells that hold anything hold the same.
fn is_constant(row: &Row) -> bool {
    let mut known = row.cells.iter().filter(|cell| *cell != NONE);
    let first = known.next();
    known.all(|cell| Some(cell) == first)
}

fn restart_check(target: &TargetResult) -> String {
    let outcomes: Vec<bool> =
        target.boot_figures().iter().filter_map(|boot| boot.restarts_held).collect();
    let failed = outcomes.iter().filter(|held| !**held).count();
    match (outcomes.len(), failed) {
        (0, _) if target.restarts.is_some() => Status::Invalid.word().to_owned(),
        (0, _) => none(),
        (_, 0) => "held".to_owned(),
        (1, _) => "FAILED".to_owned(),
        (made, failed) => format!("FAILED, {failed} of {made}"),
    }
}

fn output_tests(target: &TargetResult) -> String {
    let Some(stream) = &target.stream else { return none() };
    let of = |status| stream.output_tests.iter().filter(|test| test.status == status).count();
    let (passed, made) = (of(Status::Passed), stream.output_tests.len() - of(Status::Invalid));
    if made == 0 { Status::Invalid.word().to_owned() } else { format!("{passed} of {made}") }
}

/// Whether boots gave the same data.
fn compared(comparison: Option<&Comparison>) -> String {
    comparison.map_or_else(none, |c| format!("{}, {}", c.boots, outcome(c)))
}

/// `identical`, `all differ` or `partly equal`.
pub(crate) fn outcome(comparison: &Comparison) -> &'static str {
    match comparison {
        c if c.identical => "identical",
        c if c.all_differ => "all differ",
        _ => "partly equal",
    }
}

fn text(label: &'static str, cells: Vec<String>) -> Row {
    let change = match cells.as_slice() {
        [first, second] if first == second => "same",
        [_, _] => "differs",
        _ => "",
    };
    let change = change.to_owned();
    Row { label, unit: "", cells, change }
}

fn figures(
    label: &'static str,
    unit: &'static str,
    spreads: &[Option<Spread>],
    show: impl Fn(f64) -> String,
) -> Row {
    let medians: Vec<Option<f64>> = spreads.iter().map(|s| s.map(|s| s.median)).collect();
    let cells = spreads.iter().map(|s| s.map_or_else(none, |s| range(&s, &show))).collect();
    Row { label, unit, cells, change: change(&medians, show) }
}

/// `0.51 (0.49–0.55)`; without a range where boots show the same, or where there is one.
pub(crate) fn range(spread: &Spread, show: impl Fn(f64) -> String) -> String {
    let (median, low, high) = (show(spread.median), show(spread.low), show(spread.high));
    if low == high { median } else { format!("{median} ({low}–{high})") }
}

/// From the first of two figures to the second: `+0.12 (+8.1 %)`. Nothing for any other number of figures.
fn change(values: &[Option<f64>], show: impl Fn(f64) -> String) -> String {
    let [first, second] = values else { return String::new() };
    let (Some(first), Some(second)) = (first, second) else {
        return if first.is_none() && second.is_none() { none() } else { "differs".to_owned() };
    };
    if first == second {
        return "same".to_owned();
    }
    let sign = if second > first { "+" } else { "−" };
    let by = show((second - first).abs());
    let part = ((second - first) / first * 100.0).abs();
    if part.is_finite() {
        format!("{sign}{by} ({sign}{} %)", real(part))
    } else {
        format!("{sign}{by}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign_and_its_share() {
        assert_eq!(change(&[Some(2.0), Some(1.5)], real), "−0.500 (−25 %)");
        assert_eq!(change(&[Some(0.0), Some(1.5)], real), "+1.50");
        assert_eq!(change(&[Some(1.0), Some(1.0)], real), "same");
        assert_eq!(change(&[Some(1.0), None], real), "differs");
        assert_eq!(change(&[Some(1.0), Some(1.0), Some(2.0)], real), "");
    }

    #[test]
    fn a_range_is_shown_where_boots_differ() {
        let spread = |low, high| Spread { median: 0.5, low, high, boots: 2 };
        assert_eq!(range(&spread(0.25, 0.75), real), "0.500 (0.250–0.750)");
        assert_eq!(range(&spread(0.5, 0.5), real), "0.500");
    }

    #[test]
    fn a_row_without_differences_is_constant() {
        let row = |cells: &[&str]| text("", cells.iter().map(|c| (*c).to_owned()).collect());
        assert!(is_constant(&row(&["a", NONE, "a"])) && is_constant(&row(&[NONE, NONE])));
        assert!(!is_constant(&row(&["a", "b"])));
    }
}
