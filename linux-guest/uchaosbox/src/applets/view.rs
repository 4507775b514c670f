// SPDX-License-Identifier: GPL-2.0-or-later
//! `view`: shows a file as bytes or as samples of raw noise.

use chaos_wire::GuestStatus;
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use uchaosbox::View;

use crate::applets::views::{Content, HISTOGRAM_SAMPLES, Shown, histogram, room};
use crate::applets::{Stop, system};
use crate::run::file::{self, read_full};
use crate::run::map;

/// Bytes that are read at once.
const PIECE_BYTES: usize = 1 << 16;

pub(crate) fn run(path: Option<&str>, view: Option<View>) -> Result<(), Stop> {
    let Some(path) = path else {
        return Err(Stop::new(
            GuestStatus::BadCommandLine,
            "view: which file? For example `uchaosbox view raw.u64le --histogram`",
        ));
    };
    // The kernel's name for what the process was given as standard input.
    let (place, name) =
        if path == "-" { ("/proc/self/fd/0", "standard input") } else { (path, path) };
    let file = file::open(place).map_err(failed("opening", name))?;
    match view {
        Some(View::Histogram) => of_all(&file, name),
        _ => in_pieces(&file, name, view),
    }
}

fn failed(doing: &'static str, name: &str) -> impl Fn(Errno) -> Stop {
    move |error| {
        let reason = match error {
            Errno::NOENT => "there is no such file",
            Errno::ACCESS | Errno::PERM => "this user may not read it",
            Errno::ISDIR => "it is a folder",
            _ => "the system refuses",
        };
        Stop::new(GuestStatus::JobFailed, format_args!("{doing} {name}: {error}: {reason}"))
    }
}

fn in_pieces(file: &OwnedFd, name: &str, view: Option<View>) -> Result<(), Stop> {
    // A file without an option is bytes, and its view a hex dump.
    let content = if view.is_some() { Content::Samples } else { Content::Bytes };
    let mut shown = Shown::new(content, view.or(Some(View::Text)));
    let buffer = map::bytes(PIECE_BYTES).map_err(system("mapping a buffer"))?;
    loop {
        let (len, _) = read_full(file, buffer).map_err(failed("reading", name))?;
        let piece = buffer.get(..len).unwrap_or_default();
        if content == Content::Samples {
            whole_samples(len, name)?;
        }
        shown.piece(piece)?;
        if len < PIECE_BYTES {
            return shown.end();
        }
    }
}

fn of_all(file: &OwnedFd, name: &str) -> Result<(), Stop> {
    let deltas = room(HISTOGRAM_SAMPLES)?;
    let (len, _) =
        read_full(file, bytemuck::cast_slice_mut(deltas)).map_err(failed("reading", name))?;
    whole_samples(len, name)?;
    histogram(deltas.get(..len / 8).unwrap_or_default())
}

fn whole_samples(len: usize, name: &str) -> Result<(), Stop> {
    if len.is_multiple_of(8) {
        return Ok(());
    }
    Err(Stop::new(
        GuestStatus::JobFailed,
        format_args!("{name} ends within a sample: raw noise has 8 bytes for each"),
    ))
}
