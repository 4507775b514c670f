// SPDX-License-Identifier: GPL-2.0-or-later
//! What a person sees while something runs: a spinner with the time on a terminal, a plain line elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

use crate::workshop::show_duration;

/// A running spinner; hidden where standard error is no terminal, where the label is printed as a line.
pub(crate) fn spinner(label: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        eprintln!("{label} …");
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_message(label.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {elapsed} {prefix:.dim}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// Runs `work` under a spinner, and says at the end how long it took.
///
/// # Errors
/// Those of `work`.
pub(crate) fn task<T>(label: &str, work: impl FnOnce(&ProgressBar) -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    let bar = spinner(label);
    let outcome = work(&bar);
    bar.finish_and_clear();
    if outcome.is_ok() {
        eprintln!("{label} … {}", show_duration(begun.elapsed()));
    }
    outcome
}
