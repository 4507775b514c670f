// SPDX-License-Identifier: GPL-2.0-or-later
//! How fast streams come, and how fast fresh min-entropy does.

use super::parts;
use crate::format::{option, real};
use crate::result::CompareResult;
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    let rates: Vec<_> = result
        .targets
        .iter()
        .filter_map(|t| {
            let stream = t.stream.as_ref()?;
            let rate = stream.mb_per_s.filter(|rate| rate.is_finite())?;
            let fresh = stream.fresh_bits_per_output_bit.map(|fresh| fresh * rate * 8e3);
            Some((t.title(), rate, fresh))
        })
        .collect();
    let most = rates.iter().map(|(_, rate, _)| *rate).fold(1e-9, f64::max);
    let table = html! {
        table.bars {
            thead { tr {
                th scope="col" { "target" }
                td.bar {}
                th scope="col" { "stream " span.unit { "MB/s" } }
                th scope="col" { "fresh, at most " span.unit { "kbit/s" } }
            } }
            tbody {
                @for (name, rate, fresh) in &rates {
                    tr {
                        th scope="row" { (name) }
                        td.bar { i style={ "width:" (format!("{:.1}", rate / most * 100.0)) "%" } {} }
                        td { (real(*rate)) }
                        td { (option(*fresh)) }
                    }
                }
            }
        }
    };
    html! {
        section id="throughput" {
            h2 { "Throughput" }
            p {
                "Megabytes (10^6 bytes) of stream per second into the data port, draining included; and what of it is \
                 fresh min-entropy: rate × 8 × fresh bits per output bit. The first figure is speed, the second is worth."
            }
            @if rates.is_empty() { p { "No stream was timed." } } @else { (parts::scroll("Throughput", &table)) }
        }
    }
}
