// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask clean`: removes build output and prints the space freed.

use fs_err as fs;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use guest_run::CommandContext;
use guest_run::{output, say};

/// What to remove.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask clean              what was built (target/uchaos)
  cargo xtask clean --runs       and every result in runs/
  cargo xtask clean --cache      and the downloaded sources")]
pub struct Clean {
    /// Also remove the results in runs/
    #[arg(long)]
    runs: bool,
    /// Also remove the downloaded sources
    #[arg(long)]
    cache: bool,
}

#[derive(Debug, Serialize)]
struct Removed {
    path: String,
    freed_bytes: u64,
}

impl Clean {
    /// Removes the folders.
    pub fn run(self, context: &CommandContext) -> Result<()> {
        let mut folders = vec![context.out.clone()];
        folders.extend(self.runs.then(|| context.root.join("runs")));
        folders.extend(self.cache.then(|| context.cache.clone()));
        let mut removed = Vec::new();
        for folder in folders.iter().filter(|folder| folder.exists()) {
            let freed_bytes = size_bytes(folder);
            if !context.dry_run {
                fs::remove_dir_all(folder)?;
            }
            removed.push(Removed { path: folder.display().to_string(), freed_bytes });
        }
        if context.json {
            return output::json(&removed);
        }
        if removed.is_empty() {
            say!("nothing to remove")?;
        }
        for Removed { path, freed_bytes } in removed {
            let verb = if context.dry_run { "would remove" } else { "removed" };
            say!("{verb} {path}: {:.1} MB", freed_bytes as f64 / 1e6)?;
        }
        Ok(())
    }
}

/// The bytes in all files below `folder`; links count as zero.
fn size_bytes(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_dir() => size_bytes(&entry.path()),
            Ok(data) if data.is_file() => data.len(),
            _ => 0,
        })
        .sum()
}
