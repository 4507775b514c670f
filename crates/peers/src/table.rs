// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns the measurements into the table, and compares them with the goals.

use entropy_report::result::{RestartResult, Spread, TargetResult};
use entropy_report::{CompareResult, Table};
use serde::Serialize;

use crate::bench::{Cost, Measured};

/// Caveats on the figures of the table.
pub const CAVEATS: [&str; 7] = [
    "One machine and one run: another processor, memory or load gives other figures. \"Per CPU second\" counts user and \
     system time of the whole process, its start, self-test and file included; \"per second\" is the wall clock's, and falls \
     with the host's load.",
    "The assessed rate is the smaller of SP 800-90B's figure and the informed one, times samples per second. Both figures \
     are what known estimators and predictors find, so that the true min-entropy may be lower, for each source by another \
     amount.",
    "The same predictors are tried on all. For host-user they also know the buffer line that each sample accesses. The \
     places of jitterentropy and the loop counts of rand_jitter follow from generators that an attacker could run as well, \
     which no predictor here does: their informed figures are too high by comparison.",
    "Output rates follow from claims. jitterentropy asks for 3 samples per bit of output and hashes each of them in; host-user \
     spends one sample per bit at --claim 1000. A higher claim is faster output, and not more entropy.",
    "host-user claims 0.125 bit per sample by default; the claim of this run is for a machine that was assessed. Nothing \
     here supports it on another.",
    "jitterentropy is compiled without optimisation, as it demands, and rand_jitter with. The raw noise of rand_jitter comes by \
     its own access for assessments, which clears its memory before each sample.",
    "RDSEED, RDRAND and the kernel provide no raw noise: nothing is assessed there, and their claims rest on trust in those \
     who built them.",
];

/// Ours must be this many times as fast as jitterentropy.
const ASSESSED_GOAL: f64 = 10.0;
const OUTPUT_GOAL: f64 = 30.0;
/// Our informed figure must be this many times our claim.
const CLAIM_GOAL: f64 = 2.0;

/// A rate per second, over the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    pub per_s: Spread,
    pub per_cpu_s: Spread,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub source: String,
    pub version: String,
    /// Why it was not measured, if it was not.
    pub not_measured: Option<String>,
    /// Why it has no raw noise, if it has none.
    pub no_raw: Option<String>,
    pub samples: u64,
    /// SP 800-90B's figure over the rounds, in bits per sample.
    pub h_assessed: Option<Spread>,
    /// The informed figure of the first round.
    pub h_informed: Option<f64>,
    /// The smaller of both, of the first round.
    pub h: Option<f64>,
    pub restarts: Option<RestartResult>,
    pub samples_rate: Option<Rate>,
    pub assessed_bits_rate: Option<Rate>,
    pub output_bytes_rate: Option<Rate>,
    pub claim: String,
    pub claim_bits_per_sample: Option<f64>,
}

/// A goal for our program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goal {
    pub what: String,
    pub at_least: f64,
    /// `None` if one of the figures is missing.
    pub found: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    pub rows: Vec<Row>,
    pub goals: Vec<Goal>,
    pub caveats: Vec<String>,
}

impl Goal {
    fn text(&self) -> String {
        let Self { what, at_least, .. } = self;
        match self.found {
            None => format!("{what}: not known from this run (goal: {at_least})"),
            Some(found) => {
                let reached = if found >= *at_least { "reached" } else { "missed" };
                format!("{what}: {found:.2} (goal: {at_least}): {reached}")
            }
        }
    }
}

/// The rows of all measured sources, with the assessment in `result`.
#[must_use]
pub fn compare(measured: &[Measured], result: &CompareResult) -> Comparison {
    let of = |name: &str| result.targets.iter().find(|target| target.name == name);
    let rows: Vec<Row> = measured.iter().map(|one| row(one, of(one.name))).collect();
    let goals = goals(&rows);
    Comparison { rows, goals, caveats: CAVEATS.map(str::to_owned).into() }
}

fn row(measured: &Measured, target: Option<&TargetResult>) -> Row {
    let description = measured.description.as_ref();
    let samples = measured.raw.first().map_or(0, |run| run.raw.len() as u64);
    let h = target.and_then(TargetResult::headline_bits_per_sample);
    let boots = target.map(|target| target.boots.as_slice()).unwrap_or_default();
    let samples_rate = rate(samples as f64, &measured.raw_costs);
    Row {
        source: measured.name.to_owned(),
        version: description.map(|known| known.version.clone()).unwrap_or_default(),
        not_measured: description.err().cloned(),
        no_raw: description.ok().and_then(|known| known.no_raw.clone()),
        samples,
        h_assessed: Spread::of(boots.iter().map(|boot| boot.min_entropy_bits_per_sample)),
        h_informed: target
            .and_then(|target| Some(target.informed.as_ref()?.min_entropy_bits_per_sample)),
        h,
        restarts: target.and_then(|target| target.starts.clone()),
        samples_rate,
        assessed_bits_rate: h.and_then(|h| rate(h * samples as f64, &measured.raw_costs)),
        output_bytes_rate: rate(measured.output_bytes as f64, &measured.output_costs),
        claim: description.map(|known| known.claim.clone()).unwrap_or_default(),
        claim_bits_per_sample: description.ok().and_then(|known| known.claim_bits_per_sample),
    }
}

/// `amount` divided by the time of each round.
fn rate(amount: f64, costs: &[Cost]) -> Option<Rate> {
    let per = |seconds: fn(&Cost) -> f64| {
        Spread::of(costs.iter().map(|cost| Some(amount / seconds(cost)).filter(|_| amount > 0.0)))
    };
    Some(Rate { per_s: per(|cost| cost.wall_s)?, per_cpu_s: per(|cost| cost.cpu_s)? })
}

fn goals(rows: &[Row]) -> Vec<Goal> {
    let row = |name: &str| rows.iter().find(|row| row.source == name);
    let (ours, theirs) = (row("host-user"), row("jitterentropy"));
    let ratio = |rate: fn(&Row) -> Option<Rate>, of: fn(&Rate) -> f64| {
        Some(of(&rate(ours?)?) / of(&rate(theirs?)?))
    };
    let goal = |what: &str, at_least, found| Goal { what: what.to_owned(), at_least, found };
    let (wall, cpu) = (|rate: &Rate| rate.per_s.median, |rate: &Rate| rate.per_cpu_s.median);
    let assessed = |row: &Row| row.assessed_bits_rate;
    let output = |row: &Row| row.output_bytes_rate;
    let margin = || Some(ours?.h_informed? / ours?.claim_bits_per_sample?);
    vec![
        goal(
            "times jitterentropy's assessed bits per second",
            ASSESSED_GOAL,
            ratio(assessed, wall),
        ),
        goal("the same per CPU second", ASSESSED_GOAL, ratio(assessed, cpu)),
        goal("times jitterentropy's output bytes per second", OUTPUT_GOAL, ratio(output, wall)),
        goal("the same per CPU second", OUTPUT_GOAL, ratio(output, cpu)),
        goal("our informed figure by our claim", CLAIM_GOAL, margin()),
    ]
}

impl Comparison {
    /// The table.
    #[must_use]
    pub fn table(&self) -> Table {
        let heads = [
            "source",
            "90B bits/sample",
            "informed",
            "claim",
            "restarts",
            "us/sample",
            "assessed kbit/s",
            "per CPU s",
            "output kB/s",
            "per CPU s",
        ];
        let measured = self.rows.iter().filter(|row| row.not_measured.is_none());
        Table {
            caption: "Medians over the rounds (lowest to highest)".to_owned(),
            heads: heads.map(str::to_owned).into(),
            rows: measured.map(cells).collect(),
        }
    }

    /// The paragraphs below the table: missing sources with reasons, claims, goals, caveats.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let missing = self.rows.iter().filter_map(|row| {
            Some(format!("{} was not measured: {}", row.source, row.not_measured.as_ref()?))
        });
        let no_raw = self.rows.iter().filter_map(|row| {
            Some(format!("{} has no raw noise here: {}", row.source, row.no_raw.as_ref()?))
        });
        let claims = self
            .rows
            .iter()
            .filter(|row| row.not_measured.is_none())
            .map(|row| format!("{} claims {}", row.source, row.claim));
        let goals = self.goals.iter().map(Goal::text);
        missing
            .chain(no_raw)
            .chain(claims)
            .chain(goals)
            .chain(self.caveats.iter().cloned())
            .collect()
    }
}

fn cells(row: &Row) -> Vec<String> {
    let bits = |bits: Option<f64>| bits.map_or("-".to_owned(), |bits| format!("{bits:.2}"));
    let spread = |spread: Option<Spread>, scale: f64| {
        spread.map_or("-".to_owned(), |Spread { median, low, high, boots }| {
            let shown = |figure: f64| significant(figure * scale);
            match boots {
                1 => shown(median),
                _ => format!("{} ({}-{})", shown(median), shown(low), shown(high)),
            }
        })
    };
    let source = format!("{} {}", row.source, row.version);
    let us = row.samples_rate.map(|rate| Spread {
        median: 1e6 / rate.per_s.median,
        low: 1e6 / rate.per_s.high,
        high: 1e6 / rate.per_s.low,
        boots: rate.per_s.boots,
    });
    let (assessed, output) = (row.assessed_bits_rate, row.output_bytes_rate);
    vec![
        source.trim_end().to_owned(),
        spread(row.h_assessed, 1.0),
        bits(row.h_informed),
        bits(row.claim_bits_per_sample),
        restarts(row.restarts.as_ref()),
        spread(us, 1.0),
        spread(assessed.map(|rate| rate.per_s), 1e-3),
        spread(assessed.map(|rate| rate.per_cpu_s), 1e-3),
        spread(output.map(|rate| rate.per_s), 1e-3),
        spread(output.map(|rate| rate.per_cpu_s), 1e-3),
    ]
}

fn restarts(result: Option<&RestartResult>) -> String {
    let Some(result) = result else { return "-".to_owned() };
    let lowest = [result.h_rows, result.h_columns].into_iter().flatten().reduce(f64::min);
    match (result.held(), lowest) {
        (Some(true), Some(lowest)) => format!("held at {lowest:.2}"),
        (Some(true), None) => "held".to_owned(),
        (Some(false), _) => {
            let counts = [&result.worst_row, &result.worst_column].into_iter().flatten();
            match (counts.map(|line| line.count).max(), result.cutoff) {
                (Some(count), Some(cutoff)) if count > cutoff => {
                    format!("failed: {count} > {cutoff}")
                }
                _ => "failed".to_owned(),
            }
        }
        (None, _) => "not checked".to_owned(),
    }
}

/// Three significant digits, in plain notation.
fn significant(figure: f64) -> String {
    match figure.abs() {
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

#[cfg(test)]
mod tests;
