// SPDX-License-Identifier: GPL-2.0-or-later
//! 12: the microkernel's noise on an idle host, and while a neighbour works in bursts.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use entropy_report::{Part, PlotKind, TakenRun};

use crate::guests::Deltas;
use crate::{Found, Guests};

const SAMPLES: usize = 300_000;
/// How long the neighbour works, and how long it rests.
const BURST: Duration = Duration::from_millis(20);

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let arguments = format!("uchaos.job=raw:{SAMPLES} uchaos.health=observe");
    let alone = guests.bare(&mut found, false, &arguments)?;
    let working = with_neighbour(|| guests.bare(&mut found, false, &arguments))?;
    let mut rows = Vec::new();
    let mut tails = Vec::new();
    for (name, run) in [("rests", &alone), ("works in bursts of 20 ms", &working)] {
        let figures = Deltas::of(&run.raw);
        let tail = figures.tail(&run.raw);
        rows.push(vec![
            name.to_owned(),
            figures.median_ticks.to_string(),
            figures.p999_ticks.to_string(),
            tail.to_string(),
            figures.max_ticks.to_string(),
            format!("{:.0}", took_ms(run)?),
            figures.bits(),
        ]);
        tails.push((tail, figures.max_ticks));
    }
    for (name, run) in [("The neighbour rests", alone), ("The neighbour works", working)] {
        found.parts.push(Part::Plot {
            kind: PlotKind::OverTime,
            title: name.to_owned(),
            caption: "A neighbour that takes the processor appears as steps and spikes at times that it chooses."
                .to_owned(),
            delta_ticks: run.raw,
        });
    }
    let heads = [
        "the neighbour",
        "median (ticks)",
        "99.9 % below (ticks)",
        "samples over 10 medians",
        "max (ticks)",
        "time for all (ms)",
        "quick estimate (bits/sample)",
    ];
    found.table(&format!("{SAMPLES} samples of the microkernel"), &heads, rows);
    let [(tail_alone, max_alone), (tail_working, max_working)] = tails[..] else {
        anyhow::bail!("there must be two boots")
    };
    found.conclusion = format!(
        "Samples of more than ten medians: {tail_alone} while the neighbour rested, {tail_working} while it worked. The longest took \
         {max_alone} and {max_working} ticks. {}",
        if tail_working > tail_alone {
            "The neighbour chose when the additional long samples occurred."
        } else {
            "Here the host's own work hid the neighbour's; repeat this on a quiet host."
        }
    );
    Ok(found)
}

/// Does `work` while two threads for each processor of the host work in bursts.
fn with_neighbour<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    let processors = thread::available_parallelism().context("counting processors")?.get();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..2 * processors {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    while begun.elapsed() < BURST {
                        black_box(begun);
                    }
                    // Resting is part of the neighbour's work; this does not wait for an event.
                    thread::sleep(BURST);
                }
            });
        }
        let done = work();
        stop.store(true, Ordering::Relaxed);
        done
    })
}

/// The total time of a run's samples, in milliseconds.
fn took_ms(run: &TakenRun) -> Result<f64> {
    let khz = run.meta.get("counter_khz").and_then(|khz| khz.parse::<f64>().ok());
    let khz = khz.context("the guest does not know its counter's frequency")?;
    Ok(run.raw.iter().sum::<u64>() as f64 / khz)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_neighbour_ends_with_the_work_also_when_that_fails() {
        assert_eq!(with_neighbour(|| Ok(5)).unwrap(), 5);
        assert!(with_neighbour(|| -> Result<()> { anyhow::bail!("no") }).is_err());
    }
}
