// SPDX-License-Identifier: GPL-2.0-or-later
//! `report.html`: one file that needs no network, for screen, phone, paper and screen reader. The finding and one picture
//! come first; what belongs to one target alone is folded away.

mod boots;
mod clones;
mod deltas;
mod dots;
mod external;
mod opening;
pub(crate) mod parts;
mod provenance;
mod reading;
mod server_keys;
mod streams;
mod table;
mod target;
mod timeline;

use crate::error::ReportError;
use crate::result::CompareResult;
use maud::html;

/// The parts of the page, in order.
const CONTENTS: &[(&str, &str)] = &[
    ("noise", "How much"),
    ("findings", "Findings"),
    ("table", "Table"),
    ("runs", "Runs"),
    ("deltas", "Deltas"),
    ("boots", "Boots"),
    ("clones", "Clones"),
    ("server-keys", "Server keys"),
    ("streams", "Streams"),
    ("external", "External tests"),
    ("targets", "Targets"),
    ("reading", "How to read this"),
    ("provenance", "Provenance"),
];

/// The report as one self-contained page.
///
/// # Errors
/// Returns an error if a plot cannot be drawn.
pub fn to_html(result: &CompareResult) -> Result<String, ReportError> {
    let there = |id: &str| match id {
        "runs" => !result.runs.is_empty(),
        "external" => result.judges.is_some(),
        "clones" => result.clones.is_some(),
        "server-keys" => result.server_keys.is_some(),
        _ => true,
    };
    let body = html! {
        (opening::section(result))
        nav aria-label="Contents" {
            ul {
                @for (id, title) in CONTENTS.iter().filter(|(id, _)| there(id)) {
                    li { a href={ "#" (id) } { (title) } }
                }
            }
        }
        main {
            (dots::section(result))
            (opening::findings(result))
            (table::section(result))
            (provenance::runs(result))
            (deltas::section(result)?)
            (boots::section(result))
            (clones::section(result))
            (server_keys::section(result))
            (streams::section(result))
            (external::section(result))
            (target::sections(result)?)
            (reading::section())
            (provenance::section(result))
        }
        footer {
            p {
                "Made by µChaos from result.json, which holds every figure and every sentence of this page with its \
                 inputs. Estimators: NIST SP 800-90B. This is not a certificate."
            }
        }
    };
    Ok(parts::document(&result.provenance.run, &body))
}
