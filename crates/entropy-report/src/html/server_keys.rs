// SPDX-License-Identifier: GPL-2.0-or-later
//! What servers made at their first starts.

use super::parts;
use crate::result::CompareResult;
use crate::wording::server_keys_tables;
use maud::{Markup, html};

/// Nothing where no server was started.
pub(crate) fn section(result: &CompareResult) -> Markup {
    let Some(keys) = &result.server_keys else { return html! {} };
    html! {
        section id="server-keys" {
            h2 { "Server keys" }
            p {
                "A database server (" (keys.guest) ") was started with empty data, twice under each condition. At its first \
                 start it makes its TLS key and its UUID, and both come from the kernel's generator."
            }
            ul.findings {
                @for claim in &keys.claims { li { (parts::badge(claim.status)) (parts::claim(claim)) } }
            }
            details.numbers {
                summary { "The numbers" }
                @for table in server_keys_tables(keys) { (parts::table(&table)) }
            }
        }
    }
}
