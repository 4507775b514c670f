// SPDX-License-Identifier: GPL-2.0-or-later
//! The amounts to record and the engine parameters: the options of `compare`, and the request that every target
//! gets from them.

use chaos_wire::{Job, Jobs, OnFailure, Params, Request, Targets};
use clap::Args;

use crate::engine_options::{EngineOptions, in_option};

/// Output stream of an ordinary boot after the first.
const SHORT_STREAM_BYTES: u64 = 1 << 20;

/// What to record from every target. The defaults are those of the main job.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// A quick run: two boots, a short stream and few restarts; supports no ranking and no restart check
    #[arg(long)]
    #[arg(help_heading = "What to record")]
    pub quick: bool,
    /// Raw samples from each target in each boot
    #[arg(long, value_name = "N", default_value = "1000000", value_parser = job("raw"))]
    #[arg(help_heading = "What to record")]
    pub samples: Job,
    /// Bytes of output stream in a first boot; K, M and G are binary
    #[arg(long, value_name = "BYTES", default_value = "16M", value_parser = job("stream"))]
    #[arg(default_value_if("quick", "true", "1M"))]
    #[arg(help_heading = "What to record")]
    pub stream: Job,
    /// Restart matrix in a first boot, by re-initialisation in the guest and by process starts on the host; with `boot:`,
    /// also by as many power-on boots of each guest, which are resumed after an interrupt
    #[arg(long, value_name = "[boot:]ROWSxCOLUMNS", default_value = "1000x1000", value_parser = Restarts::parse)]
    #[arg(default_value_if("quick", "true", "100x1000"))]
    #[arg(help_heading = "What to record")]
    pub restarts: Restarts,
    /// Power-on boots that run at the same time for `--restarts boot:`
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    #[arg(help_heading = "What to record")]
    pub jobs: u8,
    #[command(flatten)]
    pub engine: EngineOptions,
}

/// Which restarts are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restarts {
    /// `restart:ROWSxCOLUMNS`.
    pub job: Job,
    /// Whether guests are also booted as many times.
    pub boots: bool,
}

impl Restarts {
    fn parse(text: &str) -> Result<Self, String> {
        let (boots, shape) = match text.strip_prefix("boot:") {
            Some(shape) => (true, shape),
            None => (false, text),
        };
        Ok(Self { job: job("restart")(shape)?, boots })
    }
}

/// Parses the text after the colon of a job.
fn job(kind: &'static str) -> impl Fn(&str) -> Result<Job, String> + Clone {
    move |text| Job::parse(&format!("{kind}:{text}")).map_err(in_option)
}

impl Settings {
    /// The request for `targets`. An isolated machine's source is known to be bad: its health tests are counted and
    /// reported there, and do not stop the output.
    #[must_use]
    pub fn request(&self, targets: Targets, isolated: bool) -> Request {
        let mut jobs = Jobs::EMPTY;
        for job in [self.samples, self.stream, self.restarts.job] {
            // Three different kinds, so none occurs twice.
            let _ = jobs.push(job);
        }
        let given = self.engine.over(Params::DEFAULT);
        let on_failure = if isolated { OnFailure::Observe } else { given.on_failure };
        Request { jobs, targets, params: Params { on_failure, ..given }, ..Request::default() }
    }

    /// The request for an ordinary boot after the first, which only shows the spread of figures: as many raw samples,
    /// which cost little, no restarts, and at most [`SHORT_STREAM_BYTES`] of stream.
    #[must_use]
    pub fn short_request(&self, targets: Targets) -> Request {
        let stream = match self.stream {
            Job::Stream { len_bytes } => {
                Job::Stream { len_bytes: len_bytes.min(SHORT_STREAM_BYTES) }
            }
            other => other,
        };
        let mut jobs = Jobs::EMPTY;
        for job in [self.samples, stream] {
            let _ = jobs.push(job);
        }
        Request { jobs, ..self.request(targets, false) }
    }
}
