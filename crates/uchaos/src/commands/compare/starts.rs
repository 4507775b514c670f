// SPDX-License-Identifier: GPL-2.0-or-later
//! True restarts: starts of the process on the host, and power-on boots of the guests.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use chaos_wire::Targets;
use guest_run::progress::task;
use guest_run::{CommandContext, Images};
use indicatif::ProgressBar;
use measure::guest::{GuestKind, Host};
use measure::host;
use measure::plan::PlannedBoot;
use measure::starts::{Collected, Collection, KeptRows, Shape, Start, TargetStarts};

use super::{Compare, HOST};

const HOST_STARTS: &str = "host, process starts";
const GUEST_STARTS: [(GuestKind, &str); 2] = [
    (GuestKind::BareMetal, "bare metal, power-on boots"),
    (GuestKind::Linux, "linux, power-on boots"),
];

impl Compare {
    /// The guests to boot once per row of the restart matrix, with their targets that have raw noise.
    fn guest_starts(&self) -> Vec<(GuestKind, &'static str, Targets)> {
        let noisy = |guest| {
            let targets = PlannedBoot::new(guest, false, 1).targets.and(self.targets).iter();
            let noisy = targets.filter(|target| target.can(self.settings.restarts.job));
            noisy.fold(Targets::EMPTY, Targets::with)
        };
        GUEST_STARTS
            .into_iter()
            .map(|(guest, label)| (guest, label, noisy(guest)))
            .filter(|(_, _, targets)| self.settings.restarts.boots && !targets.is_empty())
            .collect()
    }

    /// How many steps all of them are.
    pub(super) fn starts_steps(&self) -> usize {
        usize::from(self.includes_host()) + self.guest_starts().len()
    }

    /// Every true start that is asked for, and the rows that are kept until the run is written.
    pub(super) fn start_often(
        &self,
        context: &CommandContext,
        images: &Images,
        host: &Host,
        runs: &Path,
    ) -> Result<(Vec<TargetStarts>, Vec<KeptRows>)> {
        let mut collected = Vec::new();
        // Before any measurement: starting a process takes longer the more memory this one holds.
        if self.includes_host() {
            collected.extend(task(&context.next_label(HOST_STARTS), |bar| {
                self.start_host_often(images, self.machine.deadline(), runs, bar)
            })?);
        }
        for (guest, label, targets) in self.guest_starts() {
            collected.extend(task(&context.next_label(label), |bar| {
                self.boot_often(guest, targets, images, host, runs, bar)
            })?);
        }
        let (starts, kept): (Vec<_>, Vec<_>) =
            collected.into_iter().map(|one| (one.starts, one.rows)).unzip();
        Ok((starts.into_iter().flatten().collect(), kept))
    }

    /// True restarts on the host: starts of the process, each for its first samples.
    fn start_host_often(
        &self,
        images: &Images,
        deadline: Duration,
        runs: &Path,
        bar: &ProgressBar,
    ) -> Result<Option<Collected>> {
        let Some(shape) = Shape::of(self.settings.restarts.job) else { return Ok(None) };
        let first = host::request(&self.settings, 1);
        let request = shape.request(&first, first.targets);
        let start = Start::Process { images, deadline };
        Collection { start, request: &request, shape, jobs: 1, runs, name: HOST }
            .collect(bar)
            .map(Some)
    }

    /// True restarts of a guest: power-on boots, each for its first samples.
    fn boot_often(
        &self,
        guest: GuestKind,
        targets: Targets,
        images: &Images,
        host: &Host,
        runs: &Path,
        bar: &ProgressBar,
    ) -> Result<Option<Collected>> {
        let Some(shape) = Shape::of(self.settings.restarts.job) else { return Ok(None) };
        let planned = PlannedBoot::new(guest, false, 1);
        let request = shape.request(&planned.request(&self.settings), targets);
        let boot = planned.boot(images, host, &self.machine, &request)?;
        let start = Start::Guest { boot, qemu: &host.qemu };
        let jobs = usize::from(self.settings.jobs);
        Collection { start, request: &request, shape, jobs, runs, name: guest.slug() }
            .collect(bar)
            .map(Some)
    }
}
