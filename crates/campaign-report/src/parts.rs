// SPDX-License-Identifier: GPL-2.0-or-later
//! Elements shared by several sections.

use maud::{Markup, html};

use crate::campaign::Item;

/// The number of a cell, as a link if its run has a report.
pub(crate) fn link(item: &Item, route: &str) -> Markup {
    html! {
        @if item.has_report {
            a href={ (route) "cells/" (item.folder) "/run/report.html" } { (item.cell) }
        } @else {
            (item.cell)
        }
    }
}

pub(crate) fn table_head(heads: &[&str]) -> Markup {
    html! { thead { tr { @for head in heads { th scope="col" { (head) } } } } }
}
