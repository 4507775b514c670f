// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask watch`: a live view of a running guest's noise.

use std::fs;

use anyhow::{Context, Result, anyhow};
use chaos_wire::{Request, Timer};
use clap::{Args, ValueEnum};
use vm_runner::{Limits, Live};

use crate::build::linux_image::LinuxOptions;
use crate::build::{baremetal, engine, linux_image};
use crate::failure::Failure;
use crate::guest::{GuestKind, MachineOptions};
use crate::output::say;
use crate::runs::RunsOption;
use crate::tools::TO_RUN;
use crate::watch::{Until, Watch as View};
use crate::workshop::Workshop;
use crate::{images, preflight};

/// Which guest is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TargetName {
    /// The engine in the microkernel
    Bare,
    /// The engine in the kernel module of the Linux guest
    Linux,
}

/// See the noise of a running guest: histogram, rate, health, as they are now
#[derive(Debug, Args)]
#[command(
    after_help = "Keys: w workload, t turns, i timer interrupts (bare metal), p pause, s save a capture, q quit.
Health tests are observed: a failure lights a lamp and the noise goes on.

Examples:
  cargo xtask watch
  cargo xtask watch --target linux --append uchaos.workload=memory
  cargo xtask watch --seconds 10 | cat            a line of figures each second
  cargo xtask watch --samples 1000000 --json      the same for programs"
)]
pub(crate) struct Watch {
    /// Which guest
    #[arg(long, value_enum, default_value_t = TargetName::Bare)]
    target: TargetName,
    /// End after so many samples
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    samples: Option<u64>,
    /// End after so many seconds
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seconds: Option<u64>,
    /// Settings to begin with, in the words of the job grammar
    #[arg(long, value_name = "WORDS", default_value = "")]
    append: String,
    #[command(flatten)]
    runs: RunsOption,
    #[command(flatten)]
    machine: MachineOptions,
    #[command(flatten)]
    linux: LinuxOptions,
}

impl Watch {
    /// Builds what is needed, boots the guest and shows it.
    ///
    /// # Errors
    /// A step that failed, the guest's death, or a request to stop.
    pub(crate) fn run(self, shop: &Workshop) -> Result<()> {
        let words = format!("uchaos.health=observe {}", self.append);
        let request =
            Request::parse(&words).map_err(|error| anyhow!(Failure::Usage(error.to_string())))?;
        let kind = match self.target {
            TargetName::Bare => GuestKind::BareMetal,
            TargetName::Linux => GuestKind::Linux,
        };
        if kind == GuestKind::Linux && request.timer != Timer::Off {
            let text = "uchaos.timer: only the bare-metal guest has a timer to switch";
            return Err(Failure::Usage(text.to_owned()).into());
        }
        if !request.jobs.is_empty() || !request.targets.is_empty() {
            let text =
                "a live view chooses job and target itself: leave uchaos.job and uchaos.target out";
            return Err(Failure::Usage(text.to_owned()).into());
        }
        let (kernel, initrd, base) = match kind {
            GuestKind::BareMetal => {
                preflight::ensure(shop, TO_RUN)?;
                shop.expect_steps(3);
                let engine = engine::build(shop)?;
                let bare = baremetal::build(shop, &engine.object)?;
                (bare.elf, linux_image::bare_initrd(shop)?, String::new())
            }
            GuestKind::Linux => {
                let images = images::prepare(shop, &self.linux, 0)?;
                (images.linux_kernel, images.initramfs, images.linux_command_line)
            }
        };
        let host = self.machine.host()?;
        let machine = self.machine.machine(&host, false);
        let guest = kind.boot_files(&kernel, &initrd, &base).guest(&machine, &words, None);
        if shop.dry_run {
            return say!("{}", vm_runner::quoted(&machine.command(&host.qemu, &guest)));
        }
        fs::create_dir_all(shop.out.join("logs")).context("creating the folder for logs")?;
        let log = shop.out.join("logs").join(format!("watch-{}.console.log", kind.slug()));
        // A person decides when it is over; that it becomes ready has a deadline.
        let limits = Limits { deadline: None, console_log: Some(log) };
        let patience = self.machine.deadline();
        let live = Live::start(&host.qemu, &machine, &guest, kind.port_kind(), &limits, patience)?;
        let view = View {
            guest_name: kind.name(),
            has_timer: kind == GuestKind::BareMetal,
            accel: machine.runs_on().to_string(),
            request,
            runs: self.runs.folder(shop),
            until: Until { samples: self.samples, seconds: self.seconds },
            json: shop.json,
        };
        view.run(live)
    }
}
