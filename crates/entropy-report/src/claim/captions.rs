// SPDX-License-Identifier: GPL-2.0-or-later
//! What a picture of one boot shows, and what its counters and its clock say.

use super::{Sentence, WorstLine, plural};
use crate::format::{count, duration_us, real, sentence, share};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// All deltas of one boot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deltas {
    /// Samples.
    pub samples: u64,
    /// Different values among them.
    pub distinct: u64,
    /// Smallest delta, in ticks.
    pub min_ticks: u64,
    /// Largest delta, in ticks.
    pub max_ticks: u64,
    /// Step of the counter, in ticks: a divisor of all deltas, or of all but `exceptions`.
    pub step_ticks: f64,
    /// Deltas that the step does not divide.
    pub exceptions: u64,
}

impl Sentence for Deltas {
    fn text(&self) -> String {
        let of = match self.exceptions {
            0 => "every delta is a multiple of it".to_owned(),
            n => format!("all deltas but {} are multiples of it", count(n)),
        };
        format!(
            "{} samples, {} from {} to {} ticks; the counter's step is {} ({of}).",
            count(self.samples),
            plural(self.distinct, "different value"),
            count(self.min_ticks),
            count(self.max_ticks),
            ticks(self.step_ticks)
        )
    }
}

/// Common deltas of one boot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommonDeltas {
    /// Share of all samples in the tallest bin, 0 to 1.
    pub tallest_share: f64,
    /// Bins.
    pub bins: u64,
    /// Width of a bin, in ticks.
    pub bin_ticks: f64,
}

impl Sentence for CommonDeltas {
    fn text(&self) -> String {
        format!(
            "The tallest of {}, {} wide, holds {} of the samples.",
            plural(self.bins, "bin"),
            ticks(self.bin_ticks),
            share(self.tallest_share)
        )
    }
}

fn ticks(number: f64) -> String {
    format!("{} tick{}", real(number), if number == 1.0 { "" } else { "s" })
}

/// Deltas over the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drift {
    /// Samples in a stretch.
    pub stretch_samples: u64,
    /// Lowest median of a stretch, in ticks.
    pub low_ticks: u64,
    /// Highest median of a stretch, in ticks.
    pub high_ticks: u64,
}

impl Sentence for Drift {
    fn text(&self) -> String {
        let medians = if self.low_ticks == self.high_ticks {
            format!("is {} in every stretch", plural(self.low_ticks, "tick"))
        } else {
            format!("moves between {} and {} ticks", count(self.low_ticks), count(self.high_ticks))
        };
        format!(
            "The median of {} samples {medians}. Band: smallest to largest; line: median.",
            count(self.stretch_samples)
        )
    }
}

/// Pairs of successive deltas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairs {
    /// Cells that hold a pair.
    pub filled_cells: u64,
    /// Cells.
    pub cells: u64,
    /// Share of the pairs in the fullest cell, 0 to 1.
    pub fullest_share: f64,
}

impl Sentence for Pairs {
    fn text(&self) -> String {
        format!(
            "Pairs fall into {} of {}; the fullest holds {} of them. Stronger colour is more, by logarithm.",
            count(self.filled_cells),
            plural(self.cells, "cell"),
            share(self.fullest_share)
        )
    }
}

/// Autocorrelation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Lags outside the band.
    pub outside_lags: u64,
    /// Lags.
    pub lags: u64,
    /// Half-width of the band in which 19 of 20 lags of independent samples lie.
    pub band: f64,
    /// The lag with the strongest correlation.
    pub strongest_lag: u64,
    /// Its correlation.
    pub strongest: f64,
}

impl Sentence for Correlation {
    fn text(&self) -> String {
        // 19 of 20 inside: half as many again outside is still within what chance gives for 64 lags.
        let independent = self.outside_lags * 10 <= self.lags;
        let means = if independent {
            "as independent samples would"
        } else {
            "so that samples depend on each other, and limits that assume independence do not hold here"
        };
        format!(
            "{} of {} leave the band of ±{}, {means}; the strongest is lag {}, at {}.",
            count(self.outside_lags),
            plural(self.lags, "lag"),
            real(self.band),
            self.strongest_lag,
            real(self.strongest)
        )
    }
}

/// Power by frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpectrumPeak {
    /// The highest point, where a flat spectrum is 1.
    pub times_flat: f64,
    /// Where it is, in cycles per sample.
    pub cycles_per_sample: f64,
}

impl Sentence for SpectrumPeak {
    fn text(&self) -> String {
        format!(
            "The highest point is {} times a flat spectrum, at {} cycles per sample.",
            real(self.times_flat),
            real(self.cycles_per_sample)
        )
    }
}

/// Restart matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartPicture {
    /// Restarts.
    pub rows: u64,
    /// Samples after each.
    pub columns: u64,
    /// The row with the most frequent value.
    pub worst_row: WorstLine,
    /// The column with the most frequent value.
    pub worst_column: WorstLine,
    /// The most times that one value may occur; null where nothing was checked.
    pub cutoff: Option<u64>,
}

impl Sentence for RestartPicture {
    fn text(&self) -> String {
        let cutoff = self
            .cutoff
            .map_or_else(String::new, |most| format!("; at most {} are allowed", count(most)));
        format!(
            "Marked: {} of {} samples in row {} are equal, and {} of {} in column {}{cutoff}. The check counts equal \
             values; stripes of another mean do not fail it.",
            count(self.worst_row.count),
            count(self.columns),
            self.worst_row.index,
            count(self.worst_column.count),
            count(self.rows),
            self.worst_column.index
        )
    }
}

/// Health tests of one boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// The state that the engine reports; empty where the target has none.
    pub state: String,
    /// Failures of all tests, since the engine was initialised last.
    pub failures: u64,
    /// Samples that the counters cover; null where they are not reported.
    pub samples: Option<u64>,
    /// Raw samples of this boot that were assessed.
    pub raw_samples: u64,
}

impl Sentence for Health {
    fn text(&self) -> String {
        if self.state.is_empty() || self.state == "unknown" {
            return "This target reports no health tests.".to_owned();
        }
        let failures = match self.failures {
            0 => "no failures".to_owned(),
            n => plural(n, "failure"),
        };
        let covers = match self.samples {
            None => "; how many samples they cover is not reported".to_owned(),
            Some(samples) if samples < self.raw_samples => format!(
                " over the {} samples since the engine was initialised last; they do not cover all of the {} raw samples \
                 assessed here",
                count(samples),
                count(self.raw_samples)
            ),
            Some(samples) => format!(" over {} samples", count(samples)),
        };
        format!("State {}: {failures}{covers}.", self.state)
    }

    fn status(&self) -> Status {
        if self.failures > 0 { Status::Failed } else { Status::Stated }
    }
}

/// Moments of one boot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootTimes {
    /// Microseconds from the start of the process to `ready`.
    pub ready_us: Option<u64>,
    /// Microseconds from the start of the process to the first sample.
    pub first_sample_us: Option<u64>,
}

impl Sentence for BootTimes {
    fn text(&self) -> String {
        let moments: Vec<String> =
            [("ready", self.ready_us), ("first sample", self.first_sample_us)]
                .into_iter()
                .filter_map(|(what, at)| Some(format!("{what} after {}", duration_us(at?))))
                .collect();
        if moments.is_empty() {
            return "Nothing was timed.".to_owned();
        }
        format!(
            "{}, by the host's clock from the start of the process to the end of the console line that reports it.",
            sentence(&moments.join(", "))
        )
    }
}
