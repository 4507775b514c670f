// SPDX-License-Identifier: GPL-2.0-or-later
//! How much is taken and with which engine parameters: the options of `compare`, and the request that every target
//! gets from them.

use anyhow::{Result, anyhow};
use chaos_wire::{OnFailure, Params, Request, Targets};
use clap::Args;

use guest_run::Failure;

/// What to take from every target. The defaults are those of the main job.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "What to take")]
pub struct Settings {
    /// Raw samples from each target in each boot
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub samples: u64,
    /// Bytes of output stream; K, M and G are binary
    #[arg(long, value_name = "BYTES", default_value = "16M")]
    pub stream: String,
    /// Restart matrix, by re-initialisation in the guest
    #[arg(long, value_name = "ROWSxCOLUMNS", default_value = "1000x1000")]
    pub restarts: String,
    /// What the engine does between two readings of the counter: pause, memory, hash, combined
    #[arg(long, value_name = "STEP", default_value = "pause")]
    pub workload: String,
    /// Samples per 64-bit word of the stream, 1 to 7
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub turns: u32,
}

impl Settings {
    /// The request for `targets`. An isolated machine's source is known to be bad: its health tests are counted and
    /// reported there, and do not stop the output.
    ///
    /// # Errors
    /// [`Failure::Usage`] for a value that the job grammar does not take.
    pub fn request(&self, targets: Targets, isolated: bool) -> Result<Request> {
        let usage = |error: String| anyhow!(Failure::Usage(error));
        let text = format!("raw:{},stream:{},restart:{}", self.samples, self.stream, self.restarts);
        let line = format!(
            "uchaos.job={text} uchaos.workload={} uchaos.turns={}",
            self.workload, self.turns
        );
        let parsed = Request::parse(&line).map_err(|error| usage(error.to_string()))?;
        let on_failure = if isolated { OnFailure::Observe } else { parsed.params.on_failure };
        Ok(Request { targets, params: Params { on_failure, ..parsed.params }, ..parsed })
    }
}
