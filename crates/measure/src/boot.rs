// SPDX-License-Identifier: GPL-2.0-or-later
//! One boot of one guest: run it, check its capture whole, write the files of each target it ran.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use chaos_wire::{Capture, Target, Targets};
use entropy_report::TakenRun;
use guest_run::{Limits, Machine};

use super::files;
use super::settings::Settings;
use super::taken::{self, BootFacts};
use crate::guest::{GuestKind, Host, MachineOptions};
use guest_run::Failure;
use guest_run::Images;

/// Room in the data file for headers and reports, beyond the samples.
pub const OVERHEAD_BYTES: u64 = 4 << 20;

/// Which guest, under which condition, for which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boot {
    pub guest: GuestKind,
    pub isolated: bool,
    pub number: u32,
}

/// Every boot of the main job: each guest twice under each condition.
pub fn all(per_condition: u32) -> Vec<Boot> {
    let mut boots = Vec::new();
    for isolated in [false, true] {
        for guest in [GuestKind::BareMetal, GuestKind::Linux] {
            boots.extend((1..=per_condition).map(|number| Boot { guest, isolated, number }));
        }
    }
    boots
}

impl Boot {
    /// `bare metal, isolated, boot 2`.
    pub fn name(self) -> String {
        let guest = match self.guest {
            GuestKind::BareMetal => "bare metal",
            GuestKind::Linux => "linux",
        };
        format!(
            "{guest}, {}, boot {}",
            if self.isolated { "isolated" } else { "ordinary" },
            self.number
        )
    }

    fn targets(self) -> Targets {
        match self.guest {
            GuestKind::BareMetal => Targets::EMPTY.with(Target::BareMetal),
            GuestKind::Linux => Targets::EMPTY
                .with(Target::LinuxModule)
                .with(Target::LinuxUser)
                .with(Target::LinuxCrng),
        }
    }

    /// Machine and guest for this boot, with its data going to `capture`.
    ///
    /// # Errors
    /// A setting that the job grammar does not take.
    pub fn plan(
        self,
        images: &Images,
        host: &Host,
        options: &MachineOptions,
        settings: &Settings,
        capture: &Path,
    ) -> Result<(Machine, guest_run::Guest)> {
        let request = settings.request(self.targets(), self.isolated)?;
        let expected_bytes = settings.len_bytes()? * self.targets().len() as u64 + OVERHEAD_BYTES;
        let data = Some((capture.to_path_buf(), expected_bytes));
        let machine = options.machine(host, self.isolated);
        let guest = self.guest.in_images(images)?.guest(&machine, &request.to_string(), data);
        Ok((machine, guest))
    }

    /// Boots, and writes what each target gave below `run_folder`.
    ///
    /// # Errors
    /// A guest that died, panicked, failed or passed its deadline; a capture that is not whole; a job that failed.
    pub fn take(
        self,
        images: &Images,
        host: &Host,
        options: &MachineOptions,
        settings: &Settings,
        run_folder: &Path,
    ) -> Result<Vec<TakenRun>> {
        let slug = self.name().replace(", ", "-").replace(' ', "-");
        let capture_path = run_folder.join(format!("{slug}.capture"));
        let console_log = run_folder.join(format!("{slug}.console.log"));
        let (machine, guest) = self.plan(images, host, options, settings, &capture_path)?;
        let limits =
            Limits { deadline: Some(options.deadline()), console_log: Some(console_log.clone()) };
        let outcome = guest_run::run(&host.qemu, &machine, &guest, &limits)?;
        outcome.verdict()?;
        let capture = Capture::read(&capture_path)?;
        if let Some((target, job, why)) = taken::failures(&capture).into_iter().next() {
            let text = format!("{target} failed at its job '{}': {why}", job.word());
            return Err(Failure::Check(text).into());
        }
        let facts = BootFacts {
            accel: machine.runs_on().to_string(),
            isolated: self.isolated,
            boot: self.number,
            command: outcome.scene.command.clone(),
        };
        let mut runs = taken::from_capture(capture, &outcome.lines, &facts);
        for run in &mut runs {
            files::write(run_folder, run, Some(&console_log))?;
        }
        for used in [&capture_path, &console_log] {
            fs::remove_file(used).with_context(|| format!("removing {}", used.display()))?;
        }
        Ok(runs)
    }
}
