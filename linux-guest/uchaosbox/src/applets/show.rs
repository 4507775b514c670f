// SPDX-License-Identifier: GPL-2.0-or-later
//! `stream`, `raw`, `seed` and `health`: one output of one target on standard output.

use core::fmt::Write as _;

use chaos_wire::{EngineError, GuestStatus, Job, Request, Sampler as _, Target, TextBuffer};
use uchaosbox::{Applet, View};

use crate::applets::views::{Content, HISTOGRAM_SAMPLES, Shown, histogram, room, unwritten};
use crate::applets::{Stop, system};
use crate::machine::Linux;
use crate::run::map;
use crate::run::output::Stdout;

/// Words that are taken before they are written.
const BUFFER_WORDS: usize = 8192;
/// Bytes of seed where no count is given: what the kernel's own generator asks for.
const SEED_BYTES: u64 = 32;
/// Samples on which `health` reports.
const HEALTH_SAMPLES: usize = 100_000;

/// Opens the request's one target, or an engine of this process's own.
pub(crate) fn open(request: &Request) -> Result<Linux, Stop> {
    if request.targets.len() > 1 {
        return Err(Stop::new(
            GuestStatus::BadCommandLine,
            "one target at a time: give one with --target",
        ));
    }
    let target = request.targets.iter().next().unwrap_or(Target::LinuxUser);
    let mut machine = Linux::closed();
    machine.open(target, request).map_err(failed)?;
    Ok(machine)
}

/// An output that did not come.
pub(crate) fn failed(failure: EngineError) -> Stop {
    Stop::new(GuestStatus::JobFailed, failure)
}

/// How much is wanted, as in the job grammar: `16M` for `stream:16M`.
pub(crate) fn wanted(applet: Applet, operand: Option<&str>) -> Result<Job, Stop> {
    let bad = |text: &dyn core::fmt::Display| Stop::new(GuestStatus::BadCommandLine, text);
    let Some(count) = operand else {
        if applet == Applet::Seed {
            return Ok(Job::Seed { len_bytes: SEED_BYTES });
        }
        return Err(bad(&format_args!(
            "{0}: how much? For example `uchaosbox {0} 1000`",
            applet.name()
        )));
    };
    let mut place = [0; 64];
    let mut text = TextBuffer::new(&mut place);
    write!(text, "{}:{count}", applet.name()).map_err(|_| bad(&"the count is too long"))?;
    Job::parse(core::str::from_utf8(text.as_bytes()).unwrap_or_default())
        .map_err(|problem| bad(&problem))
}

pub(crate) fn output(
    applet: Applet,
    request: &Request,
    operand: Option<&str>,
    view: Option<View>,
) -> Result<(), Stop> {
    let job = wanted(applet, operand)?;
    if view == Some(View::Histogram) {
        return raw_histogram(request, job);
    }
    let mut machine = open(request)?;
    let buffer = map::words(BUFFER_WORDS).map_err(system("mapping a buffer"))?;
    let content = if applet == Applet::Raw { Content::Samples } else { Content::Bytes };
    let mut shown = Shown::new(content, view);
    let mut left_bytes = job.len_bytes();
    while left_bytes > 0 {
        let len = usize::try_from(left_bytes).unwrap_or(usize::MAX).min(BUFFER_WORDS * 8);
        match job {
            Job::Raw { .. } => machine.raw(buffer.get_mut(..len / 8).unwrap_or_default()),
            Job::Seed { .. } => machine.seed(head(buffer, len)),
            _ => machine.stream(head(buffer, len)),
        }
        .map_err(failed)?;
        shown.piece(head(buffer, len))?;
        left_bytes -= len as u64;
    }
    shown.end()
}

/// All the samples are taken first, and in one piece.
fn raw_histogram(request: &Request, job: Job) -> Result<(), Stop> {
    let samples = usize::try_from(job.len_bytes() / 8).unwrap_or(usize::MAX);
    if samples > HISTOGRAM_SAMPLES {
        return Err(Stop::new(
            GuestStatus::BadCommandLine,
            format_args!("a histogram is of at most {HISTOGRAM_SAMPLES} samples"),
        ));
    }
    let mut machine = open(request)?;
    let deltas = room(samples)?;
    machine.raw(deltas).map_err(failed)?;
    histogram(deltas)
}

fn head(words: &mut [u64], len_bytes: usize) -> &mut [u8] {
    bytemuck::cast_slice_mut(words).get_mut(..len_bytes).unwrap_or_default()
}

pub(crate) fn health(request: &Request) -> Result<(), Stop> {
    let mut machine = open(request)?;
    if !request.targets.contains(Target::LinuxModule) {
        let buffer = map::words(HEALTH_SAMPLES).map_err(system("mapping a buffer"))?;
        machine.raw(buffer).map_err(failed)?;
    }
    machine.health(&mut Stdout).map_err(unwritten)
}
