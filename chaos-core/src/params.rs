// SPDX-License-Identifier: GPL-2.0-or-later
//! What a run is told: checked once, never clamped, and part of its provenance.

use crate::cutoffs::Cutoffs;
use crate::error::Error;
use crate::workload::Workload;

/// The engine's parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Params {
    /// Samples per 64-bit output word, 1..=7.
    pub turns: u32,
    /// Samples that the mixer takes in before its first word, 1..=63.
    pub init_turns: u32,
    /// The smallest delta, in ticks, that counts as a sample, 1..=255. After a smaller one the workload step is
    /// taken once more and the counter read again, from the same begin, so that the sample grows until it is large
    /// enough; [`crate::MAX_READS`] reads at most.
    pub min_delta: u32,
    /// What is timed.
    pub workload: Workload,
    /// Min-entropy that is claimed per sample, in 1/1000 bit; one of [`crate::CLAIMS_MILLIBITS`]. The health tests' cutoffs
    /// and the number of samples in a seed block follow from it.
    ///
    /// The default is 125 (0.125 bit/sample). NIST's estimators gave 0.27 bit for the most regular source measured
    /// (lowest of all waits between two reads), and this is the largest claim in the table that is below half of
    /// it: SP 800-90B §3.1.4.2 fails a source whose restarts give less than half of its claim.
    pub claim_millibits: u32,
    /// What a failed health test does to `stream`.
    pub enforcement: Enforcement,
}

/// What a failed health test does to the stream. `seed` is refused after a permanent failure in both cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// A failure stops the output.
    Enforce,
    /// Failures are counted and reported only: for looking at a source that is known to be without entropy, such as
    /// a guest whose time is a count of instructions.
    Observe,
}

/// Each parameter: its name and what is allowed, in words.
pub const PARAMETERS: [(&str, &str); 6] = [
    ("turns", "1 to 7"),
    ("init_turns", "1 to 63"),
    ("min_delta", "1 to 255"),
    ("workload", "pause, memory, hash or combined"),
    ("claim", "62, 125, 250, 500, 1000, 2000 or 4000 (in 1/1000 bit per sample)"),
    ("health", "enforce or observe"),
];

impl Default for Params {
    fn default() -> Self {
        Self {
            turns: 1,
            init_turns: 7,
            min_delta: 3,
            workload: Workload::Pause,
            claim_millibits: 125,
            enforcement: Enforcement::Enforce,
        }
    }
}

impl Params {
    /// Checks every parameter against its range.
    ///
    /// # Errors
    /// [`Error::BadParameter`] with the first one that is out of range.
    pub fn check(&self) -> Result<(), Error> {
        let [turns, init_turns, min_delta, ..] = PARAMETERS;
        within(turns, self.turns, 1..=7)?;
        within(init_turns, self.init_turns, 1..=63)?;
        within(min_delta, self.min_delta, 1..=255)?;
        Cutoffs::for_claim(self.claim_millibits)
            .map(|_| ())
            .ok_or_else(|| bad_claim(self.claim_millibits))
    }

    /// Fresh min-entropy that the stream has per output bit, in 1/1000000 bit, by the claim: `turns` samples go
    /// into 64 bits. The rest of the stream is amplification.
    #[must_use]
    pub const fn fresh_microbits_per_output_bit(&self) -> u32 {
        let micro =
            self.turns.saturating_mul(self.claim_millibits).saturating_mul(1000) / u64::BITS;
        if micro > 1_000_000 { 1_000_000 } else { micro }
    }
}

fn within(
    parameter: (&'static str, &'static str),
    given: u32,
    allowed: core::ops::RangeInclusive<u32>,
) -> Result<(), Error> {
    if allowed.contains(&given) { Ok(()) } else { Err(bad(parameter, given)) }
}

/// The error for a claim that is not in the table.
pub(crate) fn bad_claim(given: u32) -> Error {
    let [.., claim, _] = PARAMETERS;
    bad(claim, given)
}

fn bad((name, allowed): (&'static str, &'static str), given: u32) -> Error {
    Error::BadParameter { name, given: u64::from(given), allowed }
}
