// SPDX-License-Identifier: GPL-2.0-or-later
//! Where the result comes from, the samples' hashes, and the commands that repeat it.

use super::parts;
use crate::result::CompareResult;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="provenance" {
            h2 { "Provenance" }
            p.soft {
                "Every guest linked the same object code of the engine; its SHA-256 is below, and so are those of the \
                 samples that each figure was made from."
            }
            (parts::scroll("Provenance", &html! {
                table.key { tbody {
                    @for (name, value) in crate::rows::provenance(&result.provenance) {
                        tr { th scope="row" { (name) } td { span.mono { (value) } } }
                    }
                } }
            }))
            h3 { "Samples" }
            (parts::scroll("SHA-256 of the samples", &samples(result)))
            @if !result.provenance.repeat.is_empty() {
                h3 { "To repeat" }
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
