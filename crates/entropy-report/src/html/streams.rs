// SPDX-License-Identifier: GPL-2.0-or-later
//! "Looks random" and "is unpredictable", said apart.

use super::parts;
use crate::format::{option, real};
use crate::result::{CompareResult, OutputTest, StreamResult, TargetResult};
use crate::status::Status;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    let streams: Vec<(&TargetResult, &StreamResult)> =
        result.targets.iter().filter_map(|t| Some((t, t.stream.as_ref()?))).collect();
    // Isolated streams are all alike in this: a second boot repeats them.
    let shown: Vec<_> = streams.iter().copied().filter(|(target, _)| !target.isolated).collect();
    html! {
        section id="streams" {
            h2 { "Looking random is not being unpredictable" }
            p {
                "A mixer makes any input look random, even a constant one, so statistical tests of the output stream say that \
                 the mixer mixes. How much of the stream is fresh follows from the raw noise alone."
            }
            @if streams.is_empty() {
                p { "No stream was recorded." }
            } @else {
                @if !shown.is_empty() { (parts::scroll("Streams", &table(&shown))) }
                details {
                    summary { "Each stream in a sentence" }
                    ul.findings {
                        @for (target, stream) in &streams {
                            li { b { (target.title()) ". " } (parts::claims(&stream.verdict)) }
                        }
                    }
                }
                @if let Some((_, stream)) = streams.first() { (parts::formula(&stream.verdict)) }
            }
        }
    }
}

fn table(streams: &[(&TargetResult, &StreamResult)]) -> Markup {
    html! {
        table.figures {
            caption { "Streams, first boot of each target" }
            thead { tr {
                th scope="col" { "target" }
                th scope="col" { "rate" br; span.unit { "MB/s" } }
                th scope="col" { "fresh, as assessed" br; span.unit { "bits/output bit" } }
                th scope="col" { "fresh, as assessed" br; span.unit { "kbit/s" } }
                th scope="col" { "output tests passed" }
                th scope="col" { "lowest p-value" }
            } }
            tbody {
                @for (target, stream) in streams {
                    @let fresh = stream.fresh_bits_per_output_bit;
                    @let rate = stream.mb_per_s.zip(fresh).map(|(rate, fresh)| rate * 8e3 * fresh);
                    tr {
                        th scope="row" { (target.title()) }
                        td { (option(stream.mb_per_s)) }
                        td { (option(fresh)) }
                        td { (option(rate)) }
                        td { (outcome(&stream.output_tests)) }
                        td { (lowest(&stream.output_tests)) }
                    }
                }
            }
        }
    }
}

fn outcome(tests: &[OutputTest]) -> String {
    let of = |status| tests.iter().filter(|test| test.status == status).count();
    let made = tests.len() - of(Status::Invalid);
    if made == 0 {
        return Status::Invalid.word().to_owned();
    }
    format!("{} of {made}", of(Status::Passed))
}

fn lowest(tests: &[OutputTest]) -> String {
    let lowest = tests.iter().filter_map(|test| test.p_value).reduce(f64::min);
    lowest.map_or_else(|| option(None), real)
}
