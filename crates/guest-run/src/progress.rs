// SPDX-License-Identifier: GPL-2.0-or-later
//! Progress display: a spinner with the elapsed time on a terminal, a plain line elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

/// A running spinner; hidden where standard error is not a terminal, where the label is printed as a line.
pub fn spinner(label: &str) -> ProgressBar {
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

/// Runs `work` with a spinner, and finally prints how long it took.
pub fn task<T>(label: &str, work: impl FnOnce(&ProgressBar) -> Result<T>) -> Result<T> {
    let begun = Instant::now();
    let bar = spinner(label);
    let outcome = work(&bar);
    bar.finish_and_clear();
    if outcome.is_ok() {
        eprintln!("{label} … {}", show_duration(begun.elapsed()));
    }
    outcome
}

/// `3m12s`, `41s`, `0.3s`.
pub fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        _ => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(show_duration(Duration::from_millis(340)), "0.3s");
        assert_eq!(show_duration(Duration::from_secs(41)), "41s");
        assert_eq!(show_duration(Duration::from_secs(192)), "3m12s");
    }
}
