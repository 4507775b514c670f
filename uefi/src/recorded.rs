// SPDX-License-Identifier: GPL-2.0-or-later
//! Lists the recorded captures on the stick, and checks the last ones.

use alloc::format;

use chaos_stick::CAPTURES_PATH;
use uchaos_uefi::summary::Summary;

use crate::computer::Computer;
use crate::failure::Failure;
use crate::stick::{self, Recorded};

/// Number of captures that fit a screen of 25 lines.
const SHOWN: usize = 16;

pub(crate) fn show(computer: &mut Computer) -> Result<(), Failure> {
    let recorded = stick::recorded()?;
    match recorded.len() {
        0 => computer.say(&format_args!("nothing is recorded in {CAPTURES_PATH}")),
        count => computer.say(&format_args!("captures in {CAPTURES_PATH}: {count}")),
    }
    let first = recorded.len().saturating_sub(SHOWN);
    if first > 0 {
        computer.say(&format_args!("  the last {SHOWN} of them:"));
    }
    for Recorded { name, bytes } in &recorded[first..] {
        let capture = stick::read(&format!("{CAPTURES_PATH}/{name}"))?.unwrap_or_default();
        match Summary::of(&capture) {
            Ok(summary) => computer.say(&format_args!("  {name}  {bytes} bytes  {summary}")),
            Err(damage) => computer.say(&format_args!("  {name}  {bytes} bytes  {damage}")),
        }
    }
    Ok(())
}
