// SPDX-License-Identifier: GPL-2.0-or-later
//! The result as Markdown: the report without its pictures.

use crate::format::{count, duration_us, option, real};
use crate::groups::groups;
use crate::page::Table;
use crate::result::{CompareResult, Comparison, LETTERS, TargetResult};
use crate::rows::rows;
use crate::taken::Moment;
use crate::verdict::Verdict;
use std::fmt::{self, Write};

/// The result as GitHub-flavoured Markdown.
#[must_use]
pub fn to_markdown(result: &CompareResult) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(result, &mut text);
    text
}

fn write(result: &CompareResult, out: &mut String) -> fmt::Result {
    writeln!(out, "# µChaos: {}\n", escape(&result.provenance.run))?;
    for banner in &result.provenance.banners {
        writeln!(out, "> **Note:** {}\n", escape(banner))?;
    }
    for claim in &result.claims {
        writeln!(out, "- {}", escape(&claim.text))?;
    }
    writeln!(out)?;
    for group in groups(result) {
        writeln!(out, "## {}\n", escape(&group.title))?;
        let runs = group.columns.len() == 2 && !result.runs.is_empty();
        let mut names: Vec<String> = group.columns.iter().map(|c| escape(&c.head)).collect();
        names.extend(runs.then(|| "difference".to_owned()));
        writeln!(out, "| | {} |", names.join(" | "))?;
        writeln!(out, "| --- |{}", " ---: |".repeat(names.len()))?;
        for row in rows(&group) {
            let unit = if row.unit.is_empty() { String::new() } else { format!(" ({})", row.unit) };
            let mut cells: Vec<String> = row.cells.iter().map(|cell| escape(cell)).collect();
            cells.extend(runs.then_some(row.change));
            writeln!(out, "| {}{unit} | {} |", row.label, cells.join(" | "))?;
        }
        writeln!(out)?;
    }
    writeln!(
        out,
        "Figures are medians over boots, with their range. – none, or no figure where a precondition failed.\n"
    )?;
    boots(out, "Isolated boots compared", &result.isolation)?;
    boots(out, "Ordinary boots compared", &result.ordinary)?;
    boots(out, "Isolated boots of different runs", &result.across)?;
    clones(out, result)?;
    server_keys(out, result)?;
    judges(out, result)?;
    for t in &result.targets {
        target(out, t)?;
    }
    provenance(out, result)
}

fn boots(out: &mut String, title: &str, comparisons: &[Comparison]) -> fmt::Result {
    if comparisons.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {title}\n")?;
    for comparison in comparisons {
        writeln!(out, "### {}, {} boots\n", escape(&comparison.title()), comparison.boots)?;
        verdict(out, &comparison.verdict)?;
        if let Some(bytes) = comparison.stream_common_prefix_bytes {
            writeln!(out, "Bytes of stream in common from the start: {}\n", count(bytes))?;
        }
        for (boot, first) in comparison.stream_first_bytes.iter().enumerate() {
            writeln!(out, "- boot {}: `{}`", boot + 1, escape(first))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn clones(out: &mut String, result: &CompareResult) -> fmt::Result {
    let Some(clones) = &result.clones else { return Ok(()) };
    writeln!(out, "## Clones\n")?;
    for claim in &clones.claims {
        writeln!(out, "- {}", escape(&claim.text))?;
    }
    for left_out in &clones.not_measured {
        writeln!(out, "- Not measured: {}: {}", escape(&left_out.what), escape(&left_out.why))?;
    }
    table(out, &crate::wording::clones_table(clones))
}

fn server_keys(out: &mut String, result: &CompareResult) -> fmt::Result {
    let Some(keys) = &result.server_keys else { return Ok(()) };
    writeln!(
        out,
        "## Server keys\n\nFirst starts of a database server: {}.\n",
        escape(&keys.guest)
    )?;
    for claim in &keys.claims {
        writeln!(out, "- **{}.** {}", claim.status.word(), escape(&claim.text))?;
    }
    crate::wording::server_keys_tables(keys).iter().try_for_each(|one| table(out, one))
}

fn table(out: &mut String, table: &Table) -> fmt::Result {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "\n{}\n|{}", row(&table.heads), " --- |".repeat(table.heads.len()))?;
    for cells in &table.rows {
        writeln!(out, "{}", row(cells))?;
    }
    writeln!(out)
}

fn judges(out: &mut String, result: &CompareResult) -> fmt::Result {
    let Some(judges) = &result.judges else { return Ok(()) };
    writeln!(out, "## External tests\n")?;
    if !judges.opinions.is_empty() {
        writeln!(
            out,
            "| program | target | data | figure | theirs | ours | difference | verdict |"
        )?;
        writeln!(out, "| --- | --- | --- | --- | ---: | ---: | ---: | --- |")?;
    }
    for one in &judges.opinions {
        let cells = [
            escape(&one.judge),
            escape(&one.target),
            one.data.clone(),
            escape(&format!("{} {}", one.figure, one.unit)),
            option(one.theirs),
            option(one.ours),
            option(one.difference),
            format!("{}: {}", one.verdict.status.word(), escape(&one.verdict.text)),
        ];
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)?;
    for absent in &judges.absent {
        writeln!(out, "- not installed: {} ({})", escape(&absent.judge), escape(&absent.from))?;
    }
    writeln!(out)
}

fn target(out: &mut String, target: &TargetResult) -> fmt::Result {
    writeln!(out, "## {}\n", escape(&target.title()))?;
    writeln!(out, "Kernel: {}. Note: {}.\n", escape(&target.kernel), escape(&target.stamp))?;
    if !target.timeline.is_empty() {
        let at = |m: &Moment| format!("{} {}", escape(&m.what), duration_us(m.at_us));
        let moments: Vec<String> = target.timeline.iter().map(at).collect();
        writeln!(out, "Boot: {}.\n", moments.join(", "))?;
    }
    if let Some(raw) = &target.raw {
        writeln!(out, "### Raw noise\n")?;
        verdict(out, &raw.verdict)?;
        writeln!(out, "| estimator | bits/sample |\n| --- | ---: |")?;
        for (name, value) in &raw.estimators {
            let binds = if raw.binding.as_ref() == Some(name) { " (binds)" } else { "" };
            let title = escape(&crate::format::estimator(name));
            writeln!(out, "| {title}{binds} | {} |", real(*value))?;
        }
        writeln!(out, "\nSHA-256 of the samples: `{}`\n", raw.sha256)?;
    }
    for claim in &target.claims {
        writeln!(out, "- {}", escape(&claim.text))?;
    }
    writeln!(out)?;
    let restarts = [("Restarts", &target.restarts), ("True starts", &target.starts)];
    for (title, restarts) in restarts.iter().filter_map(|(title, r)| Some((title, r.as_ref()?))) {
        writeln!(out, "### {title}\n")?;
        verdict(out, &restarts.verdict)?;
    }
    if let Some(stream) = &target.stream {
        writeln!(out, "### Output stream\n")?;
        verdict(out, &stream.verdict)?;
        writeln!(out, "| output test | p-value | outcome |\n| --- | ---: | --- |")?;
        for test in &stream.output_tests {
            writeln!(out, "| {} | {} | {} |", test.name, option(test.p_value), test.status.word())?;
        }
        writeln!(out, "\nSHA-256 of the stream: `{}`\n", stream.sha256)?;
    }
    Ok(())
}

fn verdict(out: &mut String, verdict: &Verdict) -> fmt::Result {
    writeln!(out, "**{}.** {}\n", verdict.status.word(), escape(&verdict.text))?;
    writeln!(out, "Formula: {}.\n", escape(&verdict.formula))?;
    match &verdict.false_alarm {
        Some(rate) => writeln!(out, "False alarms: {}.\n", escape(rate)),
        None => Ok(()),
    }
}

fn provenance(out: &mut String, result: &CompareResult) -> fmt::Result {
    writeln!(out, "## Provenance\n\n| | |\n| --- | --- |")?;
    for (name, value) in crate::rows::provenance(&result.provenance) {
        writeln!(out, "| {name} | {} |", escape(&value))?;
    }
    for (run, letter) in result.runs.iter().zip(LETTERS) {
        writeln!(out, "\n### Run {letter}\n\n| | |\n| --- | --- |")?;
        for (name, value) in crate::rows::provenance(run) {
            writeln!(out, "| {name} | {} |", escape(&value))?;
        }
    }
    writeln!(out, "\n## To repeat this\n")?;
    for command in &result.provenance.repeat {
        writeln!(
            out,
            "{}:\n\n```sh\n{}\n```\n",
            escape(&command.what),
            command.line.replace("```", "")
        )?;
    }
    Ok(())
}

/// Text that Markdown or HTML would take for markup, made harmless; on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
