// SPDX-License-Identifier: GPL-2.0-or-later
//! What machines show that were restored from one saved state.

use super::{Sentence, list, plural};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// An output that differed, but began with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BegunAlike {
    /// The output.
    pub output: String,
    /// Bytes in common from the start.
    pub bytes: u64,
}

/// The outputs of one pair of clones, by how they compare. Outputs that both clones refused are in neither list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClonedOutputs {
    /// `baremetal` or `linux`.
    pub guest: String,
    /// `kvm` or `tcg`.
    pub accel: String,
    /// Outputs that were the same in both.
    pub same: Vec<String>,
    /// Outputs that differed.
    pub different: Vec<String>,
    /// Of these, outputs other than raw noise that began alike for longer than chance allows.
    pub begun_alike: Vec<BegunAlike>,
}

impl ClonedOutputs {
    fn text(&self) -> String {
        let of = format!("two clones of {} ({})", self.guest, self.accel);
        let were = |names: &[String]| if names.len() == 1 { "was" } else { "were" };
        let same = || format!("{} {} the same", list(&self.same), were(&self.same));
        let outcome = match (self.same.is_empty(), self.different.is_empty()) {
            (true, true) => format!("of {of} nothing could be compared"),
            (true, false) => format!("in {of} every output differed"),
            (false, true) => format!("in {of} {}", same()),
            (false, false) => format!("in {of} {}, and {} differed", same(), list(&self.different)),
        };
        let alike: Vec<String> = self
            .begun_alike
            .iter()
            .map(|one| format!("the first {} of {}", plural(one.bytes, "byte"), one.output))
            .collect();
        if alike.is_empty() { outcome } else { format!("{outcome}, but not {}", list(&alike)) }
    }

    fn shares_a_secret(&self) -> bool {
        !self.same.is_empty() || !self.begun_alike.is_empty()
    }
}

/// Clones with ordinary time and without a vmgenid device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdinaryClones {
    /// One per guest and accelerator.
    pub pairs: Vec<ClonedOutputs>,
}

impl Sentence for OrdinaryClones {
    fn text(&self) -> String {
        if self.pairs.is_empty() {
            return String::new();
        }
        let each: Vec<String> = self.pairs.iter().map(ClonedOutputs::text).collect();
        let lesson = match self.status() {
            Status::Failed => {
                " What is the same in both is known to anyone who has the saved state, until fresh noise is mixed in."
            }
            Status::Passed => " Fresh noise reached every output before it was given.",
            _ => "",
        };
        format!("One saved machine, restored twice: {}.{lesson}", each.join("; "))
    }

    fn status(&self) -> Status {
        if self.pairs.iter().any(ClonedOutputs::shares_a_secret) {
            Status::Failed
        } else if self.pairs.iter().any(|pair| !pair.different.is_empty()) {
            Status::Passed
        } else {
            Status::Skipped
        }
    }
}

/// Clones in isolation, without a vmgenid device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolatedClones {
    /// One per guest.
    pub pairs: Vec<ClonedOutputs>,
}

impl Sentence for IsolatedClones {
    fn text(&self) -> String {
        if self.pairs.is_empty() {
            return String::new();
        }
        let different: Vec<String> = self
            .pairs
            .iter()
            .filter(|pair| !pair.different.is_empty())
            .map(|pair| format!("{} of {}", list(&pair.different), pair.guest))
            .collect();
        let all = "Where time is a count of instructions, two clones";
        if different.is_empty() {
            let outputs: usize = self.pairs.iter().map(|pair| pair.same.len()).sum();
            format!(
                "{all} were the same in all {}: without physical time there is nothing that tells them apart.",
                plural(outputs as u64, "output")
            )
        } else {
            format!(
                "{all} differed in {}: something reached them other than a count of instructions.",
                list(&different)
            )
        }
    }
}

/// Clones with and without a vmgenid device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerationId {
    /// `baremetal` or `linux`.
    pub guest: String,
    /// `kvm` or `tcg`.
    pub accel: String,
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// Whether the guest's kernel has ACPI; null where the guest was not asked.
    pub acpi: Option<bool>,
    /// Lines in the logs of both clones' kernels about a reseeding after a copy; null where there is no log.
    pub reseedings: Option<u64>,
    /// Outputs that were the same in both clones without the device.
    pub same_without: Vec<String>,
    /// Outputs that were the same in both clones with it.
    pub same_with: Vec<String>,
}

impl GenerationId {
    fn of(&self) -> String {
        let isolated = if self.isolated { ", isolated" } else { "" };
        format!("{} ({}{isolated})", self.guest, self.accel)
    }

    /// Outputs that were the same without the device and differed with it.
    fn parted(&self) -> Vec<String> {
        self.same_without.iter().filter(|name| !self.same_with.contains(name)).cloned().collect()
    }

    /// What clones had in common with the device.
    fn in_common(&self) -> String {
        match self.same_with.as_slice() {
            [] => "no output".to_owned(),
            same => list(same),
        }
    }

    /// The guest's kernel reports each copy that it notices.
    fn unnoticed(&self) -> String {
        let why = match self.acpi {
            Some(false) => "it has no ACPI, by which the device is announced, and its log",
            Some(true) => "it has ACPI, but its log",
            None => "its log",
        };
        let chance = match self.parted().as_slice() {
            [] => String::new(),
            parted => format!(
                " Without it they had {} in common too; that this differs is the chance of one run.",
                list(parted)
            ),
        };
        format!(
            "With a vmgenid device the kernel of {} did not notice that it was copied: {why} has no line about it. Its clones \
             had {} in common.{chance}",
            self.of(),
            self.in_common()
        )
    }

    fn noticed(&self) -> String {
        let parted = match self.parted().as_slice() {
            [] => String::new(),
            parted => {
                format!(" They differed in {}, which they had in common without it.", list(parted))
            }
        };
        format!(
            "With a vmgenid device the kernel of {} noticed that it was copied and reseeded its generator; its clones had {} \
             in common.{parted}",
            self.of(),
            self.in_common()
        )
    }

    /// Where the guest keeps no log there is only what came out.
    fn compared(&self) -> String {
        let without = match self.same_without.as_slice() {
            [] => "no output".to_owned(),
            same => list(same),
        };
        let (of, with) = (self.of(), self.in_common());
        if self.same_with == self.same_without {
            format!("Clones of {of} had {with} in common, with a vmgenid device and without.")
        } else {
            format!(
                "Clones of {of} had {with} in common with a vmgenid device, and {without} without. Nothing in the guest says that \
                 the device is the reason."
            )
        }
    }
}

impl Sentence for GenerationId {
    fn text(&self) -> String {
        match self.reseedings {
            None => self.compared(),
            Some(0) => self.unnoticed(),
            Some(1..) => self.noticed(),
        }
    }

    fn status(&self) -> Status {
        match (self.reseedings, self.same_with.is_empty()) {
            (_, false) => Status::Caution,
            (Some(1..), true) => Status::Passed,
            (_, true) => Status::Stated,
        }
    }
}
