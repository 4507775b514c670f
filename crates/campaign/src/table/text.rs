// SPDX-License-Identifier: GPL-2.0-or-later
//! The table as text for people, and as comma-separated values for programs.

use std::fmt::Write as _;

use entropy_report::result::Spread;

use super::{Row, Table};
use crate::plan::Value;

/// Columns of figures, after those of the axes that vary.
const FIGURES: [&str; 6] =
    ["boots", "H [bits/sample]", "restarts", "samples/s", "assessed bits/s", "passes"];

/// The table, the best setting and the rule.
#[must_use]
pub fn to_terminal(table: &Table) -> String {
    let mut text = format!(
        "campaign {}: {} cells, {} done, {} failed, {} not finished\n",
        table.campaign, table.cells, table.done, table.failed, table.unfinished
    );
    let fixed: Vec<String> =
        table.fixed.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let _ = writeln!(text, "the same in all: {}\n", fixed.join(", "));
    let heading = table.varying.iter().copied().chain(FIGURES).map(str::to_owned).collect();
    let rows = table.rows.iter().map(|row| {
        let mut cells: Vec<String> = table.varying.iter().map(|key| value(row, key)).collect();
        cells.extend([
            format!("{}/{}", row.done, row.cells.len()),
            range(row.h.as_ref(), |h| format!("{h:.3}")),
            row.restarts.text().to_owned(),
            range(row.samples_per_s.as_ref(), si),
            range(row.bits_per_s.as_ref(), si),
            row.fails.as_ref().map_or_else(|| "yes".to_owned(), |why| format!("no: {why}")),
        ]);
        cells
    });
    text.push_str(&aligned(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()));
    let best = table.best.and_then(|index| table.rows.get(index)).map_or_else(
        || "best setting: none passes".to_owned(),
        |row| {
            let axes: Vec<String> =
                table.varying.iter().map(|key| format!("{key} {}", value(row, key))).collect();
            let axes = if axes.is_empty() { "the only one".to_owned() } else { axes.join(", ") };
            format!("best setting: {axes}: {} assessed bits/s", range(row.bits_per_s.as_ref(), si))
        },
    );
    let accelerators = ["tcg", "TCG"];
    let tcg = table.rows.iter().any(|row| value(row, "accel") == accelerators[0]);
    let stamp =
        if tcg { "\nUnder TCG timing reflects the emulator, not the hardware." } else { "" };
    let _ = write!(text, "\n{best}\n{}{stamp}", table.rule);
    text
}

/// One line for each setting, after a heading.
#[must_use]
pub fn to_csv(table: &Table) -> String {
    let keys: Vec<&str> = table
        .rows
        .first()
        .map(|row| row.setting.iter().map(|(key, _)| key).collect())
        .unwrap_or_default();
    let figures = ["h_bits_per_sample", "samples_per_s", "bits_per_s"];
    let spreads = figures
        .iter()
        .flat_map(|name| ["median", "low", "high"].map(|part| format!("{name}_{part}")));
    let heading: Vec<String> = keys
        .iter()
        .map(|key| (*key).to_owned())
        .chain(["boots", "done", "failed", "restarts"].map(str::to_owned))
        .chain(spreads)
        .chain(["passes", "why_not", "best"].map(str::to_owned))
        .collect();
    let mut text = csv_line(&heading);
    for (index, row) in table.rows.iter().enumerate() {
        let mut line: Vec<String> = keys.iter().map(|key| value(row, key)).collect();
        line.extend([row.cells.len(), row.done, row.failed].map(|count| count.to_string()));
        line.push(row.restarts.text().to_owned());
        for spread in [&row.h, &row.samples_per_s, &row.bits_per_s] {
            let parts = spread
                .as_ref()
                .map(|of| [of.median, of.low, of.high].map(|figure| figure.to_string()));
            line.extend(parts.unwrap_or_default());
        }
        let passes = row.fails.is_none();
        line.extend([passes.to_string(), row.fails.clone().unwrap_or_default()]);
        line.push((table.best == Some(index)).to_string());
        text.push_str(&csv_line(&line));
    }
    text.truncate(text.trim_end().len());
    text
}

fn value(row: &Row, key: &str) -> String {
    let found = row.setting.iter().find(|(of, _)| *of == key);
    found.map(|(_, value): (&str, &Value)| value.to_string()).unwrap_or_default()
}

/// `median (low to high)`, or the one figure of one boot.
fn range(spread: Option<&Spread>, show: impl Fn(f64) -> String) -> String {
    match spread {
        None => "-".to_owned(),
        Some(of) if of.boots < 2 => show(of.median),
        Some(of) => format!("{} ({} to {})", show(of.median), show(of.low), show(of.high)),
    }
}

/// Three digits and a prefix: `1.23M`.
pub(super) fn si(figure: f64) -> String {
    let (scaled, prefix) = match figure {
        1e9.. => (figure / 1e9, "G"),
        1e6.. => (figure / 1e6, "M"),
        1e3.. => (figure / 1e3, "k"),
        _ => (figure, ""),
    };
    let places = if scaled >= 100.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.places$}{prefix}")
}

/// Pads the cells of each column to equal width, except in the last.
pub(super) fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn csv_line(cells: &[String]) -> String {
    let quoted = cells.iter().map(|cell| {
        if cell.contains([',', '"', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_prefix() {
        let shown = [0.0, 12.34, 999.0, 1234.0, 56_789.0, 2.5e6, 3e9].map(si);
        assert_eq!(shown, ["0.00", "12.3", "999", "1.23k", "56.8k", "2.50M", "3.00G"]);
    }

    #[test]
    fn a_comma_or_a_quote_stays_in_its_cell() {
        let line =
            csv_line(&["max,-rdrand".to_owned(), "say \"no\"".to_owned(), "plain".to_owned()]);
        assert_eq!(line, "\"max,-rdrand\",\"say \"\"no\"\"\",plain\n");
    }

    #[test]
    fn columns_stand_below_each_other() {
        let lines = [["a", "bb"], ["ccc", "d"]].map(|line| line.map(str::to_owned).to_vec());
        assert_eq!(aligned(&lines), "a    bb\nccc  d\n");
    }
}
