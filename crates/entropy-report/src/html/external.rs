// SPDX-License-Identifier: GPL-2.0-or-later
//! What other programs say of the same data, next to what we say.

use super::parts;
use crate::format::{NONE, bytes, option, real};
use crate::result::{CompareResult, Judges};
use maud::{Markup, html};

/// Nothing where no other program was asked.
pub(crate) fn section(result: &CompareResult) -> Markup {
    let Some(judges) = &result.judges else { return html! {} };
    html! {
        section id="external" {
            h2 { "External tests" }
            p {
                "Programs that are installed on this machine, run on the same bytes. Where both give the same figure the \
                 difference is theirs minus ours. Those that test the stream see how it looks, and nothing else."
            }
            @if judges.opinions.is_empty() { p { "None of them is installed." } }
            @else {
                (parts::scroll("External tests", &table(judges)))
                @for opinion in &judges.opinions {
                    div.verdict {
                        p {
                            (parts::badge(opinion.verdict.status))
                            b { (opinion.judge) ", " (opinion.target) ", " (opinion.data) ". " }
                            (opinion.verdict.text)
                        }
                        (parts::formula(&opinion.verdict))
                        details.numbers { summary { "Command of " (opinion.judge) " on " (opinion.target) } pre tabindex="0" { (opinion.command) } }
                    }
                }
            }
            @if !judges.absent.is_empty() {
                p.small {
                    b { "Not installed: " }
                    @for (at, absent) in judges.absent.iter().enumerate() {
                        @if at > 0 { "; " }
                        (absent.judge) " (" (absent.from) ")"
                    }
                    "."
                }
            }
        }
    }
}

fn table(judges: &Judges) -> Markup {
    html! {
        table {
            caption { "Their figures and ours" }
            thead { tr {
                th scope="col" { "program" }
                th scope="col" { "target" }
                th scope="col" { "data" }
                th scope="col" { "figure" }
                th scope="col" { "theirs" }
                th scope="col" { "ours" }
                th scope="col" { "difference" }
                th scope="col" { "time" }
            } }
            tbody {
                @for one in &judges.opinions {
                    tr {
                        th scope="row" { (one.judge) @if !one.version.is_empty() { " " span.unit { (one.version) } } }
                        td { (one.target) }
                        td { (one.data) ", " (bytes(one.bytes)) }
                        td { (one.figure) @if !one.unit.is_empty() { " " span.unit { (one.unit) } } }
                        td { (option(one.theirs)) }
                        td { (option(one.ours)) }
                        td { (difference(one.difference)) }
                        td { (real(one.seconds)) " s" }
                    }
                }
            }
        }
    }
}

fn difference(by: Option<f64>) -> String {
    match by {
        None => NONE.to_owned(),
        Some(by) if by > 0.0 => format!("+{}", real(by)),
        Some(by) => real(by).replace('-', "−"),
    }
}
