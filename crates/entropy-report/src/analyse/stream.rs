// SPDX-License-Identifier: GPL-2.0-or-later
//! Output stream of one boot: its rate, its output tests, and how little of it is fresh.

use crate::result::{OutputTest, StreamResult};
use crate::status::Status;
use crate::taken::TakenRun;
use crate::verdict::Verdict;
use sample_stats::{digest, output_tests};

/// Bits of a word of output.
const WORD_BITS: f64 = 64.0;

const FORMULA: &str = "fresh bits per output bit = H × turns / 64, H = lowest of: single run, informed, \
     restart check, second boot (bits/sample); turns = samples spent on a 64-bit word; at most 1";

/// What bounds the fresh min-entropy of a sample, in bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    /// From the run on its own.
    pub single_run: Option<f64>,
    /// From an attacker who knows the program.
    pub informed: Option<f64>,
    /// From restarts, where that check held.
    pub restarts: Option<f64>,
    /// From what a second boot cannot know.
    pub second_boot: Option<f64>,
}

impl Bounds {
    /// The lowest bound. An isolated run has none without a second boot, however good it looks alone.
    fn lowest(self, isolated: bool) -> Option<f64> {
        if isolated {
            return self.second_boot;
        }
        let alone = self.single_run?;
        Some(
            [self.informed, self.restarts, self.second_boot]
                .into_iter()
                .flatten()
                .fold(alone, f64::min),
        )
    }
}

/// Tests the stream of `run`; `None` if none was recorded.
pub(crate) fn result(run: &TakenRun, bounds: Bounds) -> Option<StreamResult> {
    if run.stream.is_empty() {
        return None;
    }
    let turns = run.meta.get("turns").and_then(|turns| turns.trim().parse::<f64>().ok());
    // A foreign generator consumes its samples unseen; all that can be stated is whether anything is new.
    let fresh = match (bounds.lowest(run.isolated), turns) {
        (Some(0.0), _) => Some(0.0),
        (Some(h), Some(turns)) if !run.raw.is_empty() => Some((h * turns / WORD_BITS).min(1.0)),
        _ => None,
    };
    let output_tests: Vec<OutputTest> =
        output_tests::all(&run.stream).into_iter().map(output_test).collect();
    let alarm = format!(
        "an ideal stream fails one of the {} output tests with probability {:.0e}",
        output_tests.len(),
        output_tests::ALPHA * output_tests.len() as f64
    );
    let bytes = run.stream.len() as u64;
    Some(StreamResult {
        bytes,
        sha256: digest::of_bytes(&run.stream),
        mb_per_s: mb_per_s(run),
        fresh_bits_per_output_bit: fresh,
        verdict: Verdict::unstated(FORMULA).false_alarm(alarm),
        output_tests,
    })
}

fn output_test((name, outcome): (&str, Option<output_tests::Outcome>)) -> OutputTest {
    let status = match &outcome {
        None => Status::Invalid,
        Some(outcome) if outcome.passed() => Status::Passed,
        Some(_) => Status::Failed,
    };
    OutputTest {
        name: name.to_owned(),
        statistic: outcome.map(|it| it.statistic),
        p_value: outcome.map(|it| it.p_value),
        status,
    }
}

/// Megabytes (10^6 bytes) of stream per second; none where it was not timed.
pub(crate) fn mb_per_s(run: &TakenRun) -> Option<f64> {
    let seconds = run.stream_seconds.filter(|s| s.is_finite() && *s > 0.0)?;
    Some(run.stream.len() as f64 / 1e6 / seconds)
}
