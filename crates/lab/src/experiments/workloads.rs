// SPDX-License-Identifier: GPL-2.0-or-later
//! 4: the workload steps compared: time per sample against bits per sample.

use anyhow::{Context, Result};
use chaos_wire::Workload;
use entropy_report::{Part, PlotKind};

use crate::guests::Deltas;
use crate::{Found, Guests};

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let (mut rows, mut most) = (Vec::new(), Vec::new());
    for workload in Workload::everywhere().map(Workload::word) {
        let arguments =
            format!("uchaos.job=raw:200000 uchaos.health=observe uchaos.workload={workload}");
        let run = guests.bare(&mut found, false, &arguments)?;
        let khz = run.meta.get("counter_khz").and_then(|khz| khz.parse::<f64>().ok());
        let hz = khz.context("the guest does not know its counter's frequency")? * 1000.0;
        let deltas = Deltas::of(&run.raw);
        // Back to back, so that the sum of the deltas is their total time, except for the gaps between blocks.
        let seconds = run.raw.iter().sum::<u64>() as f64 / hz;
        let rate = run.raw.len() as f64 / seconds;
        let bits_per_s = deltas.quick_bits.map(|bits| bits * rate);
        rows.push(vec![
            workload.to_owned(),
            deltas.median_ticks.to_string(),
            format!("{:.0}", seconds * 1e9 / run.raw.len() as f64),
            deltas.bits(),
            format!("{rate:.0}"),
            bits_per_s.map_or_else(|| "none".to_owned(), |bits| format!("{bits:.0}")),
        ]);
        most.push((bits_per_s.unwrap_or(0.0), deltas.quick_bits.unwrap_or(0.0), workload));
        found.parts.push(Part::Plot {
            kind: PlotKind::CommonDeltas,
            title: format!("Workload {workload}"),
            caption: "The wider the peak, the harder a single sample is to guess.".to_owned(),
            delta_ticks: run.raw,
        });
    }
    let heads = [
        "workload",
        "median (ticks)",
        "time (ns/sample)",
        "quick estimate (bits/sample)",
        "rate (samples/s)",
        "estimate × rate (bits/s)",
    ];
    found.table("200,000 samples of each step", &heads, rows);
    let by = |key: fn(&(f64, f64, &'static str)) -> f64| {
        most.iter().max_by(|a, b| key(a).total_cmp(&key(b))).map_or("none", |best| best.2)
    };
    found.conclusion = format!(
        "Highest assessment per sample: {}. Highest per second: {}. One boot of each does not show which is better, and a \
         pattern that the estimators do not see would make either less.",
        by(|figures| figures.1),
        by(|figures| figures.0)
    );
    Ok(found)
}
