// SPDX-License-Identifier: GPL-2.0-or-later
//! Puts the frames of a capture together, and checks that they are consistent.

use std::io::Read;

use super::error::CaptureFault;
use super::frames::Frames;
use super::{Capture, Fields, Report, RestartMatrix, TargetCapture};
use crate::frame::{Header, Kind};
use crate::job::{Job, JobKind};
use crate::request::Request;
use crate::status::GuestStatus;
use crate::target::Target;

/// Reads all frames of a source: one capture.
pub(super) fn assemble<R: Read>(frames: &mut Frames<R>) -> Result<Capture, CaptureFault> {
    let capture = assemble_one(frames)?;
    match frames.next() {
        Ok(None) => Ok(capture),
        Err(fault @ CaptureFault::Read(_)) => Err(fault),
        _ => Err(CaptureFault::AfterDone),
    }
}

/// Reads the frames of a source up to a `done` frame.
pub(super) fn assemble_one<R: Read>(frames: &mut Frames<R>) -> Result<Capture, CaptureFault> {
    let mut assembly = Assembly::default();
    let status = loop {
        let number = frames.number();
        match frames.next()? {
            Some((header, payload)) if header.kind == Kind::Done => {
                break assembly.done(header, payload)?;
            }
            Some((header, payload)) => assembly.take(header, payload)?,
            None if assembly.targets.is_empty() && number == 0 => return Err(CaptureFault::Empty),
            None => return Err(CaptureFault::NoDone),
        }
    };
    let (count, len_bytes) = (frames.number().saturating_add(1), frames.end_bytes());
    Ok(Capture { targets: assembly.targets, status, frames: count, len_bytes })
}

#[derive(Default)]
struct Assembly {
    targets: Vec<TargetCapture>,
    /// The kind of the data frames since the last report.
    open: Option<JobKind>,
    health: Option<Fields>,
    /// The current target's last job failed: no more can come of it.
    failed: bool,
}

impl Assembly {
    fn take(&mut self, header: Header, payload: &[u8]) -> Result<(), CaptureFault> {
        let out_of_place =
            |why| CaptureFault::OutOfPlace { kind: header.kind, target: header.target, why };
        if header.kind == Kind::Meta {
            return self.begin_target(header, payload);
        }
        let taken = self.targets.last_mut().filter(|taken| taken.target == header.target).ok_or(
            out_of_place("a target begins with a meta frame, and ends before the next one begins"),
        )?;
        if self.failed {
            return Err(out_of_place("the target's last job failed, and nothing can follow it"));
        }
        if self.health.is_some() && header.kind != Kind::Report {
            return Err(out_of_place("a job's report follows its health frame"));
        }
        if let Some(kind) = job_kind(header.kind) {
            if *self.open.get_or_insert(kind) != kind {
                return Err(out_of_place(
                    "one job ends with its report before the next one begins",
                ));
            }
            if taken.report(kind).is_some() {
                return Err(out_of_place("there is a report on a job of this kind already"));
            }
        }
        match header.kind {
            Kind::Raw => taken.raw.extend(words(header.kind, payload)?),
            Kind::Stream => taken.stream.extend_from_slice(payload),
            Kind::Seed => taken.seed.extend_from_slice(payload),
            Kind::RestartRow => restart_row(&mut taken.restarts, payload)?,
            Kind::SelfTest => {
                taken.self_test.extend(text(header.kind, payload)?.lines().map(str::to_owned));
            }
            Kind::Health => self.health = Some(fields(header.kind, payload)?),
            _ => {
                let health = self
                    .health
                    .take()
                    .ok_or(out_of_place("a job's health frame precedes its report"))?;
                let report = report(header, payload, health)?;
                if self.open.take().is_some_and(|open| open != report.job.kind()) {
                    return Err(out_of_place("it is on another job than the frames before it"));
                }
                check_count(taken, &report)?;
                self.failed = report.failure.is_some();
                taken.reports.push(report);
            }
        }
        Ok(())
    }

    fn begin_target(&mut self, header: Header, payload: &[u8]) -> Result<(), CaptureFault> {
        let target = header.target;
        let out_of_place = |why| CaptureFault::OutOfPlace { kind: header.kind, target, why };
        if target == Target::None || self.targets.iter().any(|taken| taken.target == target) {
            return Err(out_of_place("each target begins once"));
        }
        if self.open.is_some() || self.health.is_some() {
            return Err(out_of_place("the job before it has no report"));
        }
        self.failed = false;
        self.targets.push(TargetCapture {
            target,
            meta: fields(header.kind, payload)?,
            raw: Vec::new(),
            stream: Vec::new(),
            seed: Vec::new(),
            restarts: None,
            self_test: Vec::new(),
            reports: Vec::new(),
        });
        Ok(())
    }

    fn done(&self, header: Header, payload: &[u8]) -> Result<GuestStatus, CaptureFault> {
        let wrong = |what| Err(CaptureFault::Done { what });
        let &[s0, s1, s2, s3, f0, f1, f2, f3] = payload else {
            return wrong("has another length than 8 bytes");
        };
        if header.target != Target::None {
            return wrong("claims to be of one target");
        }
        if u32::from_le_bytes([f0, f1, f2, f3]) != header.sequence {
            return wrong("counts another number of frames");
        }
        let Some(status) = GuestStatus::from_number(i32::from_le_bytes([s0, s1, s2, s3])) else {
            return wrong("has a status that no guest has");
        };
        if status == GuestStatus::Success {
            if self.failed
                || self
                    .targets
                    .iter()
                    .flat_map(|taken| &taken.reports)
                    .any(|report| report.failure.is_some())
            {
                return wrong("claims success after a failed job");
            }
            if self.open.is_some() || self.health.is_some() {
                return wrong("claims success in the middle of a job");
            }
            self.targets.iter().try_for_each(all_done)?;
        }
        Ok(status)
    }
}

/// Checks that a target did every job of its request that it can do.
fn all_done(taken: &TargetCapture) -> Result<(), CaptureFault> {
    let unreadable = |what: String| CaptureFault::Payload { kind: Kind::Meta, what };
    let request =
        taken.meta.get("request").ok_or_else(|| unreadable("has no request".to_owned()))?;
    let request = Request::parse(request).map_err(|error| unreadable(error.to_string()))?;
    let mut wanted = request.jobs.iter().filter(|job| taken.target.can(*job));
    match wanted.find(|job| taken.report(job.kind()).is_none_or(|report| report.job != *job)) {
        Some(job) => Err(CaptureFault::Missing { target: taken.target, job }),
        None => Ok(()),
    }
}

/// Checks that there is as much of a job as it asked for, or not more where it failed.
fn check_count(taken: &TargetCapture, report: &Report) -> Result<(), CaptureFault> {
    let job = report.job;
    let (given, shape_fits) = match job {
        Job::Raw { .. } => (taken.raw.len() as u64 * 8, true),
        Job::Stream { .. } => (taken.stream.len() as u64, true),
        Job::Seed { .. } => (taken.seed.len() as u64, true),
        Job::Restart { columns, .. } => taken.restarts.as_ref().map_or((0, true), |matrix| {
            (matrix.delta_ticks.len() as u64 * 8, matrix.columns == columns)
        }),
        Job::SelfTest => (0, true),
    };
    let expected = job.len_bytes();
    let enough = given == expected || (report.failure.is_some() && given <= expected);
    if enough && shape_fits {
        Ok(())
    } else {
        Err(CaptureFault::Count { target: taken.target, job, given, expected })
    }
}

fn report(header: Header, payload: &[u8], health: Fields) -> Result<Report, CaptureFault> {
    let fields = fields(header.kind, payload)?;
    let lacks = |key: &str| CaptureFault::Payload {
        kind: header.kind,
        what: format!("lacks a readable `{key}`"),
    };
    let number = |key| fields.number(key).ok_or_else(|| lacks(key));
    let failure = match fields.get("failed") {
        Some("no") => None,
        Some("yes") => Some(fields.get("failure").ok_or_else(|| lacks("failure"))?.to_owned()),
        _ => return Err(lacks("failed")),
    };
    Ok(Report {
        job: fields.get("job").and_then(|job| Job::parse(job).ok()).ok_or_else(|| lacks("job"))?,
        begin_ticks: number("begin_ticks")?,
        end_ticks: number("end_ticks")?,
        fill_ticks: number("fill_ticks")?,
        chunks: number("chunks")?,
        failure,
        health,
    })
}

fn restart_row(restarts: &mut Option<RestartMatrix>, payload: &[u8]) -> Result<(), CaptureFault> {
    let wrong =
        |what: &str| CaptureFault::Payload { kind: Kind::RestartRow, what: what.to_owned() };
    let mut deltas = words(Kind::RestartRow, payload)?;
    let label = deltas.next().ok_or_else(|| wrong("is empty"))?;
    let (row, columns) = (label as u32, (label >> 32) as u32);
    if deltas.len() != columns as usize || columns == 0 {
        return Err(wrong("has another number of samples than it says"));
    }
    let matrix =
        restarts.get_or_insert_with(|| RestartMatrix { rows: 0, columns, delta_ticks: Vec::new() });
    if matrix.columns != columns {
        return Err(wrong("has another number of columns than the row before it"));
    }
    if matrix.rows != row {
        return Err(wrong("is not the row that follows the one before it"));
    }
    matrix.rows += 1;
    matrix.delta_ticks.extend(deltas);
    Ok(())
}

/// Which job the data frames of a kind belong to.
fn job_kind(kind: Kind) -> Option<JobKind> {
    match kind {
        Kind::Raw => Some(JobKind::Raw),
        Kind::Stream => Some(JobKind::Stream),
        Kind::RestartRow => Some(JobKind::Restart),
        Kind::Seed => Some(JobKind::Seed),
        Kind::SelfTest => Some(JobKind::SelfTest),
        _ => None,
    }
}

/// A payload of u64 words.
fn words(kind: Kind, payload: &[u8]) -> Result<impl ExactSizeIterator<Item = u64>, CaptureFault> {
    let (words, rest) = payload.as_chunks::<8>();
    if !rest.is_empty() {
        return Err(CaptureFault::Payload {
            kind,
            what: "is not of whole 64-bit words".to_owned(),
        });
    }
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)))
}

fn text(kind: Kind, payload: &[u8]) -> Result<&str, CaptureFault> {
    std::str::from_utf8(payload)
        .map_err(|error| CaptureFault::Payload { kind, what: format!("is not UTF-8: {error}") })
}

fn fields(kind: Kind, payload: &[u8]) -> Result<Fields, CaptureFault> {
    Fields::parse(text(kind, payload)?).map_err(|line| CaptureFault::Payload {
        kind,
        what: format!("has a line without `key=`: {line:?}"),
    })
}
