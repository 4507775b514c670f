// SPDX-License-Identifier: GPL-2.0-or-later
//! Cells grouped by common properties, on one axis, and their outliers.

use std::collections::BTreeMap;

use entropy_report::format::{NONE, count, real};
use entropy_report::scroll;
use maud::{Markup, html};

use crate::campaign::{Campaign, Item};
use crate::parts::{link, table_head};
use crate::stats::{FENCE, FEWEST, Sorted};

/// More outliers than this are counted and not listed.
const MOST_LISTED: usize = 100;

type By = fn(&Item) -> &str;

pub(crate) fn distribution(campaign: &Campaign) -> Markup {
    let all = Sorted::of(campaign.items.iter().filter_map(|item| item.h));
    let dimensions: [(&str, By); 3] = [
        ("processor", |item| &item.cpu),
        ("accelerator", |item| &item.accelerator),
        ("guest", |item| &item.guest),
    ];
    html! {
        section id="distribution" {
            h2 { "How much, and where" }
            @match all {
                None => p { "No cell has an assessed min-entropy." },
                Some(all) => {
                    p {
                        "Assessed min-entropy in bits per sample (SP 800-90B). Bar: lowest to highest cell; thick bar: the \
                         middle half; dot: median."
                    }
                    @for (name, by) in dimensions { (axis(campaign, name, by, all.high())) }
                }
            }
        }
    }
}

fn axis(campaign: &Campaign, name: &str, by: By, most: f64) -> Markup {
    let end = if most > 0.0 { most * 1.04 } else { 1.0 };
    let part = |figure: f64| format!("{:.2}", (figure / end * 100.0).clamp(0.0, 100.0));
    let ticks: Vec<f64> = (0..=4).map(|tick| most * f64::from(tick) / 4.0).collect();
    html! {
        table.dots {
            caption { "By " (name) }
            thead { tr {
                th scope="col" { (name) }
                th.track scope="col" {
                    span.hidden { "cells on an axis" }
                    @for tick in &ticks { span.tick style={ "left:" (part(*tick)) "%" } { (real(*tick)) } }
                }
                th scope="col" { "median (range), cells" }
            } }
            tbody {
                @for (value, items) in grouped(campaign, by) {
                    @let figures = Sorted::of(items.iter().filter_map(|item| item.h));
                    tr {
                        th scope="row" { (value) }
                        td.track {
                            @for tick in &ticks { i.rule style={ "left:" (part(*tick)) "%" } {} }
                            @if let Some(found) = &figures {
                                @let (first, third) = (found.quantile(0.25), found.quantile(0.75));
                                i.range style={ "left:" (part(found.low())) "%;width:" (part(found.high() - found.low())) "%" } {}
                                i.middle style={ "left:" (part(first)) "%;width:" (part(third - first)) "%" } {}
                                i.median style={ "left:" (part(found.median())) "%" } {}
                            }
                        }
                        td {
                            @match &figures {
                                Some(found) => {
                                    (real(found.median())) " (" (real(found.low())) " to " (real(found.high())) "), "
                                    (count(found.len() as u64)) " of " (count(items.len() as u64))
                                },
                                None => { (NONE) ", 0 of " (count(items.len() as u64)) },
                            }
                        }
                    }
                }
            }
        }
    }
}

fn grouped(campaign: &Campaign, by: By) -> BTreeMap<&str, Vec<&Item>> {
    let mut groups: BTreeMap<&str, Vec<&Item>> = BTreeMap::new();
    for item in &campaign.items {
        groups.entry(by(item)).or_default().push(item);
    }
    groups
}

/// Cells that are compared with each other: all coordinates but the boot are equal, and the processor.
fn alike(campaign: &Campaign) -> BTreeMap<String, Vec<&Item>> {
    let mut groups: BTreeMap<String, Vec<&Item>> = BTreeMap::new();
    for item in campaign.items.iter().filter(|item| item.h.is_some()) {
        let kind = ["workload", "condition"].iter().filter_map(|name| item.coordinates.get(*name));
        let mut name = format!("{}, {}, {}", item.cpu, item.accelerator, item.guest);
        kind.for_each(|value| name += &format!(", {value}"));
        groups.entry(name).or_default().push(item);
    }
    groups
}

struct Outlier<'a> {
    item: &'a Item,
    h: f64,
    group: String,
    fences: (f64, f64),
}

fn outliers(campaign: &Campaign) -> (Vec<Outlier<'_>>, usize) {
    let mut found = Vec::new();
    let mut small = 0;
    for (group, items) in alike(campaign) {
        let Some(figures) = Sorted::of(items.iter().filter_map(|item| item.h)) else { continue };
        if figures.len() < FEWEST {
            small += figures.len();
            continue;
        }
        let fences = figures.fences();
        for item in items {
            let Some(h) = item.h.filter(|h| *h < fences.0 || *h > fences.1) else { continue };
            found.push(Outlier { item, h, group: group.clone(), fences });
        }
    }
    let beyond = |one: &Outlier<'_>| (one.fences.0 - one.h).max(one.h - one.fences.1);
    found.sort_by(|one, other| beyond(other).total_cmp(&beyond(one)));
    (found, small)
}

pub(crate) fn outlier_section(campaign: &Campaign, route: &str) -> Markup {
    let (found, small) = outliers(campaign);
    html! {
        section id="outliers" {
            h2 { "Outliers" }
            p {
                "A cell is an outlier if its figure lies more than " (real(FENCE)) " interquartile ranges outside the middle half \
                 of the cells with the same processor, accelerator, guest, workload and condition (Tukey's outer fences). \
                 Groups of fewer than " (FEWEST) " cells have no outliers by this rule; "
                (count(small as u64)) " cells are in such groups."
            }
            @if found.is_empty() {
                p { "No cell is an outlier." }
            } @else {
                (scroll("Outliers", &html! {
                    table.figures {
                        caption { (count(found.len() as u64)) (if found.len() == 1 { " outlier" } else { " outliers, the farthest first" }) }
                        (table_head(&["cell", "bits per sample", "limits of the group", "group"]))
                        tbody {
                            @for one in found.iter().take(MOST_LISTED) {
                                tr {
                                    th scope="row" { (link(one.item, route)) }
                                    td { (real(one.h)) }
                                    td { (real(one.fences.0.max(0.0))) " to " (real(one.fences.1)) }
                                    td { (one.group) }
                                }
                            }
                        }
                    }
                }))
                @if found.len() > MOST_LISTED {
                    p.soft { (count((found.len() - MOST_LISTED) as u64)) " more are not listed." }
                }
            }
        }
    }
}

pub(crate) fn restarts(campaign: &Campaign) -> Markup {
    let mut groups: BTreeMap<(&str, &str), [u64; 3]> = BTreeMap::new();
    for item in campaign.items.iter().filter(|item| !item.failed) {
        let counts = groups.entry((&item.guest, &item.accelerator)).or_default();
        counts[match item.held {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        }] += 1;
    }
    html! {
        section id="restarts" {
            h2 { "Restart checks" }
            p {
                "Where the check of SP 800-90B §3.1.4 failed, noise after a restart repeats too often, and the assessed figure \
                 must not be credited."
            }
            (scroll("Restart checks", &html! {
                table.figures {
                    (table_head(&["guest", "accelerator", "held", "failed", "not checked"]))
                    tbody {
                        @for ((guest, accelerator), [held, failed, unchecked]) in &groups {
                            tr {
                                th scope="row" { (guest) }
                                td { (accelerator) }
                                td { (count(*held)) }
                                td { (count(*failed)) }
                                td { (count(*unchecked)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_far_cell_is_an_outlier_and_a_small_group_has_none() {
        let item = |cell: i64, h: f64, guest: &str| Item {
            cell,
            h: Some(h),
            guest: guest.into(),
            ..Item::default()
        };
        let mut items: Vec<Item> =
            (0..20).map(|at| item(at, 2.0 + at as f64 * 0.01, "linux")).collect();
        items.push(item(20, 0.1, "linux"));
        items.extend((21..25).map(|at| item(at, at as f64, "baremetal")));
        let campaign = Campaign { items, ..Campaign::default() };
        let (found, small) = outliers(&campaign);
        assert_eq!(found.iter().map(|one| one.item.cell).collect::<Vec<_>>(), [20]);
        assert_eq!(small, 4);
    }
}
