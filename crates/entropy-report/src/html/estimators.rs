// SPDX-License-Identifier: GPL-2.0-or-later
//! A bar per estimator, with the one that binds pointed out.

use super::parts;
use crate::analyse::estimator_title;
use crate::format::{real, sentence};
use crate::result::{CompareResult, RawResult, TargetResult};
use maud::{Markup, html};

pub(crate) fn section(result: &CompareResult) -> Markup {
    let assessed: Vec<(&TargetResult, &RawResult)> = result
        .targets
        .iter()
        .filter_map(|t| Some((t, t.raw.as_ref()?)))
        .filter(|(_, raw)| !raw.estimators.is_empty())
        .collect();
    let most = assessed
        .iter()
        .flat_map(|(_, raw)| raw.estimators.values().copied())
        .filter(|value| value.is_finite())
        .fold(1e-9, f64::max);
    html! {
        section id="estimators" {
            h2 { "How hard each sample is to guess" }
            p {
                "Each estimator of SP 800-90B is a way to guess the next sample. The lowest figure counts, because a \
                 guesser may choose: it binds, and is marked. Estimators see only what they look for; each figure is \
                 an upper bound."
            }
            p.soft { "Good noise: all bars long and about alike. One that is much shorter has found a pattern." }
            @if assessed.is_empty() { p { "No raw noise was assessed." } }
            div."grid wide" { @for (target, raw) in &assessed { (bars(target, raw, most)) } }
        }
    }
}

fn bars(target: &TargetResult, raw: &RawResult, most: f64) -> Markup {
    html! {
        figure {
            h4 { (target.title()) }
            table.bars {
                thead { tr { th scope="col" { "estimator" } td.bar {} th scope="col" { "bits/sample" } } }
                tbody {
                    @for (name, value) in by_figure(raw) {
                        @let binds = raw.binding.as_ref() == Some(name);
                        tr.binds[binds] {
                            th scope="row" {
                                (estimator_title(name))
                                @if binds { " ◀ binds" }
                            }
                            td.bar { i style={ "width:" (width(*value, most)) "%" } {} }
                            td { (real(*value)) }
                        }
                    }
                }
            }
            figcaption { (parts::badge(&raw.verdict)) (raw.verdict.text) " " (sentence(&target.stamp)) "." }
        }
    }
}

/// The lowest first: it counts.
fn by_figure(raw: &RawResult) -> Vec<(&String, &f64)> {
    let mut figures: Vec<_> = raw.estimators.iter().collect();
    let binds = |name: &String| raw.binding.as_ref() == Some(name);
    figures.sort_by(|a, b| a.1.total_cmp(b.1).then_with(|| binds(b.0).cmp(&binds(a.0))));
    figures
}

fn width(value: f64, most: f64) -> String {
    let part = (value / most * 100.0).clamp(0.0, 100.0);
    if part.is_finite() { format!("{part:.1}") } else { "0".to_owned() }
}
