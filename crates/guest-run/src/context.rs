// SPDX-License-Identifier: GPL-2.0-or-later
//! The context of every command: paths, options (offline, dry run, JSON), and the numbers of
//! the step lines. Paths are decided only here.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exit::ExitKind;

#[derive(Debug)]
pub struct CommandContext {
    pub root: PathBuf,
    /// Build output: `target/uchaos` in the checkout (or under `CARGO_TARGET_DIR`).
    pub out: PathBuf,
    /// Downloaded sources; outside `target/`, so that `cargo clean` keeps them.
    pub cache: PathBuf,
    /// Use only what is already in the cache.
    pub offline: bool,
    /// Print what would be done, and do nothing.
    pub dry_run: bool,
    /// Results on standard output as JSON; progress stays on standard error.
    pub json: bool,
    steps_done: Cell<usize>,
    steps_total: Cell<usize>,
}

impl CommandContext {
    /// The context for the checkout that contains the current folder.
    ///
    /// # Errors
    /// Returns an error if the current folder is not in a checkout ([`ExitKind::Usage`]).
    pub fn open(offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        Self::of(None, offline, dry_run, json)
    }

    /// The context for the checkout `given`, else for the one that contains the current folder.
    ///
    /// # Errors
    /// As [`CommandContext::open`]; also returns an error if `given` is not a checkout ([`ExitKind::Usage`]).
    pub fn of(given: Option<&Path>, offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        let root = match given {
            Some(folder) => given_checkout(folder)?,
            None => checkout_around_here()?.ok_or_else(|| {
                ExitKind::Usage(
                    "the current folder is not in a checkout of µChaos: go to one, or give it with --checkout DIR"
                        .to_owned(),
                )
            })?,
        };
        Self::at(root, offline, dry_run, json)
    }

    /// The same for programs that need no checkout: without one, they use the current folder and write to
    /// the cache.
    pub fn anywhere(given: Option<&Path>, dry_run: bool, json: bool) -> Result<Self> {
        if given.is_some() || checkout_around_here()?.is_some() {
            return Self::of(given, true, dry_run, json);
        }
        let here = std::env::current_dir().context("finding the current folder")?;
        let context = Self::at(here, true, dry_run, json)?;
        Ok(Self { out: context.cache.join("work"), ..context })
    }

    fn at(root: PathBuf, offline: bool, dry_run: bool, json: bool) -> Result<Self> {
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target = std::path::absolute(target).context("resolving the target folder")?;
        Ok(Self {
            root,
            out: target.join("uchaos"),
            cache: cache_folder()?,
            offline,
            dry_run,
            json,
            steps_done: Cell::new(0),
            steps_total: Cell::new(0),
        })
    }

    /// Sets the number of steps, so that lines read `[2/6]`.
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

/// The command by which users call this program.
#[must_use]
pub fn program() -> &'static str {
    let file = std::env::current_exe().unwrap_or_default();
    if file.file_stem().is_some_and(|name| name == "uchaos") { "uchaos" } else { "cargo xtask" }
}

/// The absolute path of a checkout of this project.
fn given_checkout(folder: &Path) -> Result<PathBuf> {
    let root = std::path::absolute(folder).context("resolving the folder of --checkout")?;
    if is_checkout(&root) {
        return Ok(root);
    }
    let text = format!(
        "--checkout {}: this is not a checkout of µChaos (it has no linux-guest/sources.toml)",
        root.display()
    );
    Err(ExitKind::Usage(text).into())
}

fn checkout_around_here() -> Result<Option<PathBuf>> {
    let here = std::env::current_dir().context("finding the current folder")?;
    Ok(here.ancestors().find(|folder| is_checkout(folder)).map(Path::to_path_buf))
}

fn is_checkout(folder: &Path) -> bool {
    folder.join("linux-guest/sources.toml").is_file()
}

/// `$UCHAOS_CACHE`, else `$XDG_CACHE_HOME/uchaos`, else `~/.cache/uchaos` (without `$HOME`, the home of the user's entry).
fn cache_folder() -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("UCHAOS_CACHE") {
        return std::path::absolute(PathBuf::from(given)).context("resolving UCHAOS_CACHE");
    }
    if let Some(xdg) = std::env::var_os("XDG_CACHE_HOME").filter(|value| !value.is_empty()) {
        return Ok(PathBuf::from(xdg).join("uchaos"));
    }
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty()).context(
        "finding a folder for downloaded sources: this user has no home; set UCHAOS_CACHE to a folder",
    )?;
    Ok(home.join(".cache/uchaos"))
}
