// SPDX-License-Identifier: GPL-2.0-or-later
//! 15: the database server makes its TLS key and its UUID at its first start, in isolation and with ordinary time.

use anyhow::{Context, Result};
use entropy_report::{Part, server_keys_tables};
use indicatif::ProgressBar;
use measure::server_keys::FirstStarts;

use crate::{Found, Guests};

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let images = guests.images.context("this experiment has no guests")?;
    let host = guests.host.context("this experiment has no QEMU")?;
    let starts = FirstStarts { images, host, machine: guests.machine, scratch: guests.scratch };
    let keys = starts.take_all(&ProgressBar::hidden())?;
    let texts: Vec<&str> = keys.claims.iter().map(|claim| claim.text.as_str()).collect();
    Ok(Found {
        parts: server_keys_tables(&keys).map(Part::Table).into(),
        commands: keys
            .pairs
            .iter()
            .flat_map(|pair| pair.starts.iter().map(|start| start.command.clone()))
            .collect(),
        conclusion: texts.join(" "),
    })
}
