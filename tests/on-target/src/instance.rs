// SPDX-License-Identifier: GPL-2.0-or-later
//! Which instance the module's engines are, and how many clones and resumes it has been notified of.

use guest_run::Outcome;

/// Shows both in the guest's shell, on one line.
pub(super) const SHOW_INSTANCE: &str =
    "grep -o '\"instance\": \"[^\"]*\", \"generation\": [0-9]*' /proc/uchaos.json";

/// Instance and generation, each time that they were shown.
pub(super) fn instances(outcome: &Outcome) -> Vec<(&str, &str)> {
    let lines = outcome.lines.iter().filter_map(|line| line.text.strip_prefix("\"instance\": \""));
    lines.filter_map(|line| line.split_once("\", \"generation\": ")).collect()
}
