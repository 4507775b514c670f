// SPDX-License-Identifier: GPL-2.0-or-later
//! Where a result comes from, and what repeats it. The host fills this in.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// Where a result comes from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Name of the run: the folder below `runs/`.
    pub run: String,
    /// When it was recorded, in UTC, RFC 3339.
    pub taken_utc: String,
    /// Revision of the checkout, with `-dirty` where it had local changes.
    pub git_revision: String,
    /// Version of the tool that took it.
    pub tool: String,
    /// The command line that took it.
    pub command_line: String,
    /// SHA-256 of the engine's object code that every guest linked.
    pub engine_object_sha256: Option<String>,
    /// QEMU's own version line.
    pub qemu: String,
    /// Accelerator of the ordinary boots.
    pub accelerator: String,
    /// Why this accelerator: what the probe found.
    pub accelerator_reason: String,
    /// Processor of the host.
    pub cpu_model: String,
    /// The host's operating system and kernel.
    pub host: String,
    /// What is known of the host beyond that: family, model, stepping and microcode of its processor, firmware, board.
    /// Absent in results of older versions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub host_facts: BTreeMap<String, String>,
    /// The clock that timed the samples.
    pub clock: String,
    /// Compiler and version.
    pub compiler: String,
    /// Flags that the engine's object was compiled with.
    pub compiler_flags: String,
    /// Engine parameters by name: `workload`, `turns`, `init_turns`, `min_delta`.
    pub parameters: BTreeMap<String, String>,
    /// Images and sources by name.
    pub artifacts: Vec<Artifact>,
    /// Commands that repeat the run or parts of it, in order.
    pub repeat: Vec<RepeatCommand>,
    /// What else the host did meanwhile; older results do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<Surroundings>,
    /// Things a reader must know before any figure: a substituted kernel, a dirty checkout, ...
    pub banners: Vec<String>,
}

/// What else the host did while a run was recorded.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Surroundings {
    /// Processors that the run could use.
    pub processors: u32,
    /// Load average over a minute when the run began (proc(5), /proc/loadavg).
    pub load_before: f64,
    /// The same at its end, its own load included.
    pub load_after: f64,
    /// Share of all processors' time that a hypervisor took away.
    pub steal_percent: f64,
    /// Other measurements of this kind that ran for part of the time.
    pub other_measurements: u32,
}

impl Surroundings {
    /// What may have changed the timing, each in a sentence: other measurements, a load of more than half the
    /// processors before the run, and steal time of 1 % or more.
    #[must_use]
    pub fn disturbances(&self) -> Vec<String> {
        let mut found = Vec::new();
        match self.other_measurements {
            0 => {}
            1 => found.push(
                "Another measurement ran on this host at the same time: each disturbs the timing of the other.".into(),
            ),
            others => found.push(format!(
                "{others} other measurements ran on this host at the same time: each disturbs the timing of the others."
            )),
        }
        if self.load_before > f64::from(self.processors) / 2.0 {
            found.push(format!(
                "The host was busy when the run began: a load of {:.1} on {}.",
                self.load_before,
                processors(self.processors)
            ));
        }
        if self.steal_percent >= 1.0 {
            found.push(format!(
                "A hypervisor took {:.1} % of the processors' time away while the run was recorded.",
                self.steal_percent
            ));
        }
        found
    }
}

/// The figures, for the table of provenance.
impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "load {:.2} before and {:.2} after on {}, steal {:.2} %, other measurements {}",
            self.load_before,
            self.load_after,
            processors(self.processors),
            self.steal_percent,
            self.other_measurements
        )
    }
}

fn processors(count: u32) -> String {
    if count == 1 { "1 processor".to_owned() } else { format!("{count} processors") }
}

/// A file that went into the run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// What it is.
    pub name: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// A command line and what it does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepeatCommand {
    /// What it repeats.
    pub what: String,
    /// The command, ready to paste.
    pub line: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_host_gives_no_sentence_and_each_disturbance_one() {
        let quiet =
            Surroundings { processors: 2, load_before: 0.9, load_after: 3.0, ..Default::default() };
        assert!(quiet.disturbances().is_empty(), "its own load is not a disturbance");
        let one = Surroundings { other_measurements: 1, ..quiet.clone() };
        assert!(one.disturbances()[0].starts_with("Another measurement"));
        let busy = Surroundings { load_before: 1.1, steal_percent: 2.5, ..quiet };
        let found = busy.disturbances();
        assert_eq!(
            found[0],
            "The host was busy when the run began: a load of 1.1 on 2 processors."
        );
        assert!(found[1].contains("took 2.5 %") && found.len() == 2, "{found:?}");
        assert!(busy.to_string().contains("load 1.10 before"), "{busy}");
    }
}
