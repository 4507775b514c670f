// SPDX-License-Identifier: GPL-2.0-or-later
//! One page on all cells of a campaign: min-entropy by group, outliers and their rule, drift, and cells without a
//! figure with the reason. Like every report it needs no network and no script.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

mod campaign;
mod drift;
mod groups;
mod heat;
mod page;
mod parts;
mod stats;

use std::path::Path;

use anyhow::{Context, Result};

/// Writes the report of the campaign in `folder` atomically to the file `out`. Links to the reports of runs are
/// relative to the folder of `out`.
///
/// # Errors
/// Returns an error if the folder is not a campaign, or `out` cannot be written.
pub fn write_campaign_report(folder: &Path, out: &Path) -> Result<()> {
    let campaign = campaign::read(folder)?;
    let place =
        out.parent().filter(|place| !place.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = page::html(&campaign, &campaign::route(place, folder)?);
    let writing = || format!("writing {}", out.display());
    let fresh = tempfile::NamedTempFile::new_in(place).with_context(writing)?;
    fs_err::write(fresh.path(), text)?;
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    fresh.as_file().set_permissions(mode).with_context(writing)?;
    fresh.persist(out).map(drop).with_context(writing)
}
