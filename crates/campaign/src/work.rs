// SPDX-License-Identifier: GPL-2.0-or-later
//! Measures cells: each is claimed, booted, assessed and finished. A setting that cannot be measured is finished
//! as failed; a fault of this machine ends the work and leaves the cell open.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use chaos_wire::CaptureError;
use entropy_report::{Provenance, TakenRun, analyse};
use fs_err as fs;
use guest_run::{
    Accelerator, CommandContext, ExitKind, Images, KvmState, Qemu, RunError, interrupt,
};
use measure::guest::Host;
use measure::plan::PlannedBoot;
use measure::publish;
use measure::surroundings;

use crate::attempt::{Attempt, host};
use crate::cell::{CellRecord, Figures, State};
use crate::folder::{Campaign, now_utc};
use crate::plan::Coordinates;
use crate::setting::Setting;

/// The signals that ask a process to end; QEMU reports them.
const ENDED_FROM_OUTSIDE: &str = "terminating on signal";

/// How to treat a cell that another process has claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Continue with the next cell.
    Skip,
    /// Wait until that process has finished the cell or has ended.
    Wait,
}

/// Progress of a cell.
#[derive(Debug)]
pub enum Report<'a> {
    /// It was started.
    Begun(&'a Coordinates),
    /// It was finished by this process.
    Finished(&'a CellRecord),
    /// It was already finished, or another process has claimed it.
    Passed,
}

/// The settings shared by all cells.
struct Bench<'a> {
    context: &'a CommandContext,
    campaign: &'a Campaign,
    images: &'a Images,
    qemu: Qemu,
    kvm: Option<KvmState>,
}

/// Measures the cells `numbers`.
///
/// # Errors
/// Returns an error if something on this machine prevents a measurement: no QEMU, a full disk, an interrupt. The cell
/// under way is left open.
pub fn work(
    context: &CommandContext,
    campaign: &Campaign,
    images: &Images,
    numbers: impl IntoIterator<Item = usize>,
    waiting: Waiting,
    mut report: impl FnMut(usize, Report<'_>),
) -> Result<()> {
    let mut bench = Bench { context, campaign, images, qemu: Qemu::find()?, kvm: None };
    for number in numbers {
        interrupt::check()?;
        let Some(coordinates) = campaign.coordinates(number) else { continue };
        let Some(attempt) = campaign.attempt(number, waiting == Waiting::Wait)? else {
            report(number, Report::Passed);
            continue;
        };
        report(number, Report::Begun(coordinates));
        match bench.cell(number, coordinates, attempt)? {
            Some(record) => report(number, Report::Finished(&record)),
            None => report(number, Report::Passed),
        }
    }
    Ok(())
}

impl Bench<'_> {
    /// Measures a cell and finishes it; `None` if another process was faster.
    fn cell(
        &mut self,
        number: usize,
        coordinates: &Coordinates,
        attempt: Attempt<'_>,
    ) -> Result<Option<CellRecord>> {
        let (begun, started_utc) = (Instant::now(), now_utc());
        let run = attempt.folder().join("run");
        fs::create_dir(&run)?;
        let measured = self
            .measure(coordinates, &run)
            .with_context(|| format!("measuring cell {number} ({coordinates})"));
        let (state, figures, reason) = match measured {
            Ok(figures) => (State::Done, Some(figures), None),
            Err(mut error) if is_of_the_setting(&error) => {
                if let Some(failed) = error.downcast_mut::<RunError>() {
                    failed.moved(attempt.folder(), &attempt.place());
                }
                keep_logs_only(&run)?;
                (State::Failed, None, Some(format!("{error:#}")))
            }
            Err(error) => return Err(error),
        };
        let record = CellRecord {
            schema: run_store::CELL_SCHEMA,
            plan_sha256: self.campaign.plan_sha256().to_owned(),
            cell: number,
            coordinates: coordinates.clone(),
            state,
            reason,
            started_utc,
            ended_utc: now_utc(),
            seconds: begun.elapsed().as_secs_f64(),
            host: host(),
            figures,
        };
        let is_first =
            attempt.finish(&record).with_context(|| format!("finishing cell {number}"))?;
        Ok(is_first.then_some(record))
    }

    /// Boots and assesses it as `compare` does, with its files in `run`.
    fn measure(&mut self, coordinates: &Coordinates, run: &Path) -> Result<Figures> {
        let setting = Setting::of(self.campaign.plan(), coordinates)?;
        if setting.accelerator == Accelerator::Kvm {
            self.check_kvm()?;
        }
        let host = Host {
            qemu: self.qemu.clone(),
            accelerator: setting.accelerator,
            reason: "named in the plan".to_owned(),
            surroundings: surroundings::Watch::start(),
        };
        let planned = PlannedBoot::new(setting.guest, setting.isolated, 1);
        let boot = planned.boot(self.images, &host, &setting.machine, &setting.request)?;
        let taken = boot.keep(&host.qemu, run, &planned.slug(), &[])?;
        let name = format!("{}, {coordinates}", self.campaign.name());
        let provenance = publish::provenance_of_guests(
            self.context,
            self.images,
            &host,
            setting.request.params,
            &setting.machine,
            &name,
        )?;
        assess(run, &taken, provenance)
    }

    /// KVM is probed once, so that not every KVM cell of a plan waits for a deadline.
    fn check_kvm(&mut self) -> Result<()> {
        let state = match &self.kvm {
            Some(state) => state,
            None => self.kvm.insert(guest_run::probe(&self.qemu)?.kvm),
        };
        match state.remedy() {
            None => Ok(()),
            Some(remedy) => {
                Err(ExitKind::Guest(format!("KVM does not run guests here: {state}; {remedy}"))
                    .into())
            }
        }
    }
}

fn assess(run: &Path, taken: &[TakenRun], provenance: Provenance) -> Result<Figures> {
    let result = analyse(taken, provenance).context("assessing what was recorded")?;
    publish::files(run, &result, taken)?;
    Figures::of(&result)
}

/// Whether the setting causes the error, not a fault of this machine.
fn is_of_the_setting(error: &anyhow::Error) -> bool {
    if interrupt::requested() {
        return false;
    }
    error.chain().any(|cause| match cause.downcast_ref::<RunError>() {
        Some(RunError::GuestDied { scene, .. } | RunError::NoOutput { scene, .. }) => {
            !scene.last_lines.iter().any(|line| line.contains(ENDED_FROM_OUTSIDE))
        }
        Some(
            RunError::Deadline { .. }
            | RunError::KvmRefuses { .. }
            | RunError::Silence { .. }
            | RunError::GuestPanic { .. }
            | RunError::GuestFailed { .. }
            | RunError::Flood { .. },
        ) => true,
        Some(_) => false,
        None => {
            cause.is::<CaptureError>() || matches!(cause.downcast_ref(), Some(ExitKind::Guest(_)))
        }
    })
}

/// Keeps the guest's logs of a failed cell.
fn keep_logs_only(run: &Path) -> Result<()> {
    for entry in fs::read_dir(run)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if path.extension().is_none_or(|ending| ending != "log") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
