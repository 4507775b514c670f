// SPDX-License-Identifier: GPL-2.0-or-later
//! What machines gave that were restored from one saved state.

use crate::claim::Claim;
use serde::{Deserialize, Serialize};

/// Bytes of each output that are kept for a reader to see.
const SHOWN_BYTES: usize = 32;

/// Pairs of clones, and what they show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clones {
    /// The findings, each with the figures that it follows from.
    pub claims: Vec<Claim>,
    /// One per guest and condition.
    pub pairs: Vec<ClonePair>,
    /// Conditions that were not measured.
    pub not_measured: Vec<NotMeasured>,
}

/// Two machines that were restored from one saved state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClonePair {
    /// `baremetal` or `linux`.
    pub guest: String,
    /// `kvm` or `tcg`.
    pub accel: String,
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// Whether the machine had a vmgenid device.
    pub generation_id: bool,
    /// Whether the guest's kernel has ACPI, by which that device is announced. Null where the guest was not asked.
    pub acpi: Option<bool>,
    /// Lines in the log of each clone's kernel about a reseeding after a copy. Null where there is no log.
    pub reseedings: Option<[u64; 2]>,
    /// Length of the saved state.
    pub saved_bytes: u64,
    /// Each output of the two, in the order of the requests.
    pub outputs: Vec<ClonedOutput>,
    /// The command of the machine that was saved, and that of each clone.
    pub commands: [String; 2],
}

/// One output of two clones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClonedOutput {
    /// `raw noise`, `stream`, `seed`, ...
    pub name: String,
    /// Bytes requested from each clone.
    pub asked_bytes: u64,
    /// Bytes that each clone gave.
    pub given_bytes: [u64; 2],
    /// Bytes that both have in common from the start, in whole samples for raw noise.
    pub common_prefix_bytes: u64,
    /// Bytes that are equal at the same place, in whole samples for raw noise.
    pub equal_bytes: u64,
    /// Whether both gave something, and the same to the end.
    pub identical: bool,
    /// What a clone said that gave nothing.
    pub refusal: Option<String>,
    /// The first bytes of each, in hexadecimal.
    pub first_bytes: [String; 2],
}

/// A condition that was not measured, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotMeasured {
    /// Which.
    pub what: String,
    /// Why.
    pub why: String,
}

impl ClonePair {
    /// `baremetal, tcg, isolated, with vmgenid`.
    #[must_use]
    pub fn title(&self) -> String {
        let isolated = if self.isolated { ", isolated" } else { "" };
        let device = if self.generation_id { ", with vmgenid" } else { "" };
        format!("{}, {}{isolated}{device}", self.guest, self.accel)
    }
}

impl ClonedOutput {
    /// Compares what two clones gave; each is its bytes, or what it said instead. `unit_bytes` is the length of a sample.
    #[must_use]
    pub fn compare(
        name: &str,
        asked_bytes: u64,
        unit_bytes: usize,
        given: &[Result<Vec<u8>, String>; 2],
    ) -> Self {
        let [first, second] = given.each_ref().map(|one| one.as_deref().unwrap_or_default());
        let unit = unit_bytes.max(1);
        let pairs = || first.chunks_exact(unit).zip(second.chunks_exact(unit));
        let bytes = |units: usize| (units * unit) as u64;
        let hex = |bytes: &[u8]| {
            bytes.iter().take(SHOWN_BYTES).map(|byte| format!("{byte:02x}")).collect::<String>()
        };
        Self {
            name: name.to_owned(),
            asked_bytes,
            given_bytes: [first.len() as u64, second.len() as u64],
            common_prefix_bytes: bytes(pairs().take_while(|(a, b)| a == b).count()),
            equal_bytes: bytes(pairs().filter(|(a, b)| a == b).count()),
            identical: !first.is_empty() && first == second,
            refusal: given.iter().find_map(|one| one.as_ref().err().cloned()),
            first_bytes: [hex(first), hex(second)],
        }
    }

    /// `the same`, `different`, or that there is nothing to compare.
    #[must_use]
    pub fn outcome(&self) -> &'static str {
        match (self.identical, self.given_bytes) {
            (_, [0, 0]) => "refused by both",
            (true, _) => "the same",
            (false, _) => "different",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(unit: usize, first: &[u8], second: &[u8]) -> ClonedOutput {
        ClonedOutput::compare("raw noise", 16, unit, &[Ok(first.to_vec()), Ok(second.to_vec())])
    }

    #[test]
    fn bytes_in_common_are_counted_from_the_start_and_by_whole_samples() {
        let one = [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0];
        let mut other = one;
        let same = compare(8, &one, &other);
        assert!(same.identical);
        assert_eq!(
            (same.common_prefix_bytes, same.equal_bytes, same.outcome()),
            (16, 16, "the same")
        );
        other[9] = 1;
        let differs = compare(8, &one, &other);
        assert!(!differs.identical);
        assert_eq!((differs.common_prefix_bytes, differs.equal_bytes), (8, 8));
        let by_bytes = compare(1, &one, &other);
        assert_eq!((by_bytes.common_prefix_bytes, by_bytes.equal_bytes), (9, 15));
        assert_eq!(differs.outcome(), "different");
    }

    #[test]
    fn a_shorter_output_is_not_the_same_and_nothing_is_not_equal_to_nothing() {
        let shorter = compare(1, &[1, 2, 3], &[1, 2]);
        assert_eq!((shorter.identical, shorter.common_prefix_bytes), (false, 2));
        assert_eq!(shorter.given_bytes, [3, 2]);
        let refused = ClonedOutput::compare("seed", 32, 1, &[Err("no".into()), Err("no".into())]);
        assert!(!refused.identical);
        assert_eq!(
            (refused.outcome(), refused.refusal.as_deref()),
            ("refused by both", Some("no"))
        );
        let one = ClonedOutput::compare("seed", 1, 1, &[Ok(vec![1]), Err("why".into())]);
        assert_eq!((one.outcome(), one.refusal.as_deref()), ("different", Some("why")));
    }
}
