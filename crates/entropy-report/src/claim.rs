// SPDX-License-Identifier: GPL-2.0-or-later
//! Every sentence of a report that states a finding, as data: its kind, the figures it is about, and its text.
//!
//! A [`Fact`] holds the figures; its text, direction included, follows from them alone. So a sentence in `result.json`
//! can be recomputed from its inputs, and a sentence that the figures do not support cannot be written.

mod boots;
mod captions;
mod clones;
mod host_generator;
mod noise;
mod order;
mod restarts;
mod server_keys;
mod stream;

pub use boots::{AcrossRuns, BootsOf, Control, Distinct, IsolatedBoots, OrdinaryBoots, SecondBoot};
pub use captions::{
    BootTimes, CommonDeltas, Correlation, Deltas, Drift, Health, Pairs, RestartPicture,
    SpectrumPeak,
};
pub use clones::{BegunAlike, ClonedOutputs, GenerationId, IsolatedClones, OrdinaryClones};
pub use host_generator::HostGenerator;
pub(crate) use noise::FALSE_ALARM;
pub use noise::{Assessed, Assessment, Emulated, Runs, TargetBits, TooFewSamples};
pub use order::{Apart, Distributions, Order, Pair};
pub(crate) use order::{needed_boots, supported};
pub use restarts::{FailedRestarts, RestartChecked, RestartFinding, RestartUnchecked};
pub use sample_stats::restart_lines::WorstLine;
pub use server_keys::{IsolatedServers, OrdinaryServers};
pub use stream::{FreshShare, Lesson, OutputTests, StreamFinding};

use crate::status::Status;
use serde::{Deserialize, Serialize};

/// SP 800-90B §3.1.1: at least this many samples of one run.
pub(crate) const LEAST_SAMPLES: usize = 1_000_000;

/// A sentence, or two that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// What it says.
    pub text: String,
    /// How it came out.
    pub status: Status,
    /// What it is about: its kind, and the figures that it follows from.
    pub fact: Fact,
}

impl<T: Into<Fact>> From<T> for Claim {
    fn from(fact: T) -> Self {
        let fact = fact.into();
        Self { text: fact.text(), status: fact.status(), fact }
    }
}

/// Figures that make a sentence.
trait Sentence {
    /// The sentence; empty where the figures do not support a sentence.
    fn text(&self) -> String;

    /// How a check came out; a figure without a check is stated.
    fn status(&self) -> Status {
        Status::Stated
    }
}

macro_rules! facts {
    ($($(#[doc = $doc:literal])* $kind:ident,)*) => {
        /// Kinds of findings, each with its figures.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", content = "inputs", rename_all = "snake_case")]
        pub enum Fact {
            $($(#[doc = $doc])* $kind($kind),)*
        }

        impl Fact {
            /// The sentence that follows from the figures.
            #[must_use]
            pub fn text(&self) -> String {
                match self { $(Self::$kind(inputs) => inputs.text(),)* }
            }

            /// How it came out.
            #[must_use]
            pub fn status(&self) -> Status {
                match self { $(Self::$kind(inputs) => inputs.status(),)* }
            }
        }

        $(impl From<$kind> for Fact {
            fn from(inputs: $kind) -> Self {
                Self::$kind(inputs)
            }
        })*
    };
}

facts! {
    /// Isolated boots of all targets.
    IsolatedBoots,
    /// Ordinary boots of all targets.
    OrdinaryBoots,
    /// Isolated boots of the host's generator.
    HostGenerator,
    /// Assessed min-entropy of all targets.
    Assessment,
    /// Timing is the emulator's.
    Emulated,
    /// Several runs side by side.
    Runs,
    /// Restart checks of all targets.
    RestartFinding,
    /// Streams of all targets.
    StreamFinding,
    /// A clock made up for a lesson.
    Lesson,
    /// Isolated boots of several runs.
    AcrossRuns,
    /// Which targets are assessed higher than which.
    Order,
    /// Which targets have other deltas than which.
    Distributions,
    /// Isolated boots of one target.
    Control,
    /// Ordinary boots of one target.
    Distinct,
    /// Predicting one boot from another.
    SecondBoot,
    /// Assessed min-entropy of one target.
    Assessed,
    /// Too few samples to assess.
    TooFewSamples,
    /// The restart check of one boot.
    RestartChecked,
    /// A restart check that was not made.
    RestartUnchecked,
    /// Output tests of one stream.
    OutputTests,
    /// Fresh share of one stream.
    FreshShare,
    /// All deltas of one boot.
    Deltas,
    /// Common deltas of one boot.
    CommonDeltas,
    /// Deltas over the run.
    Drift,
    /// Pairs of successive deltas.
    Pairs,
    /// Autocorrelation.
    Correlation,
    /// Power by frequency.
    SpectrumPeak,
    /// Restart matrix.
    RestartPicture,
    /// Health tests.
    Health,
    /// Moments of one boot.
    BootTimes,
    /// Clones with ordinary time.
    OrdinaryClones,
    /// Clones in isolation.
    IsolatedClones,
    /// Clones with and without a vmgenid device.
    GenerationId,
    /// First starts of a server in isolation.
    IsolatedServers,
    /// First starts of a server with ordinary time.
    OrdinaryServers,
}

/// `a, b and c`.
fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// `both boots`, `all 3 boots`.
fn all_boots(boots: u32) -> String {
    match boots {
        2 => "both boots".to_owned(),
        n => format!("all {n} boots"),
    }
}

/// With `s` for every number but one.
fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", crate::format::count(number), if number == 1 { "" } else { "s" })
}

/// Text of several claims, one after the other.
pub(crate) fn joined(claims: &[Claim]) -> String {
    claims.iter().map(|claim| claim.text.as_str()).collect::<Vec<_>>().join(" ")
}
