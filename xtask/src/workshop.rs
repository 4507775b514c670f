// SPDX-License-Identifier: GPL-2.0-or-later
//! The workshop: where things are, which steps are up to date, and how a step is run and shown.
//! Every build file gets a `&Workshop`; nothing else decides paths, prints step lines or starts tools.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::failure::Failure;
use crate::inputs::Inputs;
use crate::log::StepLog;
use crate::stamp::Stamp;

/// What every command is given about where it works and how it speaks.
#[derive(Debug)]
pub(crate) struct Workshop {
    /// The checkout.
    pub(crate) root: PathBuf,
    /// What is built: `target/uchaos` in the checkout (or under `CARGO_TARGET_DIR`).
    pub(crate) out: PathBuf,
    /// Downloaded sources; outside `target/`, so that `cargo clean` spares them.
    pub(crate) cache: PathBuf,
    /// Use only what is in the cache already.
    pub(crate) offline: bool,
    /// Say what would be done, and do nothing.
    pub(crate) dry_run: bool,
    /// Results on standard output as JSON; progress stays on standard error.
    pub(crate) json: bool,
    steps_done: Cell<usize>,
    steps_total: Cell<usize>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepOutcome {
    /// The step ran.
    Built,
    /// Its inputs and outputs are as they were.
    UpToDate,
    /// `--dry-run`: it would have run.
    WouldBuild,
}

impl Workshop {
    /// The checkout that this program was built from.
    ///
    /// # Errors
    /// As [`Workshop::of`].
    pub(crate) fn open(offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        Self::of(None, offline, dry_run, json)
    }

    /// Finds the checkout (the one that this program was built from, where none is given), the output folder and the
    /// cache.
    ///
    /// # Errors
    /// A folder that is no checkout; when no home or cache folder can be told.
    pub(crate) fn of(
        checkout: Option<&Path>,
        offline: bool,
        dry_run: bool,
        json: bool,
    ) -> Result<Self> {
        let root = match checkout {
            Some(folder) => given_checkout(folder)?,
            None => Path::new(env!("CARGO_MANIFEST_DIR"))
                .parent()
                .context("finding the checkout above xtask/")?
                .to_path_buf(),
        };
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target = std::path::absolute(target).context("resolving the target folder")?;
        let cache = cache_folder()?;
        Ok(Self {
            root,
            out: target.join("uchaos"),
            cache,
            offline,
            dry_run,
            json,
            steps_done: Cell::new(0),
            steps_total: Cell::new(0),
        })
    }

    /// Announces how many steps are to come, so that lines read `[2/6]`.
    pub(crate) fn expect_steps(&self, count: usize) {
        self.steps_done.set(0);
        self.steps_total.set(count);
    }

    /// Runs one step unless its inputs, and the outputs it left last time, are unchanged.
    ///
    /// # Errors
    /// What `build` returns, with the step's name and the path of its log; or an output that is missing after it.
    pub(crate) fn step(
        &self,
        name: &str,
        inputs: &Inputs,
        outputs: &[&Path],
        build: impl FnOnce(&mut StepLog) -> Result<()>,
    ) -> Result<StepOutcome> {
        let label = self.next_label(name);
        let stamp = Stamp::at(&self.out.join("stamps"), name);
        let digest =
            inputs.digest().with_context(|| format!("hashing the inputs of step '{name}'"))?;
        if stamp.holds(&digest, outputs) {
            eprintln!("{label} … up to date");
            return Ok(StepOutcome::UpToDate);
        }
        if self.dry_run {
            eprintln!("{label} … would be built ({})", stamp.why_not(&digest));
            return Ok(StepOutcome::WouldBuild);
        }
        stamp.forget()?;
        let begun = Instant::now();
        let mut log = StepLog::create(&self.out.join("logs"), name, &label)?;
        let built = build(&mut log);
        log.finish();
        built.with_context(|| format!("in step '{name}' (full log: {})", log.path().display()))?;
        for output in outputs {
            if !output.exists() {
                bail!(
                    "step '{name}' ended without its output {}; see {}",
                    output.display(),
                    log.path().display()
                );
            }
        }
        stamp.write(&digest, outputs)?;
        eprintln!("{label} … {}", show_duration(begun.elapsed()));
        Ok(StepOutcome::Built)
    }

    /// `[2/6] name`, counting up.
    pub(crate) fn next_label(&self, name: &str) -> String {
        let number = self.steps_done.get() + 1;
        self.steps_done.set(number);
        format!("[{number}/{}] {name}", self.steps_total.get().max(number))
    }
}

/// The absolute path of a checkout of this project.
fn given_checkout(folder: &Path) -> Result<PathBuf> {
    let root = std::path::absolute(folder).context("resolving the folder of --checkout")?;
    if root.join("linux-guest/sources.toml").is_file() {
        return Ok(root);
    }
    let text = format!(
        "--checkout {}: this is no checkout of µChaos (no linux-guest in it)",
        root.display()
    );
    Err(Failure::Usage(text).into())
}

/// `$UCHAOS_CACHE`, else `$XDG_CACHE_HOME/uchaos`, else `~/.cache/uchaos`.
fn cache_folder() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("UCHAOS_CACHE") {
        return std::path::absolute(PathBuf::from(given)).context("resolving UCHAOS_CACHE");
    }
    if let Some(xdg) = std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(xdg).join("uchaos"));
    }
    let home = std::env::var_os("HOME").context(
        "finding a folder for downloaded sources: HOME is not set; set UCHAOS_CACHE to a folder",
    )?;
    Ok(PathBuf::from(home).join(".cache/uchaos"))
}

/// `3m12s`, `41s`, `0.3s`.
pub(crate) fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..10 => format!("{:.1}s", duration.as_secs_f64()),
        10..60 => format!("{seconds}s"),
        _ => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_people_write_them() {
        assert_eq!(show_duration(Duration::from_millis(340)), "0.3s");
        assert_eq!(show_duration(Duration::from_secs(41)), "41s");
        assert_eq!(show_duration(Duration::from_secs(192)), "3m12s");
    }
}
