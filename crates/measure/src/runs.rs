// SPDX-License-Identifier: GPL-2.0-or-later
//! Results are stored in `runs/<id>/`, written under a hidden name and renamed when complete, so that every folder
//! with a final name is a finished run. A run that fails leaves its console logs, marked as failed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;

use guest_run::{CommandContext, RunError};

const PARTIAL: &str = ".partial-";
const FAILED: &str = "failed-";
/// Number of failed runs whose logs are kept; older ones are removed when a run starts.
const KEPT_FAILURES: usize = 5;

/// The folder in which a command stores and finds runs.
#[derive(Debug, Args)]
pub struct RunsOption {
    /// Where results are kept (default: runs/ in the checkout)
    #[arg(long = "runs", value_name = "DIR", env = "UCHAOS_RUNS", help_heading = "Options")]
    folder: Option<PathBuf>,
}

impl RunsOption {
    /// The folder.
    pub fn folder(&self, context: &CommandContext) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| context.root.join("runs"))
    }
}

/// An unfinished run. If it fails or is dropped, only its logs are kept, under `failed-<id>`.
#[derive(Debug)]
pub struct RunFolder {
    runs: PathBuf,
    id: String,
    partial: PathBuf,
    finished: bool,
}

impl RunFolder {
    /// Starts a run named after the current time (UTC) in the folder `runs`.
    pub fn create(runs: &Path) -> Result<Self> {
        let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ").to_string();
        Self::create_as(runs, &now)
    }

    /// Starts a run with this name; if it exists, `-2` and so on is added.
    pub fn create_as(runs: &Path, name: &str) -> Result<Self> {
        let advice = || {
            format!("creating a run under {} (give another place with --runs DIR)", runs.display())
        };
        fs::create_dir_all(runs).with_context(advice)?;
        remove_orphans(runs);
        remove_old_failures(runs);
        let id = (1..)
            .map(|n| if n == 1 { name.to_owned() } else { format!("{name}-{n}") })
            .find(|id| !is_taken(runs, id))
            .unwrap_or_else(|| name.to_owned());
        let partial = runs.join(format!("{PARTIAL}{id}-{}", std::process::id()));
        fs::create_dir(&partial).with_context(advice)?;
        Ok(Self { runs: runs.to_path_buf(), id, partial, finished: false })
    }

    /// The run's name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The folder in which it is written until it is finished.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Runs `work`. If it fails, its logs are kept in a renamed folder, and an error about a guest names the log's
    /// new place.
    pub fn measure<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        work().map_err(|mut error| {
            if let Some(run) = error.downcast_mut::<RunError>() {
                run.moved(&self.partial, &self.failed());
            }
            error
        })
    }

    fn failed(&self) -> PathBuf {
        self.runs.join(format!("{FAILED}{}", self.id))
    }

    /// Gives the run its final name and points `latest` at it.
    pub fn finish(self) -> Result<PathBuf> {
        let (link, id) = (self.runs.join("latest"), self.id.clone());
        let fresh = self.runs.join(format!(".latest-{}", std::process::id()));
        let place = self.keep()?;
        let _ = fs::remove_file(&fresh);
        std::os::unix::fs::symlink(&id, &fresh)
            .and_then(|()| fs::rename(&fresh, &link))
            .with_context(|| format!("pointing {} at the run", link.display()))?;
        Ok(place)
    }

    /// Gives the run its final name; `latest` is unchanged.
    pub fn keep(mut self) -> Result<PathBuf> {
        let place = self.runs.join(&self.id);
        fs::rename(&self.partial, &place)
            .with_context(|| format!("naming the finished run {}", place.display()))?;
        self.finished = true;
        Ok(place)
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let kept = self.failed();
        if keep_logs(&self.partial, &self.partial, &kept) > 0 {
            eprintln!("the console logs of the failed run are in {}", kept.display());
        }
        let _ = fs::remove_dir_all(&self.partial);
    }
}

/// Whether a run of that name exists, failed, or is unfinished.
fn is_taken(runs: &Path, id: &str) -> bool {
    let in_the_making = format!("{PARTIAL}{id}-");
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    runs.join(id).exists()
        || runs.join(format!("{FAILED}{id}")).exists()
        || entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter_map(|name| name.strip_prefix(&in_the_making).map(str::to_owned))
            .any(|process| process.bytes().all(|byte| byte.is_ascii_digit()) && !process.is_empty())
}

/// Copies `*.log` below `folder` to the same places below `kept`; returns how many.
fn keep_logs(top: &Path, folder: &Path, kept: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| {
            let path = entry.path();
            if path.is_dir() {
                return keep_logs(top, &path, kept);
            }
            if path.extension().is_none_or(|extension| extension != "log") {
                return 0;
            }
            let Ok(relative) = path.strip_prefix(top) else { return 0 };
            let place = kept.join(relative);
            let copied = place.parent().is_some_and(|parent| fs::create_dir_all(parent).is_ok())
                && fs::copy(&path, &place).is_ok();
            usize::from(copied)
        })
        .sum()
}

/// Removes partial runs whose process no longer exists.
fn remove_orphans(runs: &Path) {
    let Ok(entries) = fs::read_dir(runs) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix(PARTIAL)
            .and_then(|rest| rest.rsplit_once('-'))
            .map(|(_, process)| process.to_owned());
        if owner.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Removes the logs of all failed runs but the newest. Names begin with the time, so their order is that of the runs.
fn remove_old_failures(runs: &Path) {
    let entries = fs::read_dir(runs).into_iter().flatten().flatten();
    let mut failed: Vec<PathBuf> = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(FAILED))
        .map(|entry| entry.path())
        .collect();
    failed.sort();
    for old in failed.iter().rev().skip(KEPT_FAILURES) {
        let _ = fs::remove_dir_all(old);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_run::Scene;

    #[test]
    fn a_finished_run_has_its_name_and_latest_points_at_it() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path()).unwrap();
        fs::write(run.path().join("result.json"), "{}").unwrap();
        let place = run.finish().unwrap();
        assert!(runs.path().join("latest/result.json").exists());
        let second = RunFolder::create(runs.path()).unwrap().finish().unwrap();
        assert_ne!(place, second);
        assert_eq!(
            fs::canonicalize(runs.path().join("latest")).unwrap(),
            fs::canonicalize(second).unwrap()
        );
    }

    #[test]
    fn a_run_that_fails_keeps_its_logs_and_nothing_else() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path()).unwrap();
        fs::create_dir(run.path().join("baremetal")).unwrap();
        fs::write(run.path().join("baremetal/console.log"), "last words").unwrap();
        fs::write(run.path().join("baremetal/raw.u64le"), "half").unwrap();
        let kept = runs.path().join(format!("failed-{}", run.id()));
        drop(run);
        assert_eq!(fs::read_to_string(kept.join("baremetal/console.log")).unwrap(), "last words");
        assert!(!kept.join("baremetal/raw.u64le").exists());
        assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_error_names_the_log_where_it_is_kept() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunFolder::create(runs.path()).unwrap();
        let log = run.path().join("boot 1.console.log");
        fs::write(&log, "last words").unwrap();
        let scene = Box::new(Scene {
            guest: "a guest".into(),
            command: format!("qemu -chardev file,path={}", run.path().join("data").display()),
            console_log: Some(log),
            last_lines: Vec::new(),
        });
        let error = run
            .measure(|| -> Result<()> {
                Err(RunError::GuestPanic { line: "panic".into(), scene }).context("measuring")
            })
            .unwrap_err();
        drop(run);
        let error = format!("{error:#}");
        let named = error.split("console log: ").nth(1).unwrap().lines().next().unwrap();
        assert_eq!(fs::read_to_string(named).unwrap(), "last words");
        assert!(!error.contains(PARTIAL), "{error}");
    }

    #[test]
    fn the_logs_of_the_newest_failures_are_kept() {
        let runs = tempfile::tempdir().unwrap();
        for day in 1..=8 {
            fs::create_dir(runs.path().join(format!("failed-2026-01-0{day}T00-00-00Z"))).unwrap();
        }
        drop(RunFolder::create(runs.path()).unwrap());
        let mut left: Vec<_> =
            fs::read_dir(runs.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left.len(), KEPT_FAILURES);
        assert_eq!(left[0], "failed-2026-01-04T00-00-00Z");
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_a_living_one_is_not() {
        let runs = tempfile::tempdir().unwrap();
        let dead = runs.path().join(".partial-2026-01-01T00-00-00Z-4194399");
        fs::create_dir(&dead).unwrap();
        let living = RunFolder::create(runs.path()).unwrap();
        let other = RunFolder::create(runs.path()).unwrap();
        assert!(!dead.exists() && living.path().exists() && other.path().exists());
    }
}
