// SPDX-License-Identifier: GPL-2.0-or-later
//! Heading, things to know before any figure, and the verdict in one paragraph.

use crate::result::CompareResult;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult, contents: &[(&str, &str)]) -> Markup {
    let provenance = &result.provenance;
    html! {
        header {
            a.skip href="#table" { "Skip to the table" }
            h1 { "Where does the entropy come from?" }
            p.soft {
                "µChaos comparison"
                @if !provenance.run.is_empty() { " · run " code { (provenance.run) } }
                @if !provenance.taken_utc.is_empty() { " · " (provenance.taken_utc) }
                @if !provenance.cpu_model.is_empty() { " · " (provenance.cpu_model) }
            }
            @for banner in &provenance.banners {
                div.banner role="note" { b { "! " } (banner) }
            }
            p.lead { (result.summary) }
            nav aria-label="Contents" {
                ul { @for (id, title) in contents { li { a href={ "#" (id) } { (title) } } } }
            }
        }
    }
}
