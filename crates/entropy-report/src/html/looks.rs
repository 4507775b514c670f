// SPDX-License-Identifier: GPL-2.0-or-later
//! "Looks random" and "is unpredictable", shown apart.

use super::parts;
use crate::error::ReportError;
use crate::format::option;
use crate::groups::{Kind, kind};
use crate::plot::{self, Point};
use crate::result::{CompareResult, OutputTest, StreamResult, TargetResult};
use crate::verdict::Status;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Result<Markup, ReportError> {
    let streams: Vec<(&TargetResult, &StreamResult)> =
        result.targets.iter().filter_map(|t| Some((t, t.stream.as_ref()?))).collect();
    let points: Vec<Point> = streams
        .iter()
        .enumerate()
        .filter_map(|(at, (target, stream))| {
            let fresh = stream.fresh_bits_per_output_bit?;
            let made_up = kind(target) == Kind::Synthetic;
            Some(Point { number: at + 1, passed: passed(&stream.output_tests)?, fresh, made_up })
        })
        .collect();
    let label = "Share of output tests passed against fresh min-entropy per output bit; the table has each point";
    let drawing = if points.is_empty() {
        parts::no_figure("Looks against unpredictability", "no stream has a known fresh share")
    } else {
        let svg = plot::scatter(&points, label)?;
        parts::figure(
            "Looks against unpredictability",
            &svg,
            "a point at the top right: looks random, and every bit is fresh.",
            &here(&streams),
            None,
        )
    };
    Ok(html! {
        section id="looks" {
            h2 { "Looking random is not being unpredictable" }
            p {
                "A mixer makes any input look random, a constant one too. Output tests look at the stream and pass it; \
                 only the assessment of the raw noise, and a second boot, tell how much of it could not have been \
                 foretold. The two are different things, so they are on different axes."
            }
            @if streams.is_empty() {
                p { "No stream was taken." }
            } @else {
                div.pair { (drawing) (parts::scroll("Output tests", &table(&streams))) }
                (parts::scroll("What each stream is worth", &verdicts(&streams)))
                @if let Some((_, stream)) = streams.first() { (parts::formula(&stream.verdict)) }
            }
        }
    })
}

fn here(streams: &[(&TargetResult, &StreamResult)]) -> String {
    let made_up: Vec<String> = streams
        .iter()
        .enumerate()
        .filter(|(_, (target, _))| kind(target) == Kind::Synthetic)
        .map(|(at, (target, stream))| {
            let tests = outcome(&stream.output_tests);
            format!("{} ({}; tests passed: {tests})", at + 1, target.name)
        })
        .collect();
    let mut text = "points at the top left look just as random, and hold next to nothing, or nothing at all. Points \
                    that would lie on each other are one, with all their numbers."
        .to_owned();
    if !made_up.is_empty() {
        text.push_str(&format!(
            " The square is a clock made up so that it holds nothing: no. {}.",
            made_up.join(", ")
        ));
    }
    text
}

fn passed(tests: &[OutputTest]) -> Option<f64> {
    let made = tests.iter().filter(|test| test.status != Status::Invalid).count();
    let passed = tests.iter().filter(|test| test.status == Status::Passed).count();
    (made > 0).then(|| passed as f64 / made as f64)
}

fn table(streams: &[(&TargetResult, &StreamResult)]) -> Markup {
    html! {
        table {
            caption { "Streams" }
            thead { tr {
                th scope="col" { "no. and target" }
                th scope="col" { "fresh" br; span.unit { "bits/output bit" } }
                th scope="col" { "tests passed" }
                th scope="col" { "lowest p-value" }
            } }
            tbody {
                @for (at, (target, stream)) in streams.iter().enumerate() {
                    tr {
                        th scope="row" { (at + 1) " " (target.title()) }
                        td { (option(stream.fresh_bits_per_output_bit)) }
                        td { (outcome(&stream.output_tests)) }
                        td { (option(lowest(&stream.output_tests))) }
                    }
                }
            }
        }
    }
}

fn verdicts(streams: &[(&TargetResult, &StreamResult)]) -> Markup {
    html! {
        table.key {
            caption { "What each stream is worth" }
            tbody {
                @for (target, stream) in streams {
                    tr {
                        th scope="row" { (target.title()) }
                        td { (parts::badge(&stream.verdict)) (stream.verdict.text) }
                    }
                }
            }
        }
    }
}

fn outcome(tests: &[OutputTest]) -> String {
    let failed: Vec<&str> =
        tests.iter().filter(|t| t.status == Status::Failed).map(|t| t.name.as_str()).collect();
    match passed(tests) {
        None => "INVALID".to_owned(),
        Some(_) if failed.is_empty() => "all".to_owned(),
        Some(_) => format!("not: {}", failed.join(", ")),
    }
}

fn lowest(tests: &[OutputTest]) -> Option<f64> {
    tests.iter().filter_map(|test| test.p_value).reduce(f64::min)
}
