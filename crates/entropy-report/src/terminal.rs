// SPDX-License-Identifier: GPL-2.0-or-later
//! The result for a terminal: findings, a table per kind of condition, and a verdict per line.

use crate::groups::groups;
use crate::result::{CompareResult, Comparison};
use crate::rows::{Row, rows};
use crate::status::Status;
use crate::verdict::Verdict;
use comfy_table::{
    Cell, CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width,
    presets,
};

/// A line below the heads and one below all.
const STYLE: TableStyle = TableStyle::new()
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .bottom_border(LineStyle::none().fill('─').junction('─'));
/// Columns for the figures of one target: the longest word in any of them, and one apart.
const FIGURE_COLUMNS: usize = 12;
/// A table narrower than this is unreadable.
const LEAST_COLUMNS: usize = 80;

/// The result as plain text, no line wider than `columns` characters (80 at least). No colour, no control
/// characters: such characters in the text of a guest are left out.
#[must_use]
pub fn to_terminal(result: &CompareResult, columns: usize) -> String {
    let columns = columns.max(LEAST_COLUMNS);
    let mut text = String::new();
    for banner in &result.provenance.banners {
        push(&mut text, &paragraph(&format!("! {banner}"), columns));
    }
    for claim in &result.claims {
        push_close(&mut text, &paragraph(&claim.text, columns));
    }
    text.push('\n');
    for group in groups(result) {
        let mut names: Vec<&str> = group.columns.iter().map(|c| c.head.as_str()).collect();
        let runs = names.len() == 2 && !result.runs.is_empty();
        names.extend(runs.then_some("difference"));
        push(&mut text, &group.title);
        push(&mut text, &figures(&names, &rows(&group), columns));
        if let Some(column) = group.columns.first().filter(|column| !column.target.isolated) {
            let target = column.target;
            push(&mut text, &paragraph(&format!("{}: {}.", target.accel, target.stamp), columns));
        }
    }
    let legend = "Figures are medians over boots, with their range. – none, or no figure where a precondition failed.";
    push(&mut text, &paragraph(legend, columns));
    push(&mut text, &verdicts(result, columns));
    text
}

fn push(text: &mut String, part: &str) {
    push_close(text, part);
    text.push('\n');
}

/// Without an empty line after it.
fn push_close(text: &mut String, part: &str) {
    for line in part.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

fn figures(names: &[&str], rows: &[Row], columns: usize) -> String {
    let mut table = empty(columns);
    table.load_style(STYLE);
    // Only names of four targets or more need to break, at their hyphen.
    let narrow = names.len() * 14 + 26 > columns;
    let name = |name: &&str| if narrow { name.replace('-', "-\n") } else { (*name).to_owned() };
    let heads =
        names.iter().map(|n| Cell::new(clean(&name(n))).set_alignment(CellAlignment::Right));
    table.set_header(std::iter::once(Cell::new("")).chain(heads));
    for row in rows {
        let label = if row.unit.is_empty() {
            row.label.to_owned()
        } else {
            format!("{} ({})", row.label, row.unit)
        };
        let cells =
            row.cells.iter().map(|cell| Cell::new(clean(cell)).set_alignment(CellAlignment::Right));
        let change = (names.len() > row.cells.len())
            .then(|| Cell::new(&row.change).set_alignment(CellAlignment::Right));
        table.add_row(std::iter::once(Cell::new(label)).chain(cells).chain(change));
    }
    for column in table.column_iter_mut() {
        column.set_padding((1, 0));
    }
    if narrow && let Some(labels) = table.column_mut(0) {
        let rest = columns.saturating_sub(FIGURE_COLUMNS * names.len()).clamp(18, 32);
        labels.set_constraint(ColumnConstraint::Absolute(Width::Fixed(rest as u16)));
    }
    table.to_string()
}

/// Each verdict that is more than a figure: what boots showed, what restarts showed, what the stream is worth.
fn verdicts(result: &CompareResult, columns: usize) -> String {
    let mut table = empty(columns);
    table.load_style(presets::NOTHING);
    let mut add = |what: String, verdict: &Verdict| {
        table.add_row([verdict.status.word().to_owned(), clean(&what), clean(&verdict.text)]);
    };
    let boots = |comparison: &Comparison, kind| format!("{} {kind} boots", comparison.title());
    for comparison in &result.isolation {
        add(boots(comparison, "isolated"), &comparison.verdict);
    }
    for comparison in &result.ordinary {
        add(boots(comparison, "ordinary"), &comparison.verdict);
    }
    for comparison in &result.across {
        add(format!("{}, isolated", comparison.title()), &comparison.verdict);
    }
    for target in result.targets.iter().filter(|target| !target.isolated) {
        let raw = target.raw.as_ref().map(|raw| ("raw noise", &raw.verdict));
        let restarts = target.restarts.as_ref().map(|restarts| ("restarts", &restarts.verdict));
        let starts = target.starts.as_ref().map(|starts| ("true starts", &starts.verdict));
        let stream = target.stream.as_ref().map(|stream| ("stream", &stream.verdict));
        for (what, verdict) in [raw, restarts, starts, stream].into_iter().flatten() {
            add(format!("{} {what}", target.short_title()), verdict);
        }
    }
    if let Some(keys) = &result.server_keys {
        for (pair, claim) in keys.pairs.iter().zip(&keys.claims) {
            let verdict = Verdict::new(claim.status, claim.text.clone(), "");
            add(format!("server keys, {} boots", pair.condition()), &verdict);
        }
    }
    for opinion in result.judges.iter().flat_map(|judges| &judges.opinions) {
        add(format!("{}, {} {}", opinion.judge, opinion.target, opinion.data), &opinion.verdict);
    }
    for absent in result.judges.iter().flat_map(|judges| &judges.absent) {
        let why = format!("{} is not installed ({}).", absent.judge, absent.from);
        add(absent.judge.clone(), &Verdict::new(Status::Skipped, why, ""));
    }
    table.to_string()
}

fn paragraph(text: &str, columns: usize) -> String {
    let mut table = empty(columns);
    table.load_style(presets::NOTHING);
    table.add_row([clean(text)]);
    table.to_string()
}

fn empty(columns: usize) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    table
}

/// Without control characters, so that a guest's text cannot steer the terminal; line ends are kept.
fn clean(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}
