// SPDX-License-Identifier: GPL-2.0-or-later
//! Pieces that every section uses.

use crate::format::sentence;
use crate::verdict::Verdict;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet of every page. It names no file and no address.
const STYLE: &str = include_str!("style.css");

/// A whole document around `body`, which may fetch nothing from anywhere.
pub(crate) fn document(title: &str, body: &Markup) -> String {
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
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    };
    whole.into_string()
}

/// A judgement with its word, sentence, formula and false-alarm rate.
pub(crate) fn verdict(verdict: &Verdict) -> Markup {
    html! {
        div.verdict {
            p { (badge(verdict)) (verdict.text) }
            (formula(verdict))
        }
    }
}

/// The formula behind a judgement, and how often it is wrong.
pub(crate) fn formula(verdict: &Verdict) -> Markup {
    html! {
        p.soft.small {
            b { "Formula. " } (sentence(&verdict.formula)) "."
            @if let Some(rate) = &verdict.false_alarm {
                " " b { "False alarms. " } (sentence(rate)) "."
            }
        }
    }
}

/// The word of a judgement, with a sign, so that it does not hang on colour.
pub(crate) fn badge(verdict: &Verdict) -> Markup {
    use crate::verdict::Status::{Caution, Failed, Invalid, Passed, Skipped, Stated};
    let (class, sign) = match verdict.status {
        Passed => ("badge passed", "✓"),
        Failed => ("badge failed", "✕"),
        Caution => ("badge caution", "!"),
        Stated => ("badge stated", "·"),
        Invalid => ("badge invalid", "?"),
        Skipped => ("badge skipped", "–"),
    };
    html! { span class=(class) { (sign) " " (verdict.status.word()) } }
}

/// A drawing with its heading, what one would see and what is seen, and its numbers as a table.
///
/// `numbers` may be left out where a table beside the drawing has them.
pub(crate) fn figure(
    title: &str,
    svg: &str,
    good: &str,
    here: &str,
    numbers: Option<&Markup>,
) -> Markup {
    html! {
        figure {
            h4 { (title) }
            (PreEscaped(svg))
            figcaption {
                @if !good.is_empty() { p { b { "Good noise: " } (good) } }
                @if !here.is_empty() { p { b { "Here: " } (here) } }
            }
            @if let Some(numbers) = numbers {
                details.numbers {
                    summary { "The numbers" }
                    (scroll(title, numbers))
                }
            }
        }
    }
}

/// What stands where there is too little to draw.
pub(crate) fn no_figure(title: &str, why: &str) -> Markup {
    html! { figure { h4 { (title) } p.soft.small { "Not drawn: " (why) } } }
}

/// A table of its own scroll bar, that can be reached by keyboard.
pub(crate) fn scroll(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { (table) } }
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
