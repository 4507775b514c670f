// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs that were taken apart: where each comes from, and what is not the same.

use super::parts;
use crate::format::NONE;
use crate::result::{CompareResult, LETTERS};
use maud::{Markup, html};

/// Nothing where there is one run only.
pub(crate) fn section(result: &CompareResult) -> Markup {
    if result.runs.is_empty() {
        return html! {};
    }
    let columns: Vec<Vec<(&'static str, String)>> =
        result.runs.iter().map(crate::rows::provenance).collect();
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in columns.iter().flatten() {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let value = |column: &[(&'static str, String)], wanted: &str| {
        column.iter().find(|(name, _)| *name == wanted).map_or(NONE.to_owned(), |(_, v)| v.clone())
    };
    html! {
        section id="runs" {
            h2 { "The runs" }
            p {
                "These runs were taken apart. Each is assessed anew from its samples, by this version of the \
                 estimators. Rows that are not the same in all runs are marked with ≠: a difference between figures \
                 may come from any of them."
            }
            (parts::scroll("The runs", &html! {
                table.key.apart {
                    thead { tr {
                        td {}
                        @for (_, letter) in result.runs.iter().zip(LETTERS) { th scope="col" { "run " (letter) } }
                    } }
                    tbody {
                        @for name in names {
                            @let values: Vec<String> = columns.iter().map(|c| value(c, name)).collect();
                            @let differ = values.iter().any(|v| *v != values[0]);
                            tr {
                                th scope="row" { (name) @if differ { " ≠" } }
                                @for value in &values { td { span.mono { (value) } } }
                            }
                        }
                    }
                }
            }))
        }
    }
}
