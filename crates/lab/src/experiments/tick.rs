// SPDX-License-Identifier: GPL-2.0-or-later
//! 1: the counter read back to back, with nothing between two readings, and then with a workload step.

use anyhow::{Context, Result};
use entropy_report::{Part, PlotKind};

use crate::guests::Deltas;
use crate::{Found, Guests};
use measure::guest::GuestKind;

const JOB: &str = "uchaos.job=raw:100000 uchaos.health=observe";

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut monitor = guests.start(GuestKind::BareMetal)?;
    found.commands.push(format!("{}   # then type: clock", monitor.command()));
    monitor.expect("uchaos> ", guests.deadline())?;
    monitor.send("clock");
    monitor.expect("frequency", guests.deadline())?;
    monitor.send("exit");
    let outcome = monitor.finish()?;
    let line = |begins: &str| {
        let mut lines = outcome.lines.iter().map(|line| line.text.as_str());
        lines.find(|line| line.starts_with(begins)).with_context(|| format!("no line {begins:?}"))
    };
    let number = |line: &str, name: &str| -> Result<u64> {
        let mut words = line.split_whitespace().skip_while(|word| *word != name);
        let value = words.nth(1).and_then(|word| word.parse().ok());
        value.with_context(|| format!("no {name} in {line:?}"))
    };
    let mut rows = Vec::new();
    for (how, begins) in [("lfence; rdtsc", "back to back"), ("rdtsc alone", "without lfence")] {
        let line = line(begins)?;
        let cells = ["min", "mean", "max", "gcd"].map(|name| number(line, name));
        let cells = cells.into_iter().collect::<Result<Vec<_>>>()?;
        rows.push([how.to_owned()].into_iter().chain(cells.iter().map(u64::to_string)).collect());
    }
    let heads = ["reading", "min (ticks)", "mean (ticks)", "max (ticks)", "gcd (ticks)"];
    found.table("1,024 readings back to back, in the microkernel", &heads, rows);
    let frequency = line("frequency")?.trim_start_matches("frequency").trim();
    let taken = guests.bare(&mut found, false, JOB)?;
    let deltas = Deltas::of(&taken.raw);
    found.table(
        "The same counter around the workload step `pause`",
        &["samples", "min (ticks)", "median (ticks)", "max (ticks)", "step (ticks)"],
        vec![vec![
            deltas.samples.to_string(),
            deltas.min_ticks.to_string(),
            deltas.median_ticks.to_string(),
            deltas.max_ticks.to_string(),
            deltas.step.step_ticks().to_string(),
        ]],
    );
    found.parts.push(Part::Plot {
        kind: PlotKind::CommonDeltas,
        title: "The common deltas of this run".to_owned(),
        caption: "Bars mark the multiples of the counter's step. Equal gaps between them \
                  would be its resolution."
            .to_owned(),
        delta_ticks: taken.raw,
    });
    found.conclusion = format!(
        "The counter runs at {frequency}. Its step here: {}. Every sample includes the time of reading it.",
        deltas.step.describe()
    );
    Ok(found)
}
