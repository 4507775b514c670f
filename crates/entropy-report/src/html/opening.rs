// SPDX-License-Identifier: GPL-2.0-or-later
//! What a reader with two minutes sees: three findings, and one picture of them.

use super::parts;
use crate::claim::{Claim, Fact};
use crate::result::{CompareResult, Comparison};
use maud::{Markup, html};

/// Bytes of each boot in the picture.
const BYTES: usize = 48;
/// Width of a bar and of the gap after it, and height of the tallest bar, in units of the drawing.
const BAR: (usize, usize, usize) = (6, 2, 60);

pub(crate) fn section(result: &CompareResult) -> Markup {
    let provenance = &result.provenance;
    html! {
        header {
            a.skip href="#noise" { "Skip to the figures" }
            h1 { "Where does the entropy come from?" }
            div.opening {
                div.lead { @for claim in result.claims.iter().filter(|c| is_lead(c)) { p { (parts::claim(claim)) } } }
                (picture(result))
            }
            @for claim in result.claims.iter().filter(|c| matches!(c.fact, Fact::Emulated(_))) {
                p.note { (parts::claim(claim)) }
            }
            @for banner in &provenance.banners { p.note { (parts::coded(banner)) } }
            p.soft.small {
                "µChaos comparison"
                @if !provenance.run.is_empty() { " · run " code { (provenance.run) } }
                @if !provenance.taken_utc.is_empty() { " · " (provenance.taken_utc) }
                @if !provenance.cpu_model.is_empty() { " · " (provenance.cpu_model) }
            }
        }
    }
}

/// The three sentences that come first.
fn is_lead(claim: &Claim) -> bool {
    matches!(claim.fact, Fact::IsolatedBoots(_) | Fact::OrdinaryBoots(_) | Fact::Assessment(_))
}

/// The findings that the opening has not shown.
pub(crate) fn findings(result: &CompareResult) -> Markup {
    // What targets differ in is said where they are drawn.
    let shown = |claim: &Claim| {
        is_lead(claim)
            || matches!(claim.fact, Fact::Emulated(_) | Fact::Order(_) | Fact::Distributions(_))
    };
    html! {
        section id="findings" {
            h2 { "What else this run shows" }
            ul.findings {
                @for claim in result.claims.iter().filter(|claim| !shown(claim)) {
                    li { (parts::badge(claim.status)) (parts::claim(claim)) }
                }
            }
        }
    }
}

/// Two boots in isolation and two ordinary ones of one target, each pair as a skyline and its reflection.
fn picture(result: &CompareResult) -> Markup {
    let two = |all: &'_ [Comparison]| -> Vec<Comparison> {
        all.iter().filter(|c| c.stream_first_bytes.len() > 1).cloned().collect()
    };
    let (isolated, ordinary) = (two(&result.isolation), two(&result.ordinary));
    // One target for both, where there is one that was booted both ways.
    let both = isolated.iter().find_map(|a| {
        ordinary.iter().find(|b| (&a.target, &a.run) == (&b.target, &b.run)).map(|b| (a, b))
    });
    let (isolated, ordinary) = match both {
        Some((a, b)) => (Some(a), Some(b)),
        None => (isolated.first(), ordinary.first()),
    };
    if isolated.is_none() && ordinary.is_none() {
        return html! {};
    }
    html! {
        figure.mirrors {
            div.two {
                @if let Some(boots) = isolated { (mirror(boots, "Isolated")) }
                @if let Some(boots) = ordinary { (mirror(boots, "Ordinary")) }
            }
            figcaption {
                "Each bar is a byte of the output stream of "
                (isolated.or(ordinary).map_or_else(String::new, Comparison::title))
                ". Up: the first boot. Down: the second. A byte that differs is marked."
            }
        }
    }
}

fn mirror(boots: &Comparison, condition: &str) -> Markup {
    let bytes: Vec<Vec<u8>> =
        boots.stream_first_bytes.iter().take(2).map(|hex| from_hex(hex)).collect();
    let pairs: Vec<(u8, u8)> =
        bytes[0].iter().copied().zip(bytes[1].iter().copied()).take(BYTES).collect();
    let same = pairs.iter().filter(|(a, b)| a == b).count();
    let (bar, gap, tall) = BAR;
    let width = pairs.len() * (bar + gap);
    let height = |byte: u8| 1.0 + f64::from(byte) / 255.0 * (tall as f64 - 1.0);
    let label = format!(
        "{condition} boots of {}: {same} of the first {} bytes are the same in both",
        boots.title(),
        pairs.len()
    );
    html! {
        div {
            p.small { b { (condition) } ": " (same) " of " (pairs.len()) " bytes the same" }
            svg role="img" aria-label=(label) viewBox={ "0 0 " (width) " " (2 * tall + 4) } {
                @for (at, (a, b)) in pairs.iter().enumerate() {
                    @let x = at * (bar + gap);
                    rect x=(x) y=(format!("{:.1}", tall as f64 - height(*a))) width=(bar)
                        height=(format!("{:.1}", height(*a))) fill="#000003" {}
                    rect x=(x) y=(tall + 4) width=(bar) height=(format!("{:.1}", height(*b)))
                        fill=(if a == b { "#000003" } else { "#000005" }) {}
                }
            }
        }
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().collect();
    digits
        .chunks_exact(2)
        .filter_map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).ok())
        .collect()
}
