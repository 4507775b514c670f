// SPDX-License-Identifier: GPL-2.0-or-later
//! True restarts (SP 800-90B §3.1.4.1): the first samples after each of many real starts, which are power-on boots of a
//! guest or starts of the process on the host. Collecting them takes minutes, so it can be interrupted and resumed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chaos_wire::{Job, Jobs, Request, Target, Targets};
use entropy_report::{RestartMatrix, TakenRun};
use guest_run::progress::show_duration;
use guest_run::{Images, Qemu, file_sha256, interrupt};
use indicatif::ProgressBar;
use sha2::{Digest as _, Sha256};

use crate::boot::Boot;
use crate::host;
use crate::start_rows::StartRows;
pub use crate::start_rows::TargetStarts;

/// The number of starts, and of samples from each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub rows: u32,
    pub columns: u32,
}

/// The thing that is started repeatedly.
#[derive(Debug)]
pub enum Start<'a> {
    /// A guest by power-on. Each target of the request gives one row per boot.
    Guest { boot: Boot<'a>, qemu: &'a Qemu },
    /// `uchaosbox` on the host.
    Process { images: &'a Images, deadline: Duration },
}

/// One matrix under collection.
#[derive(Debug)]
pub struct Collection<'a> {
    pub start: Start<'a>,
    /// The targets and engine parameters; its job is `raw:COLUMNS`.
    pub request: &'a Request,
    pub shape: Shape,
    /// Starts that run at the same time.
    pub jobs: usize,
    /// The folder of all runs: rows are kept there, outside any run, so that an interrupted run does not remove
    /// them.
    pub runs: &'a Path,
    /// The name of the rows there.
    pub name: &'a str,
}

/// A complete collection.
#[derive(Debug)]
pub struct Collected {
    /// One matrix per target.
    pub starts: Vec<TargetStarts>,
    pub rows: KeptRows,
}

/// The rows on disk. They stay until a run holds them.
#[derive(Debug)]
pub struct KeptRows(StartRows);

impl KeptRows {
    /// Removes the rows, once a run holds them.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn forget(self) -> Result<()> {
        self.0.remove()
    }
}

impl Shape {
    /// The shape of a restart job.
    #[must_use]
    pub fn of(job: Job) -> Option<Self> {
        match job {
            Job::Restart { rows, columns } => Some(Self { rows, columns }),
            _ => None,
        }
    }

    /// `request` for `targets`, with the one job of a start.
    #[must_use]
    pub fn request(self, request: &Request, targets: Targets) -> Request {
        let mut jobs = Jobs::EMPTY;
        let _ = jobs.push(Job::Raw { samples: self.columns.into() });
        Request { jobs, targets, ..*request }
    }
}

impl Collection<'_> {
    /// Collects what is missing.
    ///
    /// # Errors
    /// Returns an error if a start fails, is interrupted or gives another number of samples; the rows so far stay on
    /// disk, and the same call resumes after them.
    pub fn collect(&self, bar: &ProgressBar) -> Result<Collected> {
        let targets: Vec<Target> = self.request.targets.iter().collect();
        let columns = self.shape.columns as usize;
        let mut rows =
            StartRows::open(&self.folder(), self.name, columns * targets.len(), &self.identity()?)?;
        let missing: Vec<u32> = (1..=self.shape.rows).filter(|number| !rows.has(*number)).collect();
        if rows.recorded() > 0 && !missing.is_empty() {
            eprintln!("resuming: {} of {} starts are recorded", rows.recorded(), self.shape.rows);
        }
        let total = missing.len();
        let begun = Instant::now();
        let outcome = self.run_all(&missing, &targets, |number, samples| {
            rows.append(number, &samples)?;
            let done = rows.recorded() - (self.shape.rows as usize - total);
            let left = begun.elapsed().mul_f64((total - done) as f64 / done.max(1) as f64);
            bar.set_prefix(format!(
                "{}/{} starts, about {} left",
                rows.recorded(),
                self.shape.rows,
                show_duration(left)
            ));
            Ok(())
        });
        outcome.with_context(|| {
            format!(
                "collecting true restarts: {} of {} starts are recorded; the same command resumes there",
                rows.recorded(),
                self.shape.rows
            )
        })?;
        let starts = split(&rows.all(self.shape.rows)?, &targets, self.shape);
        Ok(Collected { starts, rows: KeptRows(rows) })
    }

    /// Where rows are kept.
    fn folder(&self) -> PathBuf {
        self.runs.join(".starts")
    }

    /// Runs every missing start on `jobs` threads and hands each result to `record`, on this thread.
    fn run_all(
        &self,
        missing: &[u32],
        targets: &[Target],
        mut record: impl FnMut(u32, Vec<u64>) -> Result<()>,
    ) -> Result<()> {
        let next = AtomicUsize::new(0);
        let stop = AtomicBool::new(false);
        let (sender, receiver) = mpsc::channel();
        thread::scope(|scope| {
            for worker in 0..self.jobs.max(1) {
                let (sender, next, stop) = (sender.clone(), &next, &stop);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        let Some(number) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else {
                            break;
                        };
                        let result = interrupt::check()
                            .map_err(anyhow::Error::from)
                            .and_then(|()| self.start_once(*number, worker, targets));
                        if sender.send((*number, result)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut outcome = Ok(());
            for (number, result) in receiver {
                let recorded = result.and_then(|samples| record(number, samples));
                if recorded.is_err() {
                    stop.store(true, Ordering::Relaxed);
                    // The first failure is the cause; later ones are of starts that were under way.
                    outcome = outcome.and(recorded);
                }
            }
            outcome
        })
    }

    /// One start: the first samples of every target, target by target.
    fn start_once(&self, number: u32, worker: usize, targets: &[Target]) -> Result<Vec<u64>> {
        // Next to the rows, where there is room, not in TMPDIR.
        let folder = tempfile::tempdir_in(self.folder())
            .context("creating a folder for the data of one start")?;
        let slug = format!("start-{worker}");
        let runs = match &self.start {
            Start::Guest { boot, qemu } => {
                boot.take(qemu, folder.path(), &slug, |_| ())
                    .with_context(|| format!("boot {number}"))?
                    .runs
            }
            Start::Process { images, deadline } => {
                let run = host::take(images, self.request, *deadline, folder.path(), number)
                    .with_context(|| format!("process {number}"))?;
                vec![run]
            }
        };
        let raw = |target: &Target| {
            let found: Option<TakenRun> =
                runs.iter().find(|run| run.target == target.word()).cloned();
            found
                .map(|run| run.raw)
                .with_context(|| format!("start {number} returned no data of {target}"))
        };
        Ok(targets.iter().map(raw).collect::<Result<Vec<_>>>()?.concat())
    }

    /// What must be the same for rows to belong to one matrix: the machine, the images and the request.
    fn identity(&self) -> Result<[u8; 32]> {
        let mut hash = Sha256::new();
        hash.update(format!("{} {}", self.shape.columns, self.request));
        match &self.start {
            Start::Guest { boot, qemu } => {
                hash.update(qemu.version());
                hash.update(guest_run::quoted(&boot.command(qemu, Path::new("capture"))));
                for file in boot.guest.files() {
                    hash.update(file_sha256(file)?);
                }
            }
            Start::Process { images, .. } => hash.update(file_sha256(&images.linux()?.uchaosbox)?),
        }
        Ok(hash.finalize().into())
    }
}

/// Rows of several targets, split by target.
fn split(all: &[u64], targets: &[Target], shape: Shape) -> Vec<TargetStarts> {
    let (rows, columns) = (shape.rows as usize, shape.columns as usize);
    let of = |index: usize| {
        all.chunks(columns * targets.len())
            .flat_map(|start| start[index * columns..(index + 1) * columns].iter().copied())
            .collect()
    };
    targets
        .iter()
        .enumerate()
        .map(|(index, target)| TargetStarts {
            target: *target,
            matrix: RestartMatrix { rows, columns, delta_ticks: of(index) },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_two_targets_are_split_by_target() {
        let shape = Shape { rows: 2, columns: 3 };
        let all: Vec<u64> = (0..12).collect();
        let matrices = split(&all, &[Target::LinuxModule, Target::LinuxUser], shape);
        assert_eq!(matrices[0].matrix.delta_ticks, [0, 1, 2, 6, 7, 8]);
        assert_eq!(matrices[1].matrix.delta_ticks, [3, 4, 5, 9, 10, 11]);
    }
}
