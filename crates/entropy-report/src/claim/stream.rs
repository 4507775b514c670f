// SPDX-License-Identifier: GPL-2.0-or-later
//! What can be said of output streams.

use super::{Sentence, list, plural};
use crate::format::{bits, share};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// Streams of all ordinary targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamFinding {
    /// Fresh bits per output bit of the streams for which it is assessed.
    pub fresh_bits_per_output_bit: Vec<f64>,
    /// Streams with output tests.
    pub tested_streams: u64,
    /// Of these, those that failed a test.
    pub failed_streams: u64,
}

impl Sentence for StreamFinding {
    fn text(&self) -> String {
        let low = self.fresh_bits_per_output_bit.iter().copied().reduce(f64::min);
        let high = self.fresh_bits_per_output_bit.iter().copied().reduce(f64::max);
        let mut parts = Vec::new();
        if let (Some(low), Some(high)) = (low, high) {
            let range = if share(low) == share(high) {
                share(low)
            } else {
                format!("{} to {}", share(low), share(high))
            };
            parts.push(format!(
                "By that assessment {range} of the bits of an output stream are fresh; the rest is computed from what came \
                 before."
            ));
        }
        match (self.tested_streams, self.failed_streams) {
            (0, _) => (),
            (tested, 0) => parts.push(format!(
                "{} pass{} every statistical output test, as a good mixer makes it do whatever goes in.",
                plural(tested, "stream"),
                if tested == 1 { "es" } else { "" }
            )),
            (tested, failed) => parts.push(format!(
                "{failed} of {tested} streams fail{} a statistical output test: look for a fault in the mixer or on the way \
                 to the file.",
                if failed == 1 { "s" } else { "" }
            )),
        }
        parts.join(" ")
    }

    fn status(&self) -> Status {
        if self.failed_streams > 0 { Status::Failed } else { Status::Caution }
    }
}

/// A clock made up for a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The clock.
    pub target: String,
    /// Output tests that were made on its stream.
    pub tests_made: u64,
    /// Of these, those that passed.
    pub tests_passed: u64,
}

impl Sentence for Lesson {
    fn text(&self) -> String {
        let Self { target, tests_made, tests_passed } = self;
        let lesson = if tests_passed == tests_made {
            "passing them does not show entropy"
        } else {
            "the engine should have hidden the pattern"
        };
        format!(
            "For comparison, {target} is a made-up clock that is known from end to end; its stream passes {tests_passed} of \
             {tests_made} output tests: {lesson}."
        )
    }

    fn status(&self) -> Status {
        Status::Caution
    }
}

/// Output tests of one stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputTests {
    /// Tests that passed.
    pub passed: u64,
    /// Names of the tests that failed.
    pub failed: Vec<String>,
    /// Tests for which the stream is too short.
    pub too_short: u64,
}

impl Sentence for OutputTests {
    fn text(&self) -> String {
        let made = self.passed + self.failed.len() as u64;
        let short = match self.too_short {
            0 => String::new(),
            n => format!(" It is too short for {}.", plural(n, "other test")),
        };
        if made == 0 {
            return "It is too short for the output tests.".to_owned();
        }
        if self.failed.is_empty() {
            return format!(
                "It passes {} of {made} output tests, which shows that the mixer mixes and nothing about the source.{short}",
                self.passed
            );
        }
        format!(
            "It fails {} of {made} output tests ({}).{short}",
            self.failed.len(),
            list(&self.failed)
        )
    }

    fn status(&self) -> Status {
        match (self.failed.is_empty(), self.passed) {
            (false, _) => Status::Failed,
            (true, 0) => Status::Invalid,
            (true, _) => Status::Caution,
        }
    }
}

/// Fresh share of one stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreshShare {
    /// Fresh min-entropy, in bits per bit of output, as assessed; null where it is not known.
    pub bits_per_output_bit: Option<f64>,
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// Whether it is the kernel's own generator, whose raw noise is not accessible.
    pub kernel_generator: bool,
    /// Whether it is the host's, handed to a guest by virtio-rng.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub host_generator: bool,
}

impl Sentence for FreshShare {
    fn text(&self) -> String {
        match self.bits_per_output_bit {
            Some(0.0) if self.isolated => {
                "A second isolated boot repeated it, so that 0 of its bits were fresh.".to_owned()
            }
            Some(0.0) => "Its raw noise is assessed at 0 bits, so that none of its bits are fresh.".to_owned(),
            Some(fresh) => format!(
                "As assessed, {} of its bits are fresh ({} bits per output bit); the mixer computes the rest.",
                share(fresh),
                bits(fresh)
            ),
            None if self.kernel_generator => {
                "It is the kernel's own generator, shown for comparison: its raw noise is not accessible, so that its fresh \
                 share cannot be assessed."
                    .to_owned()
            }
            None if self.host_generator => {
                "It is the host's generator, handed to the guest by virtio-rng and shown for comparison: its raw noise is not \
                 accessible, so that its fresh share cannot be assessed."
                    .to_owned()
            }
            None => "Its fresh share is unknown, because no raw noise was assessed.".to_owned(),
        }
    }

    fn status(&self) -> Status {
        match self.bits_per_output_bit {
            Some(_) => Status::Caution,
            None if self.kernel_generator || self.host_generator => Status::Stated,
            None => Status::Invalid,
        }
    }
}
