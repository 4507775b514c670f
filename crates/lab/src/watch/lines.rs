// SPDX-License-Identifier: GPL-2.0-or-later
//! The live view without a terminal: a line of figures each second, as text or as JSON.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde::Serialize;

use guest_run::say;

use super::State;
use super::figures::{Lamp, Summary};

/// Interval between lines.
const PERIOD: Duration = Duration::from_secs(1);

/// Prints to standard output.
#[derive(Debug)]
pub(super) struct Lines {
    json: bool,
    next: Instant,
    shown: u64,
}

/// A line in JSON.
#[derive(Serialize)]
struct Line<'a> {
    guest: &'a str,
    accel: &'a str,
    workload: &'a str,
    turns: u32,
    timer: &'a str,
    #[serde(flatten)]
    figures: &'a Summary,
    failing: Vec<&'a str>,
    last_bytes: String,
}

impl Lines {
    pub(super) fn new(json: bool) -> Self {
        Self { json, next: Instant::now(), shown: 0 }
    }

    /// Prints a line if it is due, and always when the limit is reached.
    pub(super) fn show(&mut self, state: &State) -> Result<()> {
        let now = Instant::now();
        let bounded = state.watch.until.samples.is_some_and(|most| state.figures.taken() >= most);
        if (now < self.next && !bounded) || state.figures.taken() == self.shown {
            return Ok(());
        }
        let Some(summary) = state.figures.summary() else { return Ok(()) };
        (self.next, self.shown) = (now + PERIOD, state.figures.taken());
        let line = if self.json { json(state, &summary)? } else { text(state, &summary) };
        say!("{line}")
    }
}

fn json(state: &State, summary: &Summary) -> Result<String> {
    let request = &state.watch.request;
    let line = Line {
        guest: state.watch.guest_name,
        accel: &state.watch.accel,
        workload: request.params.workload.word(),
        turns: request.params.turns,
        timer: request.timer.word(),
        figures: summary,
        failing: failing(state),
        last_bytes: hex(&state.figures.last_bytes(16)),
    };
    serde_json::to_string(&line).context("writing a line as JSON")
}

fn text(state: &State, summary: &Summary) -> String {
    let mut line = format!("samples {}", summary.samples);
    if let Some(rate) = summary.rate_per_s {
        let _ = write!(line, "  rate {}/s", short(rate));
    }
    let Summary { min_ticks, median_ticks, max_ticks, step_ticks, .. } = summary;
    let _ = write!(
        line,
        "  ticks min {min_ticks} median {median_ticks} max {max_ticks} step {step_ticks}"
    );
    if let Some(bits) = summary.mcv_bits_per_sample {
        let _ = write!(line, "  mcv {bits:.3} bits/sample");
    }
    let failing = failing(state);
    let health = if failing.is_empty() { "ok".to_owned() } else { failing.join(", ") + " failing" };
    let _ = write!(line, "  health {health}  stream {}", hex(&state.figures.last_bytes(8)));
    line
}

fn failing(state: &State) -> Vec<&'static str> {
    let lamps = state.figures.lamps();
    lamps.iter().filter(|(_, lamp, _)| *lamp == Lamp::Failing).map(|(name, ..)| *name).collect()
}

/// Bytes in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A rate in three digits and a unit's prefix.
pub(super) fn short(rate: f64) -> String {
    match rate {
        1e6.. => format!("{:.2} M", rate / 1e6),
        1e3.. => format!("{:.1} k", rate / 1e3),
        _ => format!("{rate:.0}"),
    }
}
