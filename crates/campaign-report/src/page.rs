// SPDX-License-Identifier: GPL-2.0-or-later
//! The page: opening, sections, and every cell with a link to its report.

use std::collections::{BTreeMap, BTreeSet};

use entropy_report::format::{NONE, count, real, share};
use entropy_report::{scroll, styled_document};
use maud::{Markup, html};

use crate::campaign::{Campaign, Item};
use crate::parts::{link, table_head};
use crate::stats::Sorted;
use crate::{drift, groups, heat};

/// Rules that only this page needs.
const RULES: &str = include_str!("page.css");
const CONTENTS: [(&str, &str); 7] = [
    ("distribution", "How much"),
    ("map", "Over the plan"),
    ("outliers", "Outliers"),
    ("drift", "Over time"),
    ("restarts", "Restart checks"),
    ("without", "Without a figure"),
    ("cells", "All cells"),
];
/// Number of reasons that are listed; more are only counted.
const MOST_REASONS: usize = 40;

/// The page; `route` is the relative URL from its folder to the campaign's.
pub(crate) fn html(campaign: &Campaign, route: &str) -> String {
    let body = html! {
        (opening(campaign))
        nav aria-label="Contents" { ul { @for (id, title) in CONTENTS { li { a href={ "#" (id) } { (title) } } } } }
        main {
            (groups::distribution(campaign))
            (heat::section(campaign))
            (groups::outlier_section(campaign, route))
            (drift::section(campaign))
            (groups::restarts(campaign))
            (without(campaign, route))
            (cells(campaign, route))
        }
        footer {
            p {
                "Made by µChaos from the cell.json of each cell. Estimators: NIST SP 800-90B. This is not a certificate."
                @if !campaign.plan_sha256.is_empty() { " Plan: SHA-256 " span.mono { (campaign.plan_sha256) } "." }
            }
        }
    };
    styled_document(&format!("campaign {}", campaign.name), RULES, &body)
}

fn opening(campaign: &Campaign) -> Markup {
    let ended = campaign.items.len() as u64;
    let failed = campaign.items.iter().filter(|item| item.failed).count() as u64;
    let figures = Sorted::of(campaign.items.iter().filter_map(|item| item.h));
    let checked = campaign.items.iter().filter(|item| item.held.is_some()).count() as u64;
    let broken = campaign.items.iter().filter(|item| item.held == Some(false)).count() as u64;
    let to_come =
        campaign.planned.map(|planned| planned.saturating_sub(campaign.items.len()) as u64);
    html! {
        header {
            a.skip href="#distribution" { "Skip to the figures" }
            h1 { "Campaign " (campaign.name) }
            div.lead {
                p {
                    (count(ended)) " cells ended, " (count(failed)) " of them without a run."
                    @match to_come {
                        Some(0) => " The plan is complete.",
                        Some(left) => { " " (count(left)) " cells of the plan have not ended." },
                        None => {},
                    }
                }
                @if let Some(found) = &figures {
                    p {
                        "Assessed min-entropy: median " (real(found.median())) " bits per sample, from " (real(found.low()))
                        " to " (real(found.high())) ", in " (count(found.len() as u64)) " cells."
                    }
                }
                p {
                    @if checked == 0 { "No restart check was made." }
                    @else { "The restart check failed in " (count(broken)) " of the " (count(checked)) " cells that have one." }
                }
            }
            @if campaign.items.iter().any(|item| item.accelerator == "tcg") {
                p.note { "Some cells ran under TCG: their timing reflects the emulator, and their figures do not apply to a real processor." }
            }
            @for torn in &campaign.torn { p.note { "Left out: " (torn) } }
        }
    }
}

fn without(campaign: &Campaign, route: &str) -> Markup {
    let mut reasons: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in campaign.items.iter().filter(|item| item.h.is_none()) {
        reasons.entry(item.reason.as_deref().unwrap_or(NONE)).or_default().push(item);
    }
    let cells: usize = reasons.values().map(Vec::len).sum();
    let all = campaign.items.len().max(1);
    let mut reasons: Vec<(&str, Vec<&Item>)> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, items)| std::cmp::Reverse(items.len()));
    html! {
        section id="without" {
            h2 { "Cells without a figure" }
            p {
                (count(cells as u64)) " of " (count(campaign.items.len() as u64)) " cells ("
                (share(cells as f64 / all as f64)) ") have no assessed min-entropy."
            }
            @if !reasons.is_empty() {
                (scroll("Reasons", &html! {
                    table.figures {
                        (table_head(&["cells", "share", "first cell", "why"]))
                        tbody {
                            @for (reason, items) in reasons.iter().take(MOST_REASONS) {
                                tr {
                                    td { (count(items.len() as u64)) }
                                    td { (share(items.len() as f64 / all as f64)) }
                                    td { (link(items[0], route)) }
                                    td.why { (reason) }
                                }
                            }
                        }
                    }
                }))
                @if reasons.len() > MOST_REASONS {
                    p.soft { (count((reasons.len() - MOST_REASONS) as u64)) " more reasons are not listed." }
                }
            }
        }
    }
}

fn cells(campaign: &Campaign, route: &str) -> Markup {
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in campaign.items.iter().flat_map(|item| &item.coordinates) {
        values.entry(key).or_default().insert(value);
    }
    let varying: Vec<&str> =
        values.iter().filter(|(_, values)| values.len() > 1).map(|(name, _)| *name).collect();
    let fixed: Vec<String> = values
        .iter()
        .filter(|(_, values)| values.len() == 1)
        .map(|(name, values)| format!("{name} {}", values.iter().next().unwrap_or(&NONE)))
        .collect();
    let heads: Vec<&str> = ["cell"]
        .into_iter()
        .chain(varying.iter().copied())
        .chain(["bits per sample", "restarts"])
        .collect();
    html! {
        section id="cells" {
            h2 { "All cells" }
            @if !fixed.is_empty() { p.soft { "In every cell: " (fixed.join(", ")) "." } }
            details {
                summary { (count(campaign.items.len() as u64)) " cells, each with a link to its report" }
                (scroll("All cells", &html! {
                    table.all {
                        (table_head(&heads))
                        tbody {
                            @for item in &campaign.items {
                                tr {
                                    th scope="row" { (link(item, route)) }
                                    @for name in &varying {
                                        td { (item.coordinates.get(*name).map_or(NONE, String::as_str)) }
                                    }
                                    td { @match item.h { Some(h) => (real(h)), None => (if item.failed { "failed" } else { NONE }) } }
                                    td { (match item.held { Some(true) => "held", Some(false) => "failed", None => NONE }) }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}
