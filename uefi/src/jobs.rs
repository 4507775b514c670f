// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs the stick's jobs: measures into memory, then saves to the stick.

use alloc::format;

use baremetal::engine::{self, WorkloadMemory};
use baremetal::machine::{Machine, words_wanted};
use chaos_ffi::Place;
use chaos_stick::{
    CAPTURES_PATH, CONF_PATH, CaptureName, Conf, Machine as StickMachine, next_number,
};
use chaos_wire::{
    FrameWriter, GuestStatus, Job, Marker, Request, SMALLEST_BUFFER_WORDS, Target, Timer, run_jobs,
};

use crate::computer::Computer;
use crate::failure::Failure;
use crate::pages::Pages;
use crate::stick::{self, NewCapture, Pieces};

/// Maximum bytes of meta, health and report frames.
const TEXT_BYTES: u64 = 64 * 1024;

/// The configuration of the stick.
pub(crate) fn conf() -> Result<Conf, Failure> {
    let text = stick::read_text(CONF_PATH)?.ok_or_else(|| {
        Failure::new(
            format!("reading {CONF_PATH}"),
            "the stick has no such file",
            "Make it, with one line such as uchaos.job=raw:1000000, and try again.",
        )
    })?;
    let conf = Conf::parse(&text).map_err(|error| {
        Failure::new(
            format!("reading {CONF_PATH}, line {}", error.line),
            format!("{}", error.fault),
            "Correct the line and try again.",
        )
    })?;
    if conf.request.timer != Timer::Off {
        return Err(Failure::new(
            format!("reading {CONF_PATH}"),
            "uchaos.timer asks for timer interrupts, which a UEFI program does not have",
            "Remove that key and try again.",
        ));
    }
    if conf.request.jobs.is_empty() {
        return Err(Failure::new(
            format!("reading {CONF_PATH}"),
            "it has no jobs",
            "Add a line such as uchaos.job=raw:1000000 and try again.",
        ));
    }
    Ok(conf)
}

/// The number of the next measurement on the stick.
pub(crate) fn new_number() -> Result<u32, Failure> {
    let recorded = stick::recorded()?;
    next_number(recorded.iter().map(|recorded| recorded.name)).ok_or_else(|| {
        Failure::new(
            format!("naming a capture in {CAPTURES_PATH}"),
            "the highest number is used",
            "Copy the captures to a computer and delete them from the stick.",
        )
    })
}

/// Runs the jobs of `conf` once.
pub(crate) fn run(
    computer: &mut Computer,
    memory: &mut WorkloadMemory,
    conf: &Conf,
) -> Result<GuestStatus, Failure> {
    let number = new_number()?;
    let name = CaptureName { number, machine: StickMachine::Bare, boot: None };
    measure(computer, memory, &conf.request_for(StickMachine::Bare), name)
}

/// Measures, and saves the capture as `name`. A failed job is in its capture, with the reason.
pub(crate) fn measure(
    computer: &mut Computer,
    memory: &mut WorkloadMemory,
    request: &Request,
    name: CaptureName,
) -> Result<GuestStatus, Failure> {
    let words = words_wanted(request);
    let Some(mut buffer) =
        Pages::take(words).filter(|buffer| buffer.len() >= SMALLEST_BUFFER_WORDS)
    else {
        return Err(Failure::new(
            "buffering samples",
            "too little memory",
            "Ask for fewer samples.",
        ));
    };
    let new = NewCapture::begin(name, expected_bytes(request))?;
    computer.say(&format_args!("measuring; the keyboard is not read meanwhile"));
    let mut capture = Pieces::default();
    let status = frames(computer, memory, request, &mut buffer, &mut capture);
    let status = match status {
        Ok(status) => status,
        Err(failure) => {
            new.discard();
            return Err(failure);
        }
    };
    drop(buffer);
    let bytes = capture.len_bytes();
    new.keep(&capture, &mut |stage| {
        computer.say(&format_args!("{stage} {CAPTURES_PATH}/{name}: {bytes} bytes"));
    })?;
    computer.say(&format_args!("kept {CAPTURES_PATH}/{name}: {bytes} bytes"));
    computer.say(&Marker::Done { status: status.number() });
    Ok(status)
}

/// The whole capture in memory.
fn frames(
    computer: &mut Computer,
    memory: &mut WorkloadMemory,
    request: &Request,
    buffer: &mut [u64],
    capture: &mut Pieces,
) -> Result<GuestStatus, Failure> {
    let mut place = Place::new();
    let engine = engine::start(&request.params, &mut place, memory, computer);
    let mut machine =
        Machine { engine, timer: request.timer, params: request.params, platform: computer };
    let mut frames = FrameWriter::new(capture);
    let status = match run_jobs(request, Target::BareMetal, &mut machine, &mut frames, buffer) {
        Ok(()) => GuestStatus::Success,
        Err(error) => {
            computer.error(&error);
            error.status()
        }
    };
    frames.done(status).map_err(|error| {
        Failure::new("putting the capture together", error.text, "Ask for fewer samples.")
    })?;
    Ok(status)
}

/// The approximate length of the capture.
fn expected_bytes(request: &Request) -> u64 {
    let bytes = |job| match job {
        Job::Raw { samples } => samples.saturating_mul(8),
        Job::Stream { len_bytes } | Job::Seed { len_bytes } => len_bytes,
        Job::Restart { rows, columns } => u64::from(rows) * (u64::from(columns) + 4) * 8,
        Job::SelfTest => 0,
    };
    let payload: u64 = request.jobs.iter().map(bytes).fold(TEXT_BYTES, u64::saturating_add);
    // Frames of 1 MiB have 20 bytes of header.
    payload.saturating_add(payload >> 15)
}
