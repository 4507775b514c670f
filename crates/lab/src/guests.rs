// SPDX-License-Identifier: GPL-2.0-or-later
//! Shared by the experiments: guests to boot, and common figures.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use chaos_wire::{Params, Request};
use entropy_report::TakenRun;
use guest_run::{FIRST_OUTPUT, Images, Limits, Session};
use sp800_90b::symbols::{CounterStep, from_ticks};
use sp800_90b::{Track, assess};

use super::Found;
use measure::boot::Boot;
use measure::guest::{BootFiles, GuestKind, Host, MachineOptions};

/// The guests of an experiment.
#[derive(Debug)]
pub struct Guests<'a> {
    pub images: Option<&'a Images>,
    pub host: Option<&'a Host>,
    pub machine: &'a MachineOptions,
    /// The engine's default parameters for experiments that choose none.
    pub params: Params,
    /// Temporary folder for captures and logs.
    pub scratch: &'a Path,
}

impl Guests<'_> {
    /// Boots a guest with `arguments`; returns each target's data.
    pub fn boot(
        &self,
        found: &mut Found,
        kind: GuestKind,
        isolated: bool,
        arguments: &str,
    ) -> Result<Vec<TakenRun>> {
        let request = Request { params: self.params, ..Request::default() }
            .changed(arguments)
            .map_err(|problem| anyhow!("{problem}"))?;
        let (guest, host) = self.guest(kind)?;
        let boot = Boot {
            guest,
            machine: self.machine.machine(host, isolated),
            arguments: request.to_string(),
            request: &request,
            deadline: self.deadline(),
            number: 1,
        };
        let taken = boot.take(&host.qemu, self.scratch, kind.slug(), |_| ())?;
        found.commands.extend(taken.runs.first().map(|run| run.command.clone()));
        Ok(taken.runs)
    }

    /// Boots the microkernel for one job; returns its data.
    pub fn bare(&self, found: &mut Found, isolated: bool, arguments: &str) -> Result<TakenRun> {
        let runs = self.boot(found, GuestKind::BareMetal, isolated, arguments)?;
        runs.into_iter().next().context("the microkernel gave nothing")
    }

    /// Starts a guest without a job, for its console.
    pub fn start(&self, kind: GuestKind) -> Result<Session> {
        let (guest, host) = self.guest(kind)?;
        let machine = self.machine.machine(host, false);
        let log = self.scratch.join("console.log");
        let limits = Limits {
            deadline: Some(self.deadline()),
            first_output: Some(FIRST_OUTPUT),
            console_log: Some(log),
        };
        Ok(Session::start(&host.qemu, &machine, &guest.guest(&machine, "", None), &limits)?)
    }

    fn guest(&self, kind: GuestKind) -> Result<(BootFiles<'_>, &Host)> {
        let images = self.images.context("this experiment has no guests")?;
        let host = self.host.context("this experiment has no QEMU")?;
        Ok((kind.in_images(images)?, host))
    }

    /// The limits of a guest.
    pub fn deadline(&self) -> Duration {
        self.machine.deadline()
    }

    /// The guests' accelerator.
    pub fn accel(&self, isolated: bool) -> String {
        self.host.map_or_else(
            || "none".to_owned(),
            |host| self.machine.machine(host, isolated).runs_on().to_string(),
        )
    }
}

/// The figures of deltas that every experiment needs.
#[derive(Debug, Clone, Copy)]
pub struct Deltas {
    pub samples: usize,
    pub step: CounterStep,
    pub min_ticks: u64,
    pub median_ticks: u64,
    pub p999_ticks: u64,
    pub max_ticks: u64,
    /// The lowest of four estimators of SP 800-90B on the low 8 bits after division by the step: an upper bound
    /// of the result of all estimators.
    pub quick_bits: Option<f64>,
}

impl Deltas {
    /// The figures of `delta_ticks`.
    pub fn of(delta_ticks: &[u64]) -> Self {
        let made = from_ticks(delta_ticks);
        let mut sorted = delta_ticks.to_vec();
        sorted.sort_unstable();
        let at = |part: f64| {
            let index = (part * sorted.len().saturating_sub(1) as f64).round() as usize;
            sorted.get(index).copied().unwrap_or(0)
        };
        let assessment = assess(&made.symbols, Track::Quick).ok();
        Self {
            samples: delta_ticks.len(),
            step: made.step,
            min_ticks: made.range.min_ticks,
            median_ticks: at(0.5),
            p999_ticks: at(0.999),
            max_ticks: made.range.max_ticks,
            quick_bits: assessment.and_then(|found| found.min_entropy_bits_per_sample),
        }
    }

    /// How many of `delta_ticks` are more than ten medians long.
    pub fn tail(&self, delta_ticks: &[u64]) -> usize {
        delta_ticks.iter().filter(|delta| **delta > 10 * self.median_ticks).count()
    }

    /// The estimate as text.
    pub fn bits(&self) -> String {
        self.quick_bits.map_or_else(|| "none".to_owned(), |bits| format!("{bits:.3}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_deltas() {
        let deltas: Vec<u64> =
            (0..1000).map(|i| if i == 500 { 2000 } else { 20 + i % 3 * 10 }).collect();
        let figures = Deltas::of(&deltas);
        assert_eq!((figures.samples, figures.step.ticks, figures.median_ticks), (1000, 10, 30));
        assert_eq!((figures.min_ticks, figures.max_ticks, figures.tail(&deltas)), (20, 2000, 1));
        assert!(figures.quick_bits.is_some_and(|bits| bits < 1.59), "{figures:?}");
    }
}
