// SPDX-License-Identifier: GPL-2.0-or-later
//! What a guest says of the health tests: one `key=value` a line, with the keys of /proc/uchaos. The microkernel and
//! uchaosbox write it from here; the kernel module has it in C (linux-guest/uchaos/status.c), and an on-target check holds
//! the two to the same keys.

use core::fmt;

use crate::Failure;
use crate::abi::Health;

impl Health {
    /// How the source stands, in a word.
    #[must_use]
    pub fn state_word(&self) -> &'static str {
        let words = ["starting", "healthy", "intermittent", "permanent"];
        words.get(self.state as usize).copied().unwrap_or("unknown")
    }

    /// Writes the state, the last error, the counts since the last start, the cutoffs in force and the claim.
    ///
    /// # Errors
    /// Those of `lines`.
    pub fn write(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        // Naming every member: one that is counted and not shown is a compile error.
        let &Self {
            samples,
            repetition_count_failures,
            adaptive_proportion_failures,
            lag_predictor_failures,
            stuck_failures,
            stuck_samples,
            backward_steps,
            repeated_reads,
            state: _,
            last_error,
            repetition_count_cutoff,
            adaptive_proportion_window,
            adaptive_proportion_cutoff,
            prediction_run_cutoff,
            prediction_count_cutoff,
            claim_millibits,
            // A parameter, and shown with the others as `health=`.
            enforce: _,
            fresh_microbits_per_output_bit,
        } = self;
        writeln!(lines, "state={}\nlast_error={last_error}", self.state_word())?;
        writeln!(lines, "last_error_text={}", Failure(last_error))?;
        let numbers = [
            ("samples", samples),
            ("repetition_count_failures", repetition_count_failures),
            ("adaptive_proportion_failures", adaptive_proportion_failures),
            ("lag_predictor_failures", lag_predictor_failures),
            ("stuck_failures", stuck_failures),
            ("stuck_samples", stuck_samples),
            ("backward_steps", backward_steps),
            ("repeated_reads", repeated_reads),
            ("repetition_count_cutoff", repetition_count_cutoff.into()),
            ("adaptive_proportion_window", adaptive_proportion_window.into()),
            ("adaptive_proportion_cutoff", adaptive_proportion_cutoff.into()),
            ("prediction_run_cutoff", prediction_run_cutoff.into()),
            ("prediction_count_cutoff", prediction_count_cutoff.into()),
            ("claim_millibits", claim_millibits.into()),
            ("fresh_microbits_per_output_bit", fresh_microbits_per_output_bit.into()),
        ];
        numbers.iter().try_for_each(|(key, number): &(_, u64)| writeln!(lines, "{key}={number}"))
    }
}
