// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots of one target compared: isolated ones, which should repeat, and ordinary ones, which should not.

use super::parts;
use crate::format::{NONE, count, real};
use crate::result::{CompareResult, Comparison};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="boots" {
            h2 { "What a second boot shows" }
            p {
                "In isolation the guest's time is a count of its own instructions, so nothing physical reaches it. If two \
                 such boots give the same bytes, the control worked: whatever looked random in them was arithmetic. The \
                 test is one-sided. It says nothing about how much entropy an ordinary boot has, and ordinary boots that \
                 differ may still be easy to guess."
            }
            @if result.isolation.is_empty() && result.ordinary.is_empty() && result.across.is_empty() {
                p { "No target was booted twice." }
            }
            @for (all, kind) in [(&result.isolation, "isolated"), (&result.ordinary, "ordinary"), (&result.across, "isolated")] {
                @for comparison in all { (boots(comparison, kind)) }
            }
            @if let Some(one) = result.ordinary.first().or(result.isolation.first()) {
                (parts::formula(&one.verdict))
            }
        }
    }
}

fn boots(comparison: &Comparison, kind: &str) -> Markup {
    let rows = [
        (
            "raw noise in common from the start",
            comparison.raw_common_prefix_samples.map(|n| format!("{} samples", count(n))),
        ),
        (
            "stream in common from the start",
            comparison.stream_common_prefix_bytes.map(|n| format!("{} bytes", count(n))),
        ),
        (
            "samples predicted exactly",
            (comparison.samples > 0).then(|| {
                format!("{} of {}", count(comparison.predicted_samples), count(comparison.samples))
            }),
        ),
        (
            "assessed min-entropy of what is left",
            comparison.min_entropy_bits_per_sample.map(|h| format!("{} bits/sample", real(h))),
        ),
    ];
    html! {
        details {
            summary {
                @if kind == "isolated" { (parts::control_badge(comparison.verdict.status)) }
                @else { (parts::badge(comparison.verdict.status)) }
                b { (comparison.title()) } " (" (comparison.accel) "), " (comparison.boots) " " (kind) " boots: "
                (crate::rows::outcome(comparison))
            }
            p { (parts::claims(&comparison.verdict)) }
            @if !comparison.stream_first_bytes.is_empty() {
                div.pair {
                    @for (boot, first) in comparison.stream_first_bytes.iter().enumerate() {
                        div.card {
                            p.small.soft { "Boot " (boot + 1) ", first bytes of the stream" }
                            p.bytes { (bytes(first, &comparison.stream_first_bytes[0])) }
                        }
                    }
                }
                p.small.soft { "Bytes that differ from boot 1 are bold and underlined." }
            }
            (parts::scroll(&format!("Figures of {kind} boots of {} {}", comparison.title(), comparison.accel), &html! {
                table.key { tbody {
                    @for (name, value) in rows {
                        tr { th scope="row" { (name) } td { (value.unwrap_or_else(|| NONE.to_owned())) } }
                    }
                } }
            }))
        }
    }
}

/// Two hexadecimal digits a byte; runs that differ from `first` are marked.
fn bytes(this: &str, first: &str) -> Markup {
    let cut = |text: &str| -> Vec<String> {
        let digits: Vec<char> = text.chars().collect();
        digits.chunks(2).map(|pair| pair.iter().collect()).collect()
    };
    let first = cut(first);
    let marked: Vec<(bool, String)> = cut(this)
        .into_iter()
        .enumerate()
        .map(|(at, byte)| (first.get(at) != Some(&byte), byte))
        .collect();
    html! {
        @for run in marked.chunk_by(|a, b| a.0 == b.0) {
            @let text = run.iter().map(|(_, byte)| byte.as_str()).collect::<Vec<_>>().join(" ");
            @if run[0].0 { b { (text) } } @else { span { (text) } }
            " "
        }
    }
}
