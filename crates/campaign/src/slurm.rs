// SPDX-License-Identifier: GPL-2.0-or-later
//! A campaign on Slurm: one array job, whose tasks finish cells on the shared file system. Slurm queues, starts, requeues
//! and cancels; this module does no scheduling. Jobs are recorded in the campaign's folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use fs_err as fs;
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::{ExitKind, quoted};
use serde::{Deserialize, Serialize};

use crate::folder::{Campaign, now_utc};

/// Maximum number of tasks of an array job: below Slurm's default `MaxArraySize` of 1001.
const MOST_TASKS: usize = 1_000;
/// Time limit for an answer of a busy controller.
const PATIENCE: Duration = Duration::from_secs(120);
const JOBS: &str = "jobs";

/// A job that was submitted for a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    pub id: u64,
    pub submitted_utc: String,
    pub tasks: usize,
    /// Additional arguments of sbatch.
    pub arguments: Vec<String>,
}

/// A task that Slurm still has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Queued {
    pub job: u64,
    pub task: String,
    pub state: String,
    pub node: String,
    pub reason: String,
}

/// The task's program, which needs no compiler, and the images it boots.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    pub program: &'a Path,
    pub images: &'a Path,
}

impl Campaign {
    /// The number of tasks: cell N belongs to task N modulo this.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.cell_count().min(MOST_TASKS)
    }

    /// The cells of one task.
    pub fn cells_of(&self, task: usize, tasks: usize) -> impl Iterator<Item = usize> + use<> {
        (task..self.cell_count()).step_by(tasks.max(1))
    }

    /// Tasks with a cell that is not finished.
    fn open_tasks(&self) -> Vec<usize> {
        let tasks = self.tasks();
        (0..tasks)
            .filter(|&task| self.cells_of(task, tasks).any(|cell| !self.is_finished(cell)))
            .collect()
    }

    /// The jobs submitted for this campaign, oldest first.
    pub fn jobs(&self) -> Result<Vec<Job>> {
        let folder = self.folder().join(JOBS);
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let mut jobs = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let job: Job = serde_json::from_slice(&fs::read(&path)?)
                    .with_context(|| format!("parsing {}", path.display()))?;
                jobs.push(job);
            }
        }
        jobs.sort_by(|one, other| {
            one.submitted_utc.cmp(&other.submitted_utc).then(one.id.cmp(&other.id))
        });
        Ok(jobs)
    }

    /// Submits one array job for the cells that are not finished; `None` if there are none.
    ///
    /// # Errors
    /// Returns an error if a job of this campaign is still queued ([`ExitKind::Usage`]), if sbatch is missing
    /// ([`ExitKind::Missing`]), or if Slurm refuses the job.
    pub fn submit(&self, program: Program<'_>, arguments: &[String]) -> Result<Option<Job>> {
        let tasks = self.open_tasks();
        if tasks.is_empty() {
            return Ok(None);
        }
        if let Some(queued) = self.queued()?.first() {
            let text = format!(
                "job {} of this campaign is still queued ({}): wait for it, or cancel it with `campaign cancel`",
                queued.job, queued.state
            );
            return Err(ExitKind::Usage(text).into());
        }
        let folder = self.folder().join(JOBS);
        fs::create_dir_all(&folder)?;
        let script = folder.join("task.sh");
        fs::write(&script, self.script(program))?;
        let mut sbatch = Command::new("sbatch");
        sbatch
            .args(["--parsable", "--requeue", "--open-mode=append", "--nodes=1", "--ntasks=1"])
            .arg(format!("--job-name={}", self.job_name()))
            .arg(format!("--array={}", ranges(&tasks)))
            .arg(format!("--output={}/slurm-%A_%a.log", self.logs().display()))
            .args(arguments)
            .arg(&script);
        let said = run(sbatch, "submitting the job")?;
        // `--parsable` prints the number, and on a federation `;cluster` after it.
        let id = said.trim().split(';').next().and_then(|id| id.parse().ok());
        let id = id.with_context(|| format!("sbatch printed {said:?} instead of a job number"))?;
        let job =
            Job { id, submitted_utc: now_utc(), tasks: tasks.len(), arguments: arguments.to_vec() };
        let text = serde_json::to_string_pretty(&job).context("describing a job")?;
        fs::write(folder.join(format!("slurm-{id}.json")), text)?;
        Ok(Some(job))
    }

    /// The tasks of this campaign that Slurm still has.
    pub fn queued(&self) -> Result<Vec<Queued>> {
        let ours: BTreeSet<u64> = self.jobs()?.iter().map(|job| job.id).collect();
        if ours.is_empty() {
            return Ok(Vec::new());
        }
        let mut squeue = Command::new("squeue");
        squeue
            .args(["--noheader", "--array", "--states=all", "--format=%F|%K|%T|%N|%r"])
            .arg(format!("--name={}", self.job_name()));
        let said = run(squeue, "asking for the queue")?;
        Ok(said.lines().filter_map(queued).filter(|task| ours.contains(&task.job)).collect())
    }

    /// Cancels all that is queued; returns the jobs.
    pub fn cancel_jobs(&self) -> Result<BTreeSet<u64>> {
        let jobs: BTreeSet<u64> = self.queued()?.iter().map(|task| task.job).collect();
        if !jobs.is_empty() {
            let mut scancel = Command::new("scancel");
            scancel.args(jobs.iter().map(ToString::to_string));
            run(scancel, "cancelling the job")?;
        }
        Ok(jobs)
    }

    fn job_name(&self) -> String {
        format!("uchaos-{}", self.name())
    }

    /// The script of a task. With `exec`, scancel's signals reach the program.
    fn script(&self, Program { program, images }: Program<'_>) -> String {
        let mut command = Command::new(program);
        command.arg("--images").arg(images).args(["campaign", "work"]).arg(self.folder());
        command.arg("--tasks").arg(self.tasks().to_string());
        format!("#!/bin/sh\nexec {} --task \"$SLURM_ARRAY_TASK_ID\"\n", quoted(&command))
    }
}

/// The absolute path of a program that also runs on other hosts.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    fs::canonicalize(path).context("finding what the tasks will run")
}

/// Parses a line of squeue, if it is a task that has not ended.
fn queued(line: &str) -> Option<Queued> {
    let mut fields = line.trim().split('|').map(str::to_owned);
    let (job, task, state) = (fields.next()?.parse().ok()?, fields.next()?, fields.next()?);
    let ended = [
        "COMPLETED",
        "CANCELLED",
        "FAILED",
        "TIMEOUT",
        "NODE_FAIL",
        "BOOT_FAIL",
        "DEADLINE",
        "OUT_OF_MEMORY",
        "REVOKED",
    ];
    if ended.contains(&state.as_str()) {
        return None;
    }
    let (node, reason) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
    Some(Queued { job, task, state, node, reason })
}

fn run(command: Command, doing: &str) -> Result<String> {
    let shown = quoted(&command);
    let name = command.get_program().to_string_lossy().into_owned();
    if guest_run::tools::find(&name).is_none() {
        let text = format!(
            "{doing}: `{name}` is not on this host; install Slurm's client programs (Debian: slurm-client)"
        );
        return Err(ExitKind::Missing(text).into());
    }
    let finished = process::run(command, Wiring::Pipes, Some(PATIENCE), OnInterrupt::Kill)?;
    if finished.status.success() {
        return Ok(finished.text());
    }
    Err(anyhow!(
        "{doing}: `{shown}` failed ({}): {}",
        finished.status,
        finished.complaints().trim()
    ))
}

/// `0-3,7`: sorted numbers in the notation of Slurm's arrays.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let shown = ranges.iter().map(|(first, last)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    });
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(ranges(&[5]), "5");
    }

    #[test]
    fn a_line_of_the_queue_is_a_task_unless_it_has_ended() {
        let task = queued("17|3|RUNNING|n1|None").unwrap();
        assert_eq!((task.job, task.task.as_str(), task.node.as_str()), (17, "3", "n1"));
        assert!(queued("17|3|COMPLETED|n1|None").is_none());
        assert_eq!(queued("17|4-9|PENDING||Resources").unwrap().state, "PENDING");
        assert!(queued("slurm_load_jobs error").is_none());
    }
}
