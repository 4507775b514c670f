// SPDX-License-Identifier: GPL-2.0-or-later
//! 9: one saved machine of each guest, restored twice.

use anyhow::{Context, Result};
use entropy_report::{Part, clones_table};
use indicatif::ProgressBar;
use measure::clones::{self, Cloning, GenerationIds};
use measure::guest::GuestKind;

use crate::{Found, Guests};

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let images = guests.images.context("this experiment has no guests")?;
    let host = guests.host.context("this experiment has no QEMU")?;
    let both = [GuestKind::BareMetal, GuestKind::Linux];
    let (cases, left_out) = clones::plan(&both, guests.machine, host, GenerationIds::Without)?;
    let (machine, params, scratch) = (guests.machine, guests.params, guests.scratch);
    let cloning = Cloning { images, host, machine, params, scratch };
    let cloned = cloning.take_all(&cases, left_out, &ProgressBar::hidden())?;
    let mut found = Found::default();
    found.parts.push(Part::Table(clones_table(&cloned)));
    let rows = cloned.pairs.iter().filter(|pair| !pair.isolated).flat_map(|pair| {
        pair.outputs.iter().filter(|output| output.given_bytes[0] <= 32).flat_map(|output| {
            ["first", "second"].iter().zip(&output.first_bytes).map(|(clone, bytes)| {
                vec![pair.guest.clone(), output.name.clone(), (*clone).to_owned(), bytes.clone()]
            })
        })
    });
    let rows: Vec<_> = rows.collect();
    found.table("Secrets of ordinary clones", &["guest", "output", "clone", "bytes"], rows);
    found.commands = cloned.pairs.iter().flat_map(|pair| pair.commands.clone()).collect();
    let texts: Vec<&str> = cloned.claims.iter().map(|claim| claim.text.as_str()).collect();
    found.conclusion = texts.join(" ");
    Ok(found)
}
