// SPDX-License-Identifier: GPL-2.0-or-later
//! One boot from the machine's start to its end: a bar for each stretch, a mark for each moment.

use crate::claim::Fact;
use crate::format::duration_us;
use crate::result::TargetResult;
use crate::taken::Moment;
use maud::{Markup, html};

/// From when to when, in microseconds; a moment ends when it begins.
struct Stretch {
    what: String,
    from_us: u64,
    to_us: u64,
}

/// The boot as a picture that is a table.
pub(super) fn figure(target: &TargetResult) -> Markup {
    let machine = target.accel != "host";
    let stretches = stretches(&target.timeline, machine);
    let end_us = stretches.iter().map(|stretch| stretch.to_us).max().unwrap_or(0).max(1);
    let part = |us: u64| format!("{:.2}", us as f64 / end_us as f64 * 100.0);
    html! {
        figure {
            p.title { @if machine { "Boot" } @else { "Run" } }
            @if !target.timeline.is_empty() {
                table.timeline {
                    thead { tr {
                        th scope="col" { "moment" }
                        td.bar {}
                        th scope="col" { "at" }
                        th scope="col" { "takes" }
                    } }
                    tbody {
                        @for stretch in &stretches {
                            tr {
                                th scope="row" { (stretch.what) }
                                td.bar {
                                    i style={
                                        "margin-left:" (part(stretch.from_us)) "%;width:"
                                        (part(stretch.to_us - stretch.from_us)) "%"
                                    } {}
                                }
                                td { (duration_us(stretch.from_us)) }
                                td {
                                    @if stretch.to_us > stretch.from_us {
                                        (duration_us(stretch.to_us - stretch.from_us))
                                    }
                                }
                            }
                        }
                    }
                }
            }
            figcaption { p { span.claim { (target.says(|fact| matches!(fact, Fact::BootTimes(_)))) } } }
        }
    }
}

fn stretches(timeline: &[Moment], machine: bool) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    if timeline.first().is_none_or(|first| first.at_us > 0) {
        let what = if machine { "machine on" } else { "process started" };
        all.push(Stretch { what: what.to_owned(), from_us: 0, to_us: 0 });
    }
    for Moment { what, at_us } in timeline {
        if let Some(job) = what.strip_prefix("end ")
            && let Some(begun) = all.iter_mut().rev().find(|s| s.what == name(job))
        {
            begun.to_us = (*at_us).max(begun.from_us);
            continue;
        }
        let what = match what.strip_prefix("begin ") {
            None => what.clone(),
            Some(job) => {
                if !all.iter().any(|s| s.what == FIRST_SAMPLE) {
                    let what = FIRST_SAMPLE.to_owned();
                    all.push(Stretch { what, from_us: *at_us, to_us: *at_us });
                }
                name(job).to_owned()
            }
        };
        all.push(Stretch { what, from_us: *at_us, to_us: *at_us });
    }
    all
}

const FIRST_SAMPLE: &str = "first sample";

/// What a job gives.
fn name(job: &str) -> &str {
    match job {
        "raw" => "raw noise",
        "stream" => "output stream",
        "restart" => "restarts",
        other => other,
    }
}
