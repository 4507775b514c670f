// SPDX-License-Identifier: GPL-2.0-or-later
//! Assessed min-entropy of every target on one axis, with each boot's figure.

use super::parts;
use crate::claim::Fact;
use crate::format::{NONE, real};
use crate::groups::{Kind, kind};
use crate::result::{CompareResult, Spread, TargetResult};
use crate::rows::range;
use maud::{Markup, html};

/// What is drawn in one line.
struct Line {
    name: String,
    note: &'static str,
    /// Each boot's figure, in bits per sample.
    boots: Vec<f64>,
    spread: Option<Spread>,
    /// Whether no restart check failed.
    credited: bool,
}

pub(crate) fn section(result: &CompareResult) -> Markup {
    let lines: Vec<Line> = result
        .targets
        .iter()
        .filter(|target| kind(target) == Kind::Ordinary && target.raw.is_some())
        .map(line)
        .collect();
    let claim = claim_bits(result);
    let most = lines.iter().flat_map(|l| l.boots.iter().copied()).chain(claim).fold(0.0, f64::max);
    let axis = Axis::to(most);
    html! {
        section id="noise" {
            h2 { "How much is it?" }
            p {
                "Min-entropy counts what an attacker cannot guess: 1 bit is a fair coin, 0 bits is certainty. NIST's \
                 estimators assess it from raw noise, before any mixing."
            }
            @if lines.iter().all(|line| line.boots.is_empty()) {
                p { "No target gave enough raw noise to assess." }
            } @else {
                table.dots {
                    caption { "Assessed min-entropy per sample" }
                    thead { tr {
                        th scope="col" { "target" }
                        th.track scope="col" {
                            span.hidden { "boots on an axis" }
                            @for tick in &axis.ticks {
                                span.tick style={ "left:" (axis.part(*tick)) "%" } { (tick_label(*tick)) }
                            }
                        }
                        th scope="col" { "median (range), bits" }
                    } }
                    tbody { @for line in &lines { (row(line, &axis, claim)) } }
                }
                p.soft.small {
                    "Small dots: boots. Large dot: their median. "
                    @if lines.iter().any(|line| !line.credited) { "Hollow: the restart check failed, so the figure is not credited. " }
                    @if let Some(claim) = claim { "Dashed line: the " (real(claim)) " bits that the engine assumes." }
                }
            }
            @for claim in result.claims.iter().filter(|claim| matches!(claim.fact, Fact::Order(_))) {
                p { (parts::claim(claim)) }
            }
        }
    }
}

fn line(target: &TargetResult) -> Line {
    let figures = target.boot_figures();
    Line {
        name: target.short_title(),
        note: if figures.iter().any(|boot| boot.restarts_held == Some(false)) {
            "restart check failed"
        } else {
            ""
        },
        boots: figures.iter().filter_map(|boot| boot.min_entropy_bits_per_sample).collect(),
        spread: target.spread(|boot| boot.min_entropy_bits_per_sample),
        credited: figures.iter().all(|boot| boot.restarts_held != Some(false)),
    }
}

fn row(line: &Line, axis: &Axis, claim: Option<f64>) -> Markup {
    html! {
        tr {
            th scope="row" {
                (line.name)
                @if !line.note.is_empty() { br; span.unit { (line.note) } }
            }
            td.track.hollow[!line.credited] {
                @for tick in &axis.ticks { i.rule style={ "left:" (axis.part(*tick)) "%" } {} }
                @if let Some(claim) = claim { i.claimed style={ "left:" (axis.part(claim)) "%" } {} }
                @if let Some(spread) = line.spread {
                    i.range style={
                        "left:" (axis.part(spread.low)) "%;width:" (axis.part(spread.high - spread.low)) "%"
                    } {}
                    @for boot in &line.boots { i.boot style={ "left:" (axis.part(*boot)) "%" } {} }
                    i.median style={ "left:" (axis.part(spread.median)) "%" } {}
                }
            }
            td { (line.spread.map_or_else(|| NONE.to_owned(), |spread| range(&spread, real))) }
        }
    }
}

/// The min-entropy that the engine was set to assume, in bits per sample.
fn claim_bits(result: &CompareResult) -> Option<f64> {
    let millibits: f64 = result.provenance.parameters.get("claim_millibits")?.parse().ok()?;
    (millibits.is_finite() && millibits > 0.0).then_some(millibits / 1_000.0)
}

/// From 0 to a little beyond the largest figure, with a round number of steps.
struct Axis {
    end: f64,
    ticks: Vec<f64>,
}

/// Without zeros at its end.
fn tick_label(tick: f64) -> String {
    let text = format!("{tick:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Axis {
    fn to(most: f64) -> Self {
        let most = if most.is_finite() && most > 0.0 { most } else { 1.0 };
        let rough = most / 4.0;
        let power = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|round| round * power)
            .find(|step| *step >= rough)
            .unwrap_or(10.0 * power);
        let steps = (most / step).floor() as u32;
        let ticks = (0..=steps).map(|tick| f64::from(tick) * step).collect();
        Self { end: most * 1.06, ticks }
    }

    /// Where a figure stands, in percent of the axis.
    fn part(&self, figure: f64) -> String {
        format!("{:.2}", (figure / self.end * 100.0).clamp(0.0, 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_steps() {
        assert_eq!(Axis::to(2.01).ticks, [0.0, 1.0, 2.0]);
        assert_eq!(Axis::to(1.9).ticks, [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(Axis::to(0.0).ticks.len(), 3);
        assert_eq!(Axis::to(2.0).part(2.12), "100.00");
    }
}
