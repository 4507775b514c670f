// SPDX-License-Identifier: GPL-2.0-or-later
//! Output stream of one boot: how fast, how it looks, and how little of it is fresh.

use super::{digest, output_tests};
use crate::format::{bits, share};
use crate::result::{OutputTest, StreamResult};
use crate::taken::TakenRun;
use crate::verdict::{Status, Verdict};

/// Bits of a word of output.
const WORD_BITS: f64 = 64.0;

const FORMULA: &str = "fresh bits per output bit = H × turns / 64, H = lowest of: single run, restart check, \
     second boot (bits/sample); turns = samples spent on a 64-bit word; at most 1";

/// What bounds the fresh min-entropy of a sample, in bits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bounds {
    /// From the run on its own.
    pub single_run: Option<f64>,
    /// From restarts, where that check held.
    pub restarts: Option<f64>,
    /// From what a second boot cannot know.
    pub second_boot: Option<f64>,
}

impl Bounds {
    /// The lowest bound. An isolated run says nothing without a second boot, however good it looks alone.
    fn lowest(self, isolated: bool) -> Option<f64> {
        if isolated {
            return self.second_boot;
        }
        let alone = self.single_run?;
        Some([self.restarts, self.second_boot].into_iter().flatten().fold(alone, f64::min))
    }
}

/// Judges the stream of `run`; none was taken gives none.
pub(crate) fn result(run: &TakenRun, bounds: Bounds) -> Option<StreamResult> {
    if run.stream.is_empty() {
        return None;
    }
    let turns = run.meta.get("turns").and_then(|turns| turns.trim().parse::<f64>().ok());
    // A generator that is not ours spends its samples out of sight; only "nothing is new" can be said of it.
    let fresh = match (bounds.lowest(run.isolated), turns) {
        (Some(0.0), _) => Some(0.0),
        (Some(h), Some(turns)) if !run.raw.is_empty() => Some((h * turns / WORD_BITS).min(1.0)),
        _ => None,
    };
    let output_tests = output_tests::all(&run.stream);
    let bytes = run.stream.len() as u64;
    let rate = run.stream_seconds.filter(|s| s.is_finite() && *s > 0.0);
    Some(StreamResult {
        bytes,
        sha256: digest::of_bytes(&run.stream),
        mb_per_s: rate.map(|seconds| bytes as f64 / 1e6 / seconds),
        fresh_bits_per_output_bit: fresh,
        verdict: verdict(run, fresh, &output_tests),
        output_tests,
    })
}

fn verdict(run: &TakenRun, fresh: Option<f64>, tests: &[OutputTest]) -> Verdict {
    let looks = looks(tests);
    let (status, known) = match fresh {
        Some(0.0) => (
            Status::Caution,
            "Nothing in it is new to someone who knows this machine: 0 fresh bits.".to_owned(),
        ),
        Some(fresh) => (
            Status::Caution,
            format!(
                "At most {} of its bits are fresh min-entropy ({} bits per output bit); the mixer makes the rest.",
                share(fresh),
                bits(fresh)
            ),
        ),
        None if run.target == "linux-crng" => (
            Status::Stated,
            "The kernel's own generator, as the yardstick: its raw noise is not to be had, so its fresh share \
             cannot be assessed."
                .to_owned(),
        ),
        None => (Status::Invalid, "How much of it is fresh cannot be said: no assessed raw noise.".to_owned()),
    };
    let text = format!("{looks} That output looks random does not make it unpredictable. {known}");
    let alarm = format!(
        "an ideal stream fails one of the {} output tests with probability {:.0e}",
        tests.len(),
        output_tests::ALPHA * tests.len() as f64
    );
    Verdict::new(status, text, FORMULA).false_alarm(alarm)
}

/// The outcome of the output tests in words.
fn looks(tests: &[OutputTest]) -> String {
    let of = |status| tests.iter().filter(|test| test.status == status).count();
    match (of(Status::Failed), of(Status::Invalid)) {
        (0, 0) => "It passes every output test.".to_owned(),
        (0, invalid) if invalid == tests.len() => {
            "There is too little of it for the output tests.".to_owned()
        }
        (0, _) => "It passes every output test that there is enough of it for.".to_owned(),
        (failed, _) => format!("It fails {failed} of {} output tests.", tests.len()),
    }
}
