// SPDX-License-Identifier: GPL-2.0-or-later
//! Turns a checked capture and the times of the console's lines into one [`TakenRun`] per target.

use std::collections::BTreeMap;

use chaos_wire::capture::TargetCapture;
use chaos_wire::{Capture, Marker, Request, Target};
use entropy_report::{Moment, RestartMatrix, TakenRun};
use guest_run::ConsoleLine;

/// The facts shared by all targets of one boot.
#[derive(Debug, Clone)]
pub struct BootFacts {
    pub accel: String,
    pub isolated: bool,
    pub boot: u32,
    pub command: String,
}

/// One run per target that the capture has.
pub fn from_capture(capture: Capture, lines: &[ConsoleLine], facts: &BootFacts) -> Vec<TakenRun> {
    capture.targets.into_iter().map(|target| from_target(target, lines, facts)).collect()
}

fn from_target(taken: TargetCapture, lines: &[ConsoleLine], facts: &BootFacts) -> TakenRun {
    let timeline = timeline(taken.target, lines);
    let at =
        |what: &str| timeline.iter().find(|moment| moment.what == what).map(|moment| moment.at_us);
    let stream_us =
        at("end stream").zip(at("begin stream")).map(|(end, begin)| end.saturating_sub(begin));
    let mut meta = pairs(&taken.meta);
    add_parameters(&mut meta);
    let health = taken.reports.last().map(|report| pairs(&report.health)).unwrap_or_default();
    TakenRun {
        target: taken.target.word().to_owned(),
        run: String::new(),
        accel: facts.accel.clone(),
        isolated: facts.isolated,
        boot: facts.boot,
        kernel: meta.get("kernel").cloned().unwrap_or_default(),
        boot_us: at("ready"),
        raw: taken.raw,
        stream: taken.stream,
        stream_seconds: stream_us.map(|us| us as f64 / 1e6),
        restarts: taken.restarts.map(|matrix| RestartMatrix {
            rows: matrix.rows as usize,
            columns: matrix.columns as usize,
            delta_ticks: matrix.delta_ticks,
        }),
        starts: None,
        health,
        meta,
        timeline,
        paths: BTreeMap::new(),
        command: facts.command.clone(),
    }
}

/// The engine's parameters one by one, from the request that the guest reports: every target runs with the
/// parameters of its request, or refuses it.
fn add_parameters(meta: &mut BTreeMap<String, String>) {
    let Some(Ok(request)) = meta.get("request").map(|request| Request::parse(request)) else {
        return;
    };
    for (parameter, number) in request.params.iter() {
        let value = || parameter.value(number).to_string();
        meta.entry(parameter.report_key().to_owned()).or_insert_with(value);
    }
}

/// The boot events of `target`, measured from the start of the process. Firmware does not use this console, so
/// the first line is the kernel's: by then it has been entered.
fn timeline(target: Target, lines: &[ConsoleLine]) -> Vec<Moment> {
    let entry = lines.first().filter(|_| target != Target::HostUser);
    let entry = entry.map(|line| Moment { what: "kernel entry".to_owned(), at_us: at_us(line) });
    let marked = lines.iter().filter_map(|line| {
        let what = match Marker::parse(&line.text)? {
            Marker::Ready => "ready".to_owned(),
            Marker::Begin { target: of, job } if of == target => {
                format!("begin {}", job.kind().word())
            }
            Marker::End { target: of, job } if of == target => {
                format!("end {}", job.kind().word())
            }
            Marker::Done { .. } => "done".to_owned(),
            _ => return None,
        };
        Some(Moment { what, at_us: at_us(line) })
    });
    entry.into_iter().chain(marked).collect()
}

fn at_us(line: &ConsoleLine) -> u64 {
    u64::try_from(line.at.as_micros()).unwrap_or(u64::MAX)
}

fn pairs(fields: &chaos_wire::capture::Fields) -> BTreeMap<String, String> {
    fields.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}
