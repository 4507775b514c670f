// SPDX-License-Identifier: GPL-2.0-or-later
//! `job`: the guest's half of a run. It reads the request, drives each target through the shared job loop, writes
//! the frames, and leaves with the status, through QEMU's exit device where there is one.

use core::fmt;

use chaos_wire::{
    DEBUG_EXIT_PORT, FrameWriter, GuestStatus, Job, JobsError, Marker, Port, Request,
    SMALLEST_BUFFER_WORDS, Sampler as _, Target, Targets, Timer, finish, run_jobs,
};

use crate::applets::port::DataPort;
use crate::applets::{Stop, request};
use crate::machine::Linux;
use crate::run::map;
use crate::run::syscall::write_io_port;

/// Most words that are buffered: a million samples, or a thousand rows of a thousand with their labels, in one piece.
const BUFFER_WORDS: usize = 1 << 20;

pub(crate) fn run(options: &str, output: Option<&str>) -> Result<(), Stop> {
    let mut machine = Linux::closed();
    let in_guest = output.is_none();
    let port = output.map_or_else(DataPort::virtio, DataPort::file);
    let status = match port {
        Ok(port) => run_into(port, options, &mut machine),
        Err(error) => {
            let status = GuestStatus::NoDataPort;
            tell(&mut machine, status, &error);
            status
        }
    };
    if in_guest {
        write_io_port(DEBUG_EXIT_PORT, status.debug_exit_value());
    }
    if status == GuestStatus::Success { Ok(()) } else { Err(Stop::said(status)) }
}

/// From the request to the `done` frame: once the port is open, every way out leaves through that frame.
fn run_into(port: DataPort, options: &str, machine: &mut Linux) -> GuestStatus {
    let mut frames = FrameWriter::new(port);
    let request = match request(options).and_then(|request| check(&request).map(|()| request)) {
        Ok(request) => request,
        Err(stop) => {
            let status = GuestStatus::BadCommandLine;
            // If the port does not take this either, the console still has the reason.
            let _ = frames.done(status);
            tell(machine, status, &stop.unsaid().unwrap_or("the request cannot be read"));
            return status;
        }
    };
    run_request(&request, machine, &mut frames)
}

/// Does the jobs of a request that was checked, up to the `done` frame.
pub(crate) fn run_request<P: Port>(
    request: &Request,
    machine: &mut Linux,
    frames: &mut FrameWriter<P>,
) -> GuestStatus {
    machine.mark(&Marker::Ready);
    let words = request.jobs.iter().map(buffer_words).max().unwrap_or_default();
    let result = match map::words_at_most(words, SMALLEST_BUFFER_WORDS) {
        Ok(buffer) => targets(request)
            .iter()
            .try_for_each(|target| one_target(request, target, machine, frames, buffer)),
        Err(_) => Err(JobsError::Buffer { needed_words: words, given_words: 0 }),
    };
    finish(result, machine, frames)
}

/// What the grammar allows and a Linux system cannot do.
pub(crate) fn check(request: &Request) -> Result<(), Stop> {
    let refuse = |what: fmt::Arguments<'_>| Err(Stop::new(GuestStatus::BadCommandLine, what));
    if request.jobs.is_empty() {
        return refuse(format_args!(
            "there is no job: give uchaos.job= on the kernel command line, or --job"
        ));
    }
    if request.timer != Timer::Off {
        return refuse(format_args!(
            "uchaos.timer={}: only the microkernel has this key",
            request.timer
        ));
    }
    if request.targets.contains(Target::BareMetal) {
        return refuse(format_args!("uchaos.target=baremetal: this is a Linux system"));
    }
    Ok(())
}

pub(crate) fn targets(request: &Request) -> Targets {
    if request.targets.is_empty() {
        Targets::EMPTY.with(Target::LinuxModule)
    } else {
        request.targets
    }
}

fn one_target<P: Port>(
    request: &Request,
    target: Target,
    machine: &mut Linux,
    frames: &mut FrameWriter<P>,
    buffer: &mut [u64],
) -> Result<(), JobsError> {
    let Some(job) = request.jobs.iter().find(|job| target.can(*job)) else {
        return Ok(());
    };
    // A target that does not open is a failure of the first job that it was wanted for.
    machine.open(target, request).map_err(|failure| JobsError::Job { target, job, failure })?;
    run_jobs(request, target, machine, frames, buffer)
}

/// Words that hold all of a job, as far as a buffer goes.
fn buffer_words(job: Job) -> usize {
    let words = match job {
        Job::Restart { rows, columns } => u64::from(rows) * (u64::from(columns) + 1),
        _ => job.len_bytes().div_ceil(8),
    };
    let least = match job {
        Job::Restart { columns, .. } => columns as usize + 1,
        _ => SMALLEST_BUFFER_WORDS,
    };
    usize::try_from(words).map_or(BUFFER_WORDS, |words| words.clamp(least, BUFFER_WORDS.max(least)))
}

fn tell(machine: &mut Linux, status: GuestStatus, error: &dyn fmt::Display) {
    let stop = Stop::new(status, error);
    machine.mark(&Marker::Error { text: stop.unsaid().unwrap_or_default() });
    machine.mark(&Marker::Done { status: status.number() });
}
