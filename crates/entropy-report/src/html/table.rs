// SPDX-License-Identifier: GPL-2.0-or-later
//! The comparison table: a row per target, a column per figure.

use super::parts;
use crate::format::sentence;
use crate::groups::{Group, Kind, groups, kind};
use crate::result::{CompareResult, TargetResult};
use crate::rows::rows;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="table" {
            h2 { "The table" }
            p.soft.small {
                "Figures are medians over boots, with their range in brackets; – is none, or no figure where a precondition \
                 failed. What is the same for every target is left out."
            }
            @for group in groups(result) {
                @if group.columns.iter().all(|column| kind(column.target) == Kind::Ordinary) {
                    (table(&group))
                } @else {
                    details { summary { (group.title) } (table(&group)) }
                }
            }
        }
    }
}

fn table(group: &Group<'_>) -> Markup {
    let stamps: std::collections::BTreeSet<String> =
        group.columns.iter().map(|c| stamp(c.target)).collect();
    let runs = group.columns.len() == 2 && !group.columns[0].target.run.is_empty();
    let rows = rows(group);
    let head = if runs { "run" } else { "target" };
    let table = html! {
        table.figures {
            caption { (group.title) }
            thead {
                tr {
                    th scope="col" { (head) }
                    @for row in &rows {
                        th scope="col" {
                            (row.label)
                            @if !row.unit.is_empty() { br; span.unit { (row.unit) } }
                        }
                    }
                }
            }
            tbody {
                @for (at, column) in group.columns.iter().enumerate() {
                    tr {
                        th scope="row" { (column.head) }
                        @for row in &rows { td { (row.cells[at]) } }
                    }
                }
                @if runs {
                    tr { th scope="row" { "difference" } @for row in &rows { td { (row.change) } } }
                }
            }
        }
    };
    html! {
        (parts::scroll(&group.title, &table))
        @for stamp in stamps { p.soft.small { (stamp) "." } }
    }
}

/// What timing means under a target's accelerator.
fn stamp(target: &TargetResult) -> String {
    match target.accel.as_str() {
        accel @ ("tcg" | "kvm") => format!("{}: {}", accel.to_uppercase(), target.stamp),
        accel => format!("{}: {}", sentence(accel), target.stamp),
    }
}
