// SPDX-License-Identifier: GPL-2.0-or-later
//! 3: the microkernel with its timer off, at 100 Hz and at 1 kHz.

use anyhow::{Context, Result};
use entropy_report::{Part, PlotKind};

use crate::guests::Deltas;
use crate::{Found, Guests};

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let (mut rows, mut counts) = (Vec::new(), Vec::new());
    for timer in ["off", "100", "1000"] {
        let arguments =
            format!("uchaos.job=raw:1000000 uchaos.health=observe uchaos.timer={timer}");
        let run = guests.bare(&mut found, false, &arguments)?;
        let deltas = Deltas::of(&run.raw);
        let taken = run.health.get("timer_interrupts").context("no count of interrupts")?;
        let tail = deltas.tail(&run.raw);
        rows.push(vec![
            timer.to_owned(),
            taken.clone(),
            deltas.median_ticks.to_string(),
            deltas.p999_ticks.to_string(),
            tail.to_string(),
            deltas.max_ticks.to_string(),
        ]);
        counts.push(format!("{tail} with {taken} interrupts"));
        found.parts.push(Part::Plot {
            kind: PlotKind::Histogram,
            title: format!("Timer {timer}"),
            caption:
                "An interrupt lengthens the one sample in which it occurs: see the right end. All have the same axis."
                    .to_owned(),
            delta_ticks: run.raw,
        });
    }
    let heads = [
        "timer (per second)",
        "interrupts taken",
        "median (ticks)",
        "99.9 % below (ticks)",
        "samples over 10 medians",
        "max (ticks)",
    ];
    found.table("A million samples at each rate", &heads, rows);
    found.conclusion = format!(
        "Samples of more than ten medians: {}. Without a timer all of them are caused by the host; with it the timer's \
         come on top, and the host's own differ from run to run.",
        counts.join("; ")
    );
    Ok(found)
}
