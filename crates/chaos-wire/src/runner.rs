// SPDX-License-Identifier: GPL-2.0-or-later
//! The job loop that every target runs: fill the buffer while nothing is written, then drain it, and repeat.

use core::fmt::{self, Write as _};

use chaos_vocab::EngineError;

use crate::frame::{Kind, MAX_PAYLOAD_BYTES};
use crate::job::Job;
use crate::marker::Marker;
use crate::request::Request;
use crate::sampler::{Port, PortError, Sampler};
use crate::status::GuestStatus;
use crate::target::Target;
use crate::text::TextBuffer;
use crate::writer::FrameWriter;

/// Words of the smallest buffer that [`run_jobs`] works with: the texts are put together in it.
pub const SMALLEST_BUFFER_WORDS: usize = 512;

/// Why a target's jobs could not be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JobsError {
    /// The port did not take a frame.
    Port(PortError),
    /// A job failed. Its report says so, and the frames before it are good.
    Job { target: Target, job: Job, failure: EngineError },
    /// The buffer cannot hold a row of the restart matrix, or a text.
    Buffer {
        /// Words that it should have.
        needed_words: usize,
        /// Words that it has.
        given_words: usize,
    },
}

impl From<PortError> for JobsError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl JobsError {
    /// How a guest ends that met this.
    #[must_use]
    pub const fn status(&self) -> GuestStatus {
        match self {
            Self::Port(_) => GuestStatus::NoDataPort,
            Self::Job { .. } => GuestStatus::JobFailed,
            Self::Buffer { .. } => GuestStatus::TooLittleMemory,
        }
    }
}

impl fmt::Display for JobsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Port(error) => write!(f, "writing a frame: {error}"),
            Self::Job { target, job, failure } => write!(f, "job {job} of {target}: {failure}"),
            Self::Buffer { needed_words, given_words } => write!(
                f,
                "buffering samples: {} bytes are needed and {} are there; give the guest more memory or ask for fewer columns",
                needed_words.saturating_mul(8),
                given_words.saturating_mul(8)
            ),
        }
    }
}

impl core::error::Error for JobsError {}

/// Does the request's jobs on one target: a meta frame, then for each job its frames, a health frame and a
/// report. Jobs that the target cannot do are named in the meta frame (`skipped=`).
///
/// `buffer` holds samples while they are taken; the larger it is, the fewer pauses a job has for writing.
///
/// # Errors
/// Returns the first port error or failed job; what comes after it is not tried.
pub fn run_jobs<M: Sampler + ?Sized, P: Port>(
    request: &Request,
    target: Target,
    machine: &mut M,
    frames: &mut FrameWriter<P>,
    buffer: &mut [u64],
) -> Result<(), JobsError> {
    if buffer.len() < SMALLEST_BUFFER_WORDS {
        return Err(JobsError::Buffer {
            needed_words: SMALLEST_BUFFER_WORDS,
            given_words: buffer.len(),
        });
    }
    let buffer_words = buffer.len();
    text_frame(frames, Kind::Meta, target, buffer, |text| {
        machine.meta(text)?;
        writeln!(text, "request={request}\nbuffer_words={buffer_words}")?;
        let mut skipped = request.jobs.iter().filter(|job| !target.can(*job));
        skipped.try_for_each(|job| writeln!(text, "skipped={job}"))
    })?;
    let mut run = Run { target, machine, frames, buffer, tally: Tally::default() };
    for job in request.jobs.iter().filter(|job| target.can(*job)) {
        run.job(job)?;
    }
    Ok(())
}

/// Ends a capture: an error line where there was an error, the `done` frame and the `done` line. Returns the
/// status with which the guest is to leave.
pub fn finish<M: Sampler + ?Sized, P: Port>(
    result: Result<(), JobsError>,
    machine: &mut M,
    frames: &mut FrameWriter<P>,
) -> GuestStatus {
    let mut status = GuestStatus::Success;
    if let Err(error) = result {
        status = error.status();
        mark_error(machine, &error);
    }
    if let Err(error) = frames.done(status) {
        status = JobsError::Port(error).status();
        mark_error(machine, &JobsError::Port(error));
    }
    machine.mark(&Marker::Done { status: status.number() });
    status
}

fn mark_error<M: Sampler + ?Sized>(machine: &mut M, error: &JobsError) {
    let mut place = [0; 240];
    let mut text = TextBuffer::new(&mut place);
    // A text that is cut is still the best there is to say.
    let _ = write!(text, "{error}");
    let text = core::str::from_utf8(text.as_bytes()).unwrap_or_default();
    machine.mark(&Marker::Error { text });
}

/// What a job's report says about how it went.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    /// How often the buffer was filled.
    chunks: u64,
    /// Ticks while it was being filled; the rest of the job's time went into writing.
    fill_ticks: u64,
}

struct Run<'a, M: ?Sized, P> {
    target: Target,
    machine: &'a mut M,
    frames: &'a mut FrameWriter<P>,
    buffer: &'a mut [u64],
    tally: Tally,
}

impl<M: Sampler + ?Sized, P: Port> Run<'_, M, P> {
    fn job(&mut self, job: Job) -> Result<(), JobsError> {
        let target = self.target;
        self.machine.mark(&Marker::Begin { target, job });
        self.tally = Tally::default();
        let begin_ticks = self.machine.ticks();
        let done = match job {
            Job::Raw { samples } => self.raw(samples),
            Job::Stream { len_bytes } => self.bytes(Kind::Stream, len_bytes, M::stream),
            Job::Seed { len_bytes } => self.bytes(Kind::Seed, len_bytes, M::seed),
            Job::Restart { rows, columns } => self.restart(rows, columns),
            Job::SelfTest => self.self_test(),
        };
        let end_ticks = self.machine.ticks();
        let failure = match done {
            Ok(()) => None,
            Err(Stop::Failed(failure)) => Some(failure),
            Err(Stop::Run(error)) => return Err(error),
        };
        let Tally { chunks, fill_ticks } = self.tally;
        let machine = &mut *self.machine;
        text_frame(self.frames, Kind::Health, target, self.buffer, |text| machine.health(text))?;
        text_frame(self.frames, Kind::Report, target, self.buffer, |text| {
            writeln!(text, "job={job}\nbegin_ticks={begin_ticks}\nend_ticks={end_ticks}")?;
            writeln!(text, "fill_ticks={fill_ticks}\nchunks={chunks}")?;
            match failure {
                None => writeln!(text, "failed=no"),
                Some(failure) => writeln!(text, "failed=yes\nfailure={failure}"),
            }
        })?;
        match failure {
            None => self.machine.mark(&Marker::End { target, job }),
            Some(failure) => return Err(JobsError::Job { target, job, failure }),
        }
        Ok(())
    }

    /// Fills part of the buffer, and notes how long that took.
    fn fill(
        &mut self,
        fill: impl FnOnce(&mut M, &mut [u64]) -> Result<(), EngineError>,
    ) -> Result<(), Stop> {
        let begin = self.machine.ticks();
        let filled = fill(self.machine, self.buffer);
        self.tally.fill_ticks += self.machine.ticks().wrapping_sub(begin);
        self.tally.chunks += 1;
        filled.map_err(Stop::Failed)
    }

    fn raw(&mut self, samples: u64) -> Result<(), Stop> {
        let mut left = samples;
        while left > 0 {
            let count = part(left, self.buffer.len());
            self.fill(|machine, buffer| machine.raw(head_mut(buffer, count)))?;
            let deltas = little_endian(head_mut(self.buffer, count));
            for piece in deltas.chunks(MAX_PAYLOAD_BYTES / 8) {
                self.frames.frame(Kind::Raw, self.target, bytemuck::cast_slice(piece))?;
            }
            left -= count as u64;
        }
        Ok(())
    }

    fn bytes(
        &mut self,
        kind: Kind,
        len_bytes: u64,
        take: impl Fn(&mut M, &mut [u8]) -> Result<(), EngineError>,
    ) -> Result<(), Stop> {
        let mut left = len_bytes;
        while left > 0 {
            let count = part(left, self.buffer.len() * 8);
            self.fill(|machine, buffer| {
                take(machine, head_mut(bytemuck::cast_slice_mut(buffer), count))
            })?;
            let bytes = head_mut(bytemuck::cast_slice_mut(self.buffer), count);
            for piece in bytes.chunks(MAX_PAYLOAD_BYTES) {
                self.frames.frame(kind, self.target, piece)?;
            }
            left -= count as u64;
        }
        Ok(())
    }

    fn restart(&mut self, rows: u32, columns: u32) -> Result<(), Stop> {
        // Each row lies in the buffer as in its frame: one word for row and columns, then its deltas.
        let row_words = columns as usize + 1;
        let given_words = self.buffer.len();
        if given_words < row_words {
            return Err(Stop::Run(JobsError::Buffer { needed_words: row_words, given_words }));
        }
        let mut next_row = 0;
        while next_row < rows {
            let count = part((rows - next_row).into(), given_words / row_words);
            self.fill(|machine, buffer| {
                for (row, words) in
                    (next_row..).zip(head_mut(buffer, count * row_words).chunks_mut(row_words))
                {
                    if let Some((label, deltas)) = words.split_first_mut() {
                        *label = u64::from(row) | u64::from(columns) << 32;
                        machine.restart_row(deltas)?;
                    }
                }
                Ok(())
            })?;
            for words in little_endian(head_mut(self.buffer, count * row_words)).chunks(row_words) {
                self.frames.frame(Kind::RestartRow, self.target, bytemuck::cast_slice(words))?;
            }
            next_row += count as u32;
        }
        Ok(())
    }

    fn self_test(&mut self) -> Result<(), Stop> {
        let mut passed = Ok(());
        let machine = &mut *self.machine;
        text_frame(self.frames, Kind::SelfTest, self.target, self.buffer, |text| {
            passed = machine.self_test(text);
            Ok(())
        })?;
        self.tally.chunks = 1;
        passed.map_err(Stop::Failed)
    }
}

/// What stops a job: its own failure, which its report names, or one that ends the run.
enum Stop {
    Failed(EngineError),
    Run(JobsError),
}

impl From<PortError> for Stop {
    fn from(error: PortError) -> Self {
        Self::Run(error.into())
    }
}

impl From<JobsError> for Stop {
    fn from(error: JobsError) -> Self {
        Self::Run(error)
    }
}

/// Puts a text together in the buffer and writes it as one frame.
fn text_frame<P: Port>(
    frames: &mut FrameWriter<P>,
    kind: Kind,
    target: Target,
    buffer: &mut [u64],
    write: impl FnOnce(&mut TextBuffer<'_>) -> fmt::Result,
) -> Result<(), JobsError> {
    let given_words = buffer.len();
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(buffer);
    let room = bytes.len().min(MAX_PAYLOAD_BYTES);
    let mut text = TextBuffer::new(head_mut(bytes, room));
    let written = write(&mut text);
    if written.is_err() || text.overflowed() {
        return Err(JobsError::Buffer { needed_words: given_words.saturating_mul(2), given_words });
    }
    Ok(frames.frame(kind, target, text.as_bytes())?)
}

/// The smaller of what is left and what there is room for.
fn part(left: u64, room: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(room)
}

/// The first `count` items, or all where there are fewer.
fn head_mut<T>(slice: &mut [T], count: usize) -> &mut [T] {
    let count = count.min(slice.len());
    slice.get_mut(..count).unwrap_or_default()
}

/// Puts words into the byte order of the frames. On this project's machines it is theirs already.
fn little_endian(words: &mut [u64]) -> &mut [u64] {
    if cfg!(target_endian = "big") {
        for word in words.iter_mut() {
            *word = word.to_le();
        }
    }
    words
}
