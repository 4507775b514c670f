// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the result comes from, the samples' hashes, and the commands that repeat it.

use super::parts;
use crate::format::NONE;
use crate::result::{CompareResult, LETTERS};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            p.soft {
                "Every guest linked the same object code of the engine; its SHA-256 is below, and so are those of the \
                 samples that each figure was made from."
            }
            details {
                summary { "Versions, parameters, images" }
                table.key { tbody {
                    @for (name, value) in crate::rows::provenance(&result.provenance) {
                        tr { th scope="row" { (name) } td { span.mono { (value) } } }
                    }
                } }
            }
            details { summary { "SHA-256 of the samples" } (samples(result)) }
            @if !result.provenance.repeat.is_empty() {
                h3 { "To repeat this" }
                @for command in &result.provenance.repeat {
                    p.small { (command.what) }
                    pre tabindex="0" { (command.line) }
                }
            }
        }
    }
}

fn samples(result: &CompareResult) -> Markup {
    html! {
        table.key { tbody {
            @for target in &result.targets {
                @let hashes = [
                    ("raw", target.raw.as_ref().map(|raw| &raw.sha256)),
                    ("stream", target.stream.as_ref().map(|stream| &stream.sha256)),
                    ("restarts", target.restarts.as_ref().map(|restarts| &restarts.sha256)),
                    ("starts", target.starts.as_ref().map(|starts| &starts.sha256)),
                ];
                @for (kind, hash) in hashes {
                    @if let Some(hash) = hash {
                        tr {
                            th scope="row" { (target.title()) ", " (kind) }
                            td {
                                span.mono { (hash) }
                                @if let Some(path) = target.paths.get(kind) { br; span.mono.soft { (path) } }
                            }
                        }
                    }
                }
            }
        } }
    }
}

/// Where each of several runs comes from; nothing where there is one run only.
pub(crate) fn runs(result: &CompareResult) -> Markup {
    if result.runs.is_empty() {
        return html! {};
    }
    let columns: Vec<Vec<(&'static str, String)>> =
        result.runs.iter().map(crate::rows::provenance).collect();
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in columns.iter().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let value = |column: &[(&'static str, String)], wanted: &str| {
        column.iter().find(|(name, _)| *name == wanted).map_or(NONE.to_owned(), |(_, v)| v.clone())
    };
    html! {
        section id="runs" {
            h2 { "The runs" }
            p {
                "These runs were recorded apart. Each is assessed again from its samples, by this version of the \
                 estimators. Rows that are not the same in all runs are marked with ≠: a difference between figures may \
                 come from any of them."
            }
            (parts::scroll("Provenance of each run", &html! {
                table.key.apart {
                    thead { tr {
                        th scope="col" { "from" }
                        @for (_, letter) in result.runs.iter().zip(LETTERS) { th scope="col" { "run " (letter) } }
                    } }
                    tbody {
                        @for name in names {
                            @let values: Vec<String> = columns.iter().map(|c| value(c, name)).collect();
                            @let differ = values.iter().any(|v| *v != values[0]);
                            tr {
                                th scope="row" { (name) @if differ { " ≠" } }
                                @for value in &values { td { span.mono { (value) } } }
                            }
                        }
                    }
                }
            }))
        }
    }
}
