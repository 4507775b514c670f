// SPDX-License-Identifier: GPL-2.0-or-later
//! 2: the same engine object on bare metal, in the Linux kernel, and in a program under it.

use anyhow::Result;
use entropy_report::{Part, PlotKind};

use crate::guests::Deltas;
use crate::{Found, Guests};
use measure::guest::GuestKind;

const JOB: &str = "uchaos.job=raw:300000 uchaos.health=observe";

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut taken = vec![guests.bare(&mut found, false, JOB)?];
    let arguments = format!("{JOB} uchaos.target=linux-module+linux-user");
    taken.extend(guests.boot(&mut found, GuestKind::Linux, false, &arguments)?);
    let mut rows = Vec::new();
    let mut tails = Vec::new();
    for run in taken {
        let deltas = Deltas::of(&run.raw);
        let tail = deltas.tail(&run.raw);
        rows.push(vec![
            run.target.clone(),
            deltas.median_ticks.to_string(),
            deltas.p999_ticks.to_string(),
            deltas.max_ticks.to_string(),
            tail.to_string(),
            deltas.bits(),
        ]);
        tails.push(format!("{tail} on {}", run.target));
        found.parts.push(Part::Plot {
            kind: PlotKind::Histogram,
            title: format!("All deltas of {}", run.target),
            caption: "Both axes are logarithmic and the same for all: an event of 1 in 300,000 is visible, as \
                      well. The line is the median."
                .to_owned(),
            delta_ticks: run.raw,
        });
    }
    let heads = [
        "target",
        "median (ticks)",
        "99.9 % below (ticks)",
        "max (ticks)",
        "samples over 10 medians",
        "quick estimate (bits/sample)",
    ];
    found.table("300,000 samples from each, by the same object code", &heads, rows);
    found.conclusion = format!(
        "Samples of more than ten medians: {}. Something interrupted these samples.",
        tails.join(", ")
    );
    Ok(found)
}
