// SPDX-License-Identifier: GPL-2.0-or-later
//! Saves a live view's data under the current settings, as the files of a run.

use std::path::PathBuf;

use anyhow::{Context, Result};
use chaos_wire::{Capture, GuestStatus};

use super::State;
use measure::files;
use measure::runs::RunFolder;
use measure::taken::{self, BootFacts};

/// Writes the samples and the bytes that are kept to a new run folder. Samples of one answer follow each other without
/// a break; between two answers the guest waited, with its engine as it was.
pub(super) fn save(state: &State) -> Result<PathBuf> {
    let last = state.figures.last().context("there are no samples yet")?;
    let (raw, stream) = state.figures.kept();
    let whole = chaos_wire::capture::TargetCapture { raw, stream, ..last.clone() };
    let capture =
        Capture { targets: vec![whole], status: GuestStatus::Success, frames: 0, len_bytes: 0 };
    let facts = BootFacts {
        accel: state.watch.accel.clone(),
        isolated: false,
        boot: 1,
        command: format!("{} watch", guest_run::program()),
    };
    let run = RunFolder::create(&state.watch.runs)?;
    for mut taken in taken::from_capture(capture, &[], &facts) {
        files::write(run.path(), &mut taken, None)?;
    }
    run.keep()
}
