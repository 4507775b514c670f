// SPDX-License-Identifier: GPL-2.0-or-later
//! Pieces that every section uses.

use crate::claim::Claim;
use crate::format::sentence;
use crate::page::Table;
use crate::status::Status::{self, Caution, Failed, Invalid, Passed, Skipped, Stated};
use crate::verdict::Verdict;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet of every page. It names no file and no address.
const STYLE: &str = include_str!("style.css");

/// A whole document around `body`, which may fetch nothing from anywhere.
pub(crate) fn document(title: &str, body: &Markup) -> String {
    styled_document(title, "", body)
}

/// The same with more style rules.
#[must_use]
pub fn styled_document(title: &str, rules: &str, body: &Markup) -> String {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                // Nothing may be fetched from anywhere, whatever text found its way in.
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { "µChaos: " (title) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) (PreEscaped(rules)) }
            }
            body { (body) }
        }
    };
    whole.into_string()
}

/// Words between backticks as code.
pub(crate) fn coded(text: &str) -> Markup {
    html! {
        @for (at, piece) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// A sentence that states a finding.
pub(crate) fn claim(claim: &Claim) -> Markup {
    html! { span.claim { (claim.text) } }
}

/// The sentences of a verdict; its text, where another program was asked.
pub(crate) fn claims(verdict: &Verdict) -> Markup {
    html! {
        @if verdict.claims.is_empty() { (verdict.text) }
        @for (at, one) in verdict.claims.iter().enumerate() {
            @if at > 0 { " " }
            (claim(one))
        }
    }
}

/// A verdict with its word, sentences, formula and false-alarm rate.
pub(crate) fn verdict(verdict: &Verdict) -> Markup {
    html! {
        div.verdict {
            p { (badge(verdict.status)) (claims(verdict)) }
            (formula(verdict))
        }
    }
}

/// The formula behind a verdict, and how often it is wrong.
pub(crate) fn formula(verdict: &Verdict) -> Markup {
    html! {
        p.soft.small.formula {
            b { "Formula. " } (sentence(&verdict.formula)) "."
            @if let Some(rate) = &verdict.false_alarm {
                " " b { "False alarms. " } (sentence(rate)) "."
            }
        }
    }
}

/// The word of a verdict, with a sign, so that no meaning hangs on colour.
pub(crate) fn badge(status: Status) -> Markup {
    let (class, sign) = match status {
        Passed => ("badge passed", "✓"),
        Failed => ("badge failed", "✕"),
        Caution => ("badge caution", "!"),
        Stated => ("badge stated", "·"),
        Invalid => ("badge invalid", "?"),
        Skipped => ("badge skipped", "–"),
    };
    html! { span class=(class) { (sign) " " (status.word()) } }
}

/// [`badge`] of isolated boots: that a control worked is not good news about the source, so it is not green.
pub(crate) fn control_badge(status: Status) -> Markup {
    match status {
        Passed => html! { span class="badge stated" { "= CONTROL WORKED" } },
        Failed => html! { span class="badge failed" { "✕ CONTROL FAILED" } },
        other => badge(other),
    }
}

/// A drawing with its heading, what one would see in good noise, what is seen here, and its numbers as a table.
pub(crate) fn figure(
    title: &str,
    svg: &str,
    good: &str,
    here: &str,
    numbers: Option<&Markup>,
) -> Markup {
    html! {
        figure {
            p.title { (title) }
            (PreEscaped(svg))
            figcaption {
                @if !good.is_empty() { p { b { "Good noise: " } (good) } }
                @if !here.is_empty() { p { span.claim { (here) } } }
            }
            @if let Some(numbers) = numbers {
                details.numbers { summary { "The numbers" } (scroll(title, numbers)) }
            }
        }
    }
}

/// In place of a figure where there is too little to draw.
pub(crate) fn no_figure(title: &str, why: &str) -> Markup {
    html! { figure { p.title { (title) } p.soft.small { "Not drawn: " (why) } } }
}

/// A table that scrolls where it is too wide, and can be reached by keyboard.
#[must_use]
pub fn scroll(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="group" aria-label=(label) { (table) } }
}

/// A table that belongs to a section.
pub(crate) fn table(table: &Table) -> Markup {
    let heads: Vec<&str> = table.heads.iter().map(String::as_str).collect();
    scroll(&table.caption, &numbers(&heads, table.rows.iter().cloned()))
}

/// A plain table of numbers.
pub(crate) fn numbers(heads: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Markup {
    html! {
        table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for row in rows { tr { @for cell in row { td { (cell) } } } }
            }
        }
    }
}
