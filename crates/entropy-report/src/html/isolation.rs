// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots against each other: absolute zero, and its opposite.

use super::parts;
use crate::format::{NONE, count, real};
use crate::result::{CompareResult, Comparison};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="isolation" {
            h2 { "What a second boot cannot know" }
            p {
                "In isolation the guest's clock is a count of its own instructions, so that nothing physical reaches \
                 it. If two boots then give the same bytes, all that was random in them came from outside. Someone \
                 who has watched one boot can foretell the other, however random each looks on its own."
            }
            p.soft.small {
                b { "How the figure is defined. " }
                "The raw noise A of the first boot is taken as the guess for the raw noise B of another. The residuals \
                 (B / step − A / step) mod 256, sample by sample, are assessed with the estimators that assess raw noise; if \
                 every residual is 0, the figure is 0. B is first moved by up to 64 samples to where A foretells it \
                 best. "
                b { "What it shows. " }
                "A figure of 0 is proof: a second boot holds nothing new. "
                b { "What it does not show. " }
                "A high figure only says that this one guess fails; who knows more of the machine may do better. It \
                 never raises the assessment of a single run."
            }
            @if let Some(one) = result.isolation.first().or(result.ordinary.first()) {
                (parts::formula(&one.verdict))
            }
            @if result.isolation.is_empty() { p { "No target was booted twice in isolation." } }
            @for comparison in &result.isolation { (boots(comparison, "isolated")) }
            @if !result.across.is_empty() {
                h3 { "Isolated boots of different runs" }
                p { "Taken on other days or other hosts, asked for the same. In isolation neither should matter." }
                @for comparison in &result.across { (boots(comparison, "isolated")) }
            }
            h3 { "The same for ordinary boots" }
            p { "Here time is physical (or the emulator's), and every two boots must differ." }
            @if result.ordinary.is_empty() { p { "No target was booted twice in the ordinary way." } }
            @for comparison in &result.ordinary { (boots(comparison, "ordinary")) }
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
            "samples foretold exactly",
            (comparison.samples > 0).then(|| {
                format!("{} of {}", count(comparison.foretold_samples), count(comparison.samples))
            }),
        ),
        (
            "min-entropy that a second boot cannot know",
            comparison.min_entropy_bits_per_sample.map(|h| format!("{} bits/sample", real(h))),
        ),
    ];
    html! {
        h4 { (comparison.title()) " (" (comparison.accel) "), " (comparison.boots) " " (kind) " boots" }
        div.verdict { p { (parts::badge(&comparison.verdict)) (comparison.verdict.text) } }
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
        (parts::scroll("Figures of these boots", &html! {
            table.key { tbody {
                @for (name, value) in rows {
                    tr { th scope="row" { (name) } td { (value.unwrap_or_else(|| NONE.to_owned())) } }
                }
            } }
        }))
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
