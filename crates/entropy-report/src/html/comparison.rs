// SPDX-License-Identifier: GPL-2.0-or-later
//! The table: targets as columns, figures as rows.

use super::parts;
use crate::groups::{Group, groups};
use crate::result::CompareResult;
use crate::rows::{Mark, rows};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    html! {
        section id="table" {
            h2 { "The table" }
            p.soft {
                "Raw noise is what is assessed, before any mixing. The stream is shown for its speed and its looks; \
                 that it looks random says nothing about whether it can be foretold."
            }
            @for group in groups(result) { (table(&group)) }
            p.soft.small {
                "▲ best and ▼ worst of a row. – stands for none, or for no figure because a precondition failed."
            }
        }
    }
}

fn table(group: &Group<'_>) -> Markup {
    let stamps: std::collections::BTreeSet<String> =
        group.columns.iter().map(|c| format!("{}: {}", c.target.accel, c.target.stamp)).collect();
    let runs = group.columns.len() == 2 && !group.columns[0].target.run.is_empty();
    let table = html! {
        table.figures {
            caption { (group.title) }
            thead {
                tr {
                    td {}
                    @for column in &group.columns { th scope="col" { (column.head) } }
                    @if runs { th scope="col" { "difference" } }
                }
            }
            tbody {
                @for row in rows(group) {
                    tr {
                        th scope="row" {
                            (row.label)
                            @if !row.unit.is_empty() { " " span.unit { (row.unit) } }
                        }
                        @for cell in &row.cells {
                            @match cell.mark {
                                Mark::None => td { (cell.text) },
                                Mark::Best => td.best { (cell.text) (cell.mark.sign()) },
                                Mark::Worst => td.worst { (cell.text) (cell.mark.sign()) },
                            }
                        }
                        @if runs { td { (row.change) } }
                    }
                }
            }
        }
    };
    html! {
        (parts::scroll(&group.title, &table))
        @for stamp in stamps { p.small { (stamp) "." } }
    }
}
