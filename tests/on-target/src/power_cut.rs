// SPDX-License-Identifier: GPL-2.0-or-later
//! Power cuts: the machine is paused again and again while it writes to a slow stick, and each state of the stick that comes
//! of it is what a cut would leave.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use guest_run::file_sha256;

use super::Rig;
use super::pc::Pc;

/// How many different states were seen.
#[derive(Debug, Default)]
pub(super) struct States {
    pub(super) without: usize,
    pub(super) with: usize,
}

/// Until the machine says `kept`: `has_capture` checks a copy of the stick, and says whether the capture is on it.
pub(super) fn at_every_stage(
    rig: &Rig,
    pc: &mut Pc,
    stick: &Path,
    kept: &str,
    has_capture: impl Fn(&Path) -> Result<bool>,
) -> Result<States> {
    let copy = rig.scratch().join("cut.img");
    let mut seen = BTreeSet::new();
    let mut states = States::default();
    loop {
        let is_last = pc.said().contains(kept);
        pc.pause(true)?;
        fs::copy(stick, &copy).context("copying the stick")?;
        pc.pause(false)?;
        if seen.insert(file_sha256(&copy)?) {
            if has_capture(&copy)? {
                states.with += 1;
            } else {
                states.without += 1;
            }
        }
        if is_last {
            return Ok(states);
        }
        pc.listen(Duration::from_millis(20))?;
    }
}
