// SPDX-License-Identifier: GPL-2.0-or-later
//! What clones of one saved machine gave.

use super::parts;
use crate::result::{Clones, CompareResult};
use crate::wording::clones_table;
use maud::{Markup, html};

/// Nothing where no clones were made.
pub(crate) fn section(result: &CompareResult) -> Markup {
    let Some(clones) = &result.clones else { return html! {} };
    let table = clones_table(clones);
    html! {
        section id="clones" {
            h2 { "Clones" }
            p {
                "A machine was saved once and restored twice. Both clones have its memory, its keys and the state of its \
                 generators; what they give is the same until something that differs between them is mixed in."
            }
            ul.findings {
                @for claim in &clones.claims { li { (parts::badge(claim.status)) (parts::claim(claim)) } }
                @for left_out in &clones.not_measured {
                    li { b { "Not measured: " } (left_out.what) ": " (left_out.why) }
                }
            }
            (first_bytes(clones))
            details.numbers {
                summary { "The numbers" }
                (parts::table(&table))
            }
        }
    }
}

/// The secrets that two ordinary clones had in common, next to each other.
fn first_bytes(clones: &Clones) -> Markup {
    let shared = clones
        .pairs
        .iter()
        .filter(|pair| !pair.isolated && !pair.generation_id)
        .flat_map(|pair| pair.outputs.iter().map(move |output| (pair, output)))
        .filter(|(_, output)| output.identical);
    html! {
        @for (pair, output) in shared {
            div.pair {
                @for (clone, bytes) in ["First", "Second"].iter().zip(&output.first_bytes) {
                    div.card {
                        p.small.soft { (clone) " clone of " (pair.title()) ": " (output.name) }
                        p.bytes { (bytes) }
                    }
                }
            }
        }
    }
}
