// SPDX-License-Identifier: MIT OR Apache-2.0
//! The report as one HTML page without scripts or outside parts.

use crate::entry::Entry;
use crate::provenance::Provenance;
use anyhow::Context;
use sp800_90b::{Assessment, Estimators};
use std::fmt::{self, Write as _};
use std::path::Path;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}\
table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .7em;border-bottom:1px solid #ccc;text-align:left}\
td.n{text-align:right;font-variant-numeric:tabular-nums}.bad{color:#a00;font-weight:bold}.warn{color:#850}\
.bar{background:#eee;width:12em;height:.8em}.bar i{display:block;height:100%;background:#47a}\
code{overflow-wrap:anywhere}h2{margin-top:2em;border-top:2px solid #222;padding-top:.5em}";

/// Writes the report.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub(crate) fn write(path: &Path, entries: &[Entry], provenance: &Provenance) -> anyhow::Result<()> {
    let mut page = String::new();
    render(&mut page, entries, provenance).context("putting the report together")?;
    std::fs::write(path, page).with_context(|| format!("writing the report to {}", path.display()))
}

fn render(out: &mut String, entries: &[Entry], provenance: &Provenance) -> fmt::Result {
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Entropy assessment</title>\
         <style>{STYLE}</style></head><body>\n<h1>Entropy assessment (SP 800-90B)</h1>\n"
    )?;
    summary(out, entries)?;
    for entry in entries {
        section(out, entry)?;
    }
    let mut source = String::new();
    provenance.describe(&mut source);
    write!(out, "<h2>Where this comes from</h2>\n<pre>{}</pre>\n</body></html>\n", escape(&source))
}

fn summary(out: &mut String, entries: &[Entry]) -> fmt::Result {
    out.push_str(
        "<table><tr><th>file</th><th>H per sample</th><th>of</th><th>samples</th><th>result</th></tr>\n",
    );
    for entry in entries {
        let made = entry.assessment.as_ref();
        let class = if entry.stands() { "" } else { " class=\"bad\"" };
        writeln!(
            out,
            "<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td{class}>{}</td></tr>",
            escape(&entry.name),
            made.and_then(|made| made.min_entropy_bits_per_sample)
                .map_or_else(|| "–".to_owned(), |h| format!("{h:.6}")),
            made.map_or_else(String::new, |made| format!("{} bits", made.bits_per_symbol)),
            made.map_or_else(String::new, |made| made.samples.to_string()),
            escape(&entry.result())
        )?;
    }
    out.push_str("</table>\n");
    Ok(())
}

fn section(out: &mut String, entry: &Entry) -> fmt::Result {
    writeln!(out, "<h2>{}</h2>", escape(&entry.name))?;
    if let Some(error) = &entry.error {
        writeln!(out, "<p class=\"bad\">{}</p>", escape(error))?;
    }
    if let Some(made) = &entry.assessment {
        let class = if entry.stands() { "" } else { " class=\"bad\"" };
        writeln!(out, "<p{class}>{}</p><p>{}</p>", escape(&made.verdict), escape(&made.formula))?;
        for warning in entry.input_warnings.iter().chain(&made.warnings) {
            writeln!(out, "<p class=\"warn\">Warning: {}</p>", escape(warning))?;
        }
        figures(out, made)?;
    }
    if let Some(file) = &entry.file {
        writeln!(
            out,
            "<p>{} bytes as {}, SHA-256 <code>{}</code></p>",
            file.len_bytes, file.format, file.sha256
        )?;
    }
    Ok(())
}

fn figures(out: &mut String, made: &Assessment) -> fmt::Result {
    let sets = [
        ("symbols (bits/sample)", f64::from(made.bits_per_symbol), &made.estimators.literal),
        ("bitstring (bits/bit)", 1.0, &made.estimators.bitstring),
    ];
    for (name, width, set) in sets {
        let Some(set) = set else { continue };
        writeln!(
            out,
            "<table><tr><th>estimator on the {name}</th><th>min-entropy</th><th></th></tr>"
        )?;
        rows(out, set, width)?;
        out.push_str("</table>\n");
    }
    let Some(tests) = made.iid.as_ref().and_then(|iid| iid.value()) else { return Ok(()) };
    out.push_str("<table><tr><th>IID test</th><th>outcome</th></tr>\n");
    for (name, passed) in [
        ("chi-square independence", tests.independence.passed),
        ("chi-square goodness of fit", tests.goodness_of_fit.passed),
        ("longest repeated substring", tests.lrs_length.passed),
        ("permutations", tests.permutation.passed),
    ] {
        let outcome = if passed { "passed" } else { "<span class=\"bad\">failed</span>" };
        writeln!(out, "<tr><td>{name}</td><td>{outcome}</td></tr>")?;
    }
    out.push_str("</table>\n");
    Ok(())
}

fn rows(out: &mut String, set: &Estimators, width: f64) -> fmt::Result {
    for (name, estimate) in set.lines() {
        match estimate {
            Ok(h) => writeln!(
                out,
                "<tr><td>{name}</td><td class=\"n\">{h:.9}</td><td><div class=\"bar\"><i style=\"width:{:.1}%\"></i>\
                 </div></td></tr>",
                (100.0 * h / width).clamp(0.0, 100.0)
            )?,
            Err(invalid) => writeln!(
                out,
                "<tr><td>{name}</td><td colspan=\"2\">none: {}</td></tr>",
                escape(&invalid.reason)
            )?,
        }
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
