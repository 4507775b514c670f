// SPDX-License-Identifier: GPL-2.0-or-later
//! What every command is given: where things are, whether to act or only to say what would be done, and the numbers of
//! the step lines. Nothing else decides paths.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::failure::Failure;

/// What every command is given about where it works and how it speaks.
#[derive(Debug)]
pub struct CommandContext {
    pub root: PathBuf,
    /// What is built: `target/uchaos` in the checkout (or under `CARGO_TARGET_DIR`).
    pub out: PathBuf,
    /// Downloaded sources; outside `target/`, so that `cargo clean` spares them.
    pub cache: PathBuf,
    /// Use only what is in the cache already.
    pub offline: bool,
    /// Say what would be done, and do nothing.
    pub dry_run: bool,
    /// Results on standard output as JSON; progress stays on standard error.
    pub json: bool,
    steps_done: Cell<usize>,
    steps_total: Cell<usize>,
}

impl CommandContext {
    /// The checkout that this program was built from.
    pub fn open(offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        Self::of(None, offline, dry_run, json)
    }

    /// Finds the checkout (the one that this program was built from, where none is given), the output folder and the
    /// cache.
    pub fn of(checkout: Option<&Path>, offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        let root = match checkout {
            Some(folder) => given_checkout(folder)?,
            None => Path::new(env!("CARGO_MANIFEST_DIR"))
                .ancestors()
                .nth(2)
                .context("finding the checkout above crates/guest-run")?
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
    pub fn expect_steps(&self, count: usize) {
        self.steps_done.set(0);
        self.steps_total.set(count);
    }

    /// `[2/6] name`, counting up.
    pub fn next_label(&self, name: &str) -> String {
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
