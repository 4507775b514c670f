// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask watch`: a live view of a running guest's noise.

use std::fs;

use anyhow::{Context, Result, anyhow};
use chaos_wire::{OnFailure, Params, Request, Timer};
use clap::Args;
use guest_run::{FIRST_OUTPUT, Limits, Live};

use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::say;
use lab::watch::{Until, Watch as View};
use measure::engine_options::{EngineOptions, check_for_every_target};
use measure::guest::{GuestKind, MachineOptions};
use measure::runs::RunsOption;

/// Watch the noise of a running guest: histogram, rate, health
#[derive(Debug, Args)]
#[command(
    after_help = "Keys: w workload, t turns, i timer interrupts (bare metal), p pause, s save a capture, q quit.
Health tests are observed: a failure lights a lamp and the noise continues.

Examples:
  cargo xtask watch
  cargo xtask watch --target linux --workload flush
  cargo xtask watch --seconds 10 | cat            a line of figures each second
  cargo xtask watch --samples 1000000 --json      the same for programs"
)]
pub struct Watch {
    /// Which guest
    #[arg(long, value_enum, default_value = "bare")]
    target: GuestKind,
    /// End after N samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// End after N seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// More initial settings, in the job grammar, such as uchaos.timer=100
    #[arg(long, value_name = "ARGUMENTS", default_value = "")]
    append: String,
    #[command(flatten)]
    engine: EngineOptions,
    #[command(flatten)]
    runs: RunsOption,
    #[command(flatten)]
    machine: MachineOptions,
}

impl Watch {
    /// Builds what is needed, boots the guest and shows it.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        // A failed health test is shown and the noise continues, unless another mode is requested.
        let params = Params { on_failure: OnFailure::Observe, ..Params::DEFAULT };
        let request = Request { params: self.engine.over(params), ..Request::default() }
            .changed(&self.append)
            .map_err(|problem| anyhow!(ExitKind::Usage(problem.to_string())))?;
        let kind = self.target;
        self.machine.check_cpus(kind)?;
        if kind == GuestKind::Linux {
            check_for_every_target(&request.params)?;
        }
        if kind == GuestKind::Linux && request.timer != Timer::Off {
            let text = "uchaos.timer: only the bare-metal guest has this setting";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        if !request.jobs.is_empty() || !request.targets.is_empty() {
            let text =
                "a live view chooses job and target itself: omit uchaos.job and uchaos.target";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        let parts = match kind {
            GuestKind::BareMetal => Parts::BareMetal,
            GuestKind::Linux => Parts::both(self.machine.smp),
        };
        let images = source.images(context, parts, 0)?;
        let host = self.machine.host()?;
        let machine = self.machine.machine(&host, false);
        let guest = kind.in_images(&images)?.guest(&machine, &request.to_string(), None);
        if context.dry_run {
            return say!("{}", guest_run::quoted(&machine.command(&host.qemu, &guest)));
        }
        fs::create_dir_all(context.out.join("logs")).context("creating the folder for logs")?;
        let log = context.out.join("logs").join(format!("watch-{}.console.log", kind.slug()));
        // The user decides when it ends; only its start has a deadline.
        let limits =
            Limits { deadline: None, first_output: Some(FIRST_OUTPUT), console_log: Some(log) };
        let patience = self.machine.deadline();
        let live = Live::start(&host.qemu, &machine, &guest, kind.port_kind(), &limits, patience)?;
        let view = View {
            guest_name: kind.name(),
            is_bare_metal: kind == GuestKind::BareMetal,
            accel: machine.runs_on().to_string(),
            request,
            runs: self.runs.folder(context),
            until: Until { samples: self.samples, seconds: self.seconds },
            json: context.json,
        };
        view.run(live)
    }
}
