// SPDX-License-Identifier: GPL-2.0-or-later
//! `report.html`: one file that needs no network, for screen, phone, paper and screen reader.

mod comparison;
mod estimators;
mod histograms;
mod isolation;
mod judges;
mod looks;
mod opening;
pub(crate) mod parts;
mod provenance;
mod reading;
mod runs;
mod target;
mod throughput;
mod timeline;

use crate::error::ReportError;
use crate::result::CompareResult;
use maud::{Markup, html};

/// The parts of the page, in order.
const CONTENTS: &[(&str, &str)] = &[
    ("table", "The table"),
    ("runs", "The runs"),
    ("deltas", "Deltas"),
    ("isolation", "Second boots"),
    ("estimators", "Estimators"),
    ("looks", "Looks"),
    ("judges", "Other judges"),
    ("targets", "Target by target"),
    ("throughput", "Throughput"),
    ("reading", "How to read this"),
    ("provenance", "Provenance"),
];

/// The report as one self-contained page.
///
/// # Errors
/// [`ReportError::Plot`] where a plot cannot be drawn.
pub fn to_html(result: &CompareResult) -> Result<String, ReportError> {
    let body = html! {
        (opening::section(result, &contents(result)))
        main {
            (comparison::section(result))
            (runs::section(result))
            (histograms::section(result)?)
            (isolation::section(result))
            (estimators::section(result))
            (looks::section(result)?)
            (judges::section(result))
            (targets(result)?)
            (throughput::section(result))
            (reading::section())
            (provenance::section(result))
        }
        footer {
            p {
                "Made by µChaos from result.json, which holds every figure of this page. Estimators: NIST \
                 SP 800-90B. Nothing here is a certificate."
            }
        }
    };
    Ok(parts::document(&result.provenance.run, &body))
}

/// The parts that this page has.
fn contents(result: &CompareResult) -> Vec<(&'static str, &'static str)> {
    let there = |id: &str| match id {
        "runs" => !result.runs.is_empty(),
        "judges" => result.judges.is_some(),
        _ => true,
    };
    CONTENTS.iter().copied().filter(|(id, _)| there(id)).collect()
}

fn targets(result: &CompareResult) -> Result<Markup, ReportError> {
    let sections: Vec<Markup> = result
        .targets
        .iter()
        .enumerate()
        .map(|(at, one)| target::section(one, &format!("target-{}", at + 1)))
        .collect::<Result<_, _>>()?;
    Ok(html! {
        section id="targets" {
            h2 { "Target by target" }
            p { "Each picture says what one would see if the noise were good, and what is seen here." }
            @for section in sections { (section) }
        }
    })
}
