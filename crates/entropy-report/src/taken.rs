// SPDX-License-Identifier: GPL-2.0-or-later
//! The input: one boot of one target, as captured.
//!
//! The host reads a capture (crate `chaos-wire`), turns it into `TakenRun`s, and hands them to
//! [`crate::analyse`]. Nothing here has been assessed yet.

use sample_stats::plots::restart_blocks::Matrix;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The accelerator of a synthetic clock, which a lesson uses.
pub(crate) const SYNTHETIC: &str = "synthetic";

/// The target whose bytes are those of the host's generator, which isolation does not reach.
pub(crate) const HOST_GENERATOR: &str = "linux-hwrng";

/// One boot of one target under one condition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakenRun {
    /// `baremetal`, `linux-module`, `linux-user`, `linux-crng`, `linux-hwrng`, `host-user`, or `synthetic-…`.
    pub target: String,
    /// Which of several runs it is from: `A`, `B`, ... Empty where all boots are of one run.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub run: String,
    /// `kvm`, `tcg`, `host` (no machine in between), or `synthetic` (a lesson's clock); of a machine that was
    /// started from a USB stick `hardware`, or `vm` where it reports a hypervisor that is neither KVM nor TCG.
    pub accel: String,
    /// Whether the guest's time was a count of instructions (`-icount`).
    pub isolated: bool,
    /// 1 for the first boot under this condition, 2 for the second, and so on.
    pub boot: u32,
    /// How the kernel names itself.
    pub kernel: String,
    /// Microseconds from the start of QEMU to the line `ready`.
    pub boot_us: Option<u64>,
    /// Raw noise: ticks per workload step, before any mixing. Empty where the target has none.
    pub raw: Vec<u64>,
    /// Output stream. Empty if none was requested.
    pub stream: Vec<u8>,
    /// Seconds from `begin` to `end` of the stream job, the drain into the port included.
    pub stream_seconds: Option<f64>,
    /// Raw noise after restarts, if requested.
    pub restarts: Option<RestartMatrix>,
    /// Raw noise after true starts (power-on boots of a guest, starts of the process on the host), where it was
    /// collected. Absent in runs of older versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<RestartMatrix>,
    /// The engine's health counters, as the guest reported them.
    pub health: BTreeMap<String, String>,
    /// What the guest reported about itself: `turns`, `workload`, `cpu`, `clock_hz`, ...
    pub meta: BTreeMap<String, String>,
    /// Moments of this boot, in order, in microseconds from the start of QEMU.
    pub timeline: Vec<Moment>,
    /// Where the files are, by name (`raw`, `stream`, `restarts`, `console`), relative to the run's folder.
    pub paths: BTreeMap<String, String>,
    /// The command that started this boot.
    pub command: String,
}

/// Raw noise of the first `columns` samples after each of `rows` restarts, row by row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestartMatrix {
    /// Restarts.
    pub rows: usize,
    /// Samples after each restart.
    pub columns: usize,
    /// `rows` x `columns` deltas, in ticks.
    pub delta_ticks: Vec<u64>,
}

impl RestartMatrix {
    pub(crate) fn as_matrix(&self) -> Matrix<'_> {
        Matrix { rows: self.rows, columns: self.columns, delta_ticks: &self.delta_ticks }
    }
}

/// A moment of a boot, for its timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// What happened: `machine on`, `kernel entry`, `ready`, `begin raw`, `end raw`, `done`.
    pub what: String,
    /// Microseconds since the start of QEMU.
    pub at_us: u64,
}

/// What timing means under an accelerator; stands next to every figure.
pub(crate) fn stamp(accel: &str, isolated: bool) -> String {
    match (accel, isolated) {
        (_, true) => "isolated: time is a count of instructions",
        ("tcg", _) => "timing here reflects the emulator",
        ("kvm", _) => "real processor below a hypervisor: the host sees and steers this clock",
        ("host", _) => "the host itself, no machine in between",
        ("hardware", _) => "a computer of its own: it reports no hypervisor",
        ("vm", _) => "a virtual machine: its host sees and steers this clock",
        ("synthetic", _) => "a synthetic clock, made up for this lesson",
        _ => "unknown accelerator: nothing is known about this clock",
    }
    .to_owned()
}
