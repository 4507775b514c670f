// SPDX-License-Identifier: GPL-2.0-or-later
//! Reduced data behind each plot: small enough to keep in `result.json`, so that a report can be made
//! again without the samples.

use serde::{Deserialize, Serialize};

/// Plots of one target. An absent one had too little data to be drawn.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plots {
    /// Deltas in bins of equal ratio.
    pub histogram: Option<Histogram>,
    /// The common deltas (1st to 99th percentile) in bins of equal width.
    pub core: Option<Histogram>,
    /// Deltas over the run.
    pub over_time: Option<Envelope>,
    /// Pairs of successive deltas.
    pub lag: Option<Cells>,
    /// Autocorrelation by lag, from lag 1.
    pub autocorrelation: Option<Line>,
    /// Power by frequency.
    pub spectrum: Option<Line>,
    /// Restart matrix, in blocks.
    pub restarts: Option<Cells>,
}

/// Counts in bins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// Edges of the bins in ticks, one more than there are bins; a bin holds its lower edge.
    pub edges_ticks: Vec<f64>,
    /// Samples in each bin.
    pub counts: Vec<u64>,
    /// Samples below the first and above the last edge.
    pub outside: u64,
}

/// Smallest, middle and largest delta in successive stretches of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Samples in a stretch; the last one may hold fewer.
    pub stretch_samples: u64,
    /// Smallest delta of each stretch.
    pub min_ticks: Vec<u64>,
    /// Middle delta of each stretch.
    pub median_ticks: Vec<u64>,
    /// Largest delta of each stretch.
    pub max_ticks: Vec<u64>,
}

/// Values on a grid, row by row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cells {
    /// Cells in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Lowest and highest coordinate along a row.
    pub x_range: [f64; 2],
    /// Lowest and highest coordinate along a column.
    pub y_range: [f64; 2],
    /// `rows` x `columns` values.
    pub values: Vec<f64>,
}

/// Points of a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Where.
    pub x: Vec<f64>,
    /// How much.
    pub y: Vec<f64>,
    /// Half-width of the band in which an independent source stays, 19 times of 20; 0 for none.
    pub band: f64,
}
