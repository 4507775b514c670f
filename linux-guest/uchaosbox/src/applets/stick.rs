// SPDX-License-Identifier: GPL-2.0-or-later
//! `stick`: one measurement of a PC that was started from a USB stick. What is measured stands on the stick, and what
//! was measured is kept there, whole or not at all. What the machine does next is left in [`AFTER_PATH`].

mod capture;
mod volume;

use core::fmt::{self, Write as _};

use chaos_stick::{
    After, CAPTURES_PATH, CONF_PATH, CaptureName, Conf, Machine, SERIES_PATH, Series, next_number,
};
use chaos_wire::{GuestStatus, Marker, Request, Sampler as _, Target};
use rustix::io::Errno;

use self::volume::Volume;
use crate::applets::{Stop, job};
use crate::machine::{Linux, loader};
use crate::run::file::{self, read_text};
use crate::run::output::Stdout;

/// Where the script that called this reads what comes next.
const AFTER_PATH: &str = "/tmp/after";
/// Bytes that the configuration may have.
const CONF_BYTES: usize = 8192;

/// Measures once, and leaves what comes next.
pub(crate) fn run() -> Result<(), Stop> {
    let done = measure();
    let after = done.as_ref().copied().unwrap_or(After::Menu);
    if let Some(text) = done.as_ref().err().and_then(Stop::unsaid) {
        Linux::closed().mark(&Marker::Error { text });
    }
    file::create(AFTER_PATH)
        .and_then(|file| file::write_all(file, after.word().as_bytes()))
        .map_err(|error| {
            Stop::new(GuestStatus::JobFailed, format_args!("writing {AFTER_PATH}: {error}"))
        })?;
    done.map(drop).map_err(|stop| Stop::said(stop.status()))
}

fn measure() -> Result<After, Stop> {
    let volume = Volume::find()?;
    let done = measure_on(&volume);
    let left = volume.leave();
    done.and_then(|after| left.map(|()| after))
}

fn measure_on(volume: &Volume) -> Result<After, Stop> {
    let conf = read_conf(volume)?;
    let request = conf.request_for(Machine::Linux);
    if request.jobs.is_empty() {
        return Err(bad(format_args!(
            "{CONF_PATH} has no job: add a line such as uchaos.job=raw:1000000"
        )));
    }
    job::check(&request)?;
    volume.make_writable()?;
    let Some(plan) = plan(volume, &conf)? else { return Ok(conf.after) };
    capture::check_room(volume, &request)?;
    load_module(&request)?;
    let mut machine = Linux::on_stick();
    let kept = capture::record(volume, plan.name, &request, &mut machine)?;
    // A console that is gone changes nothing.
    let _ = writeln!(Stdout, "kept {CAPTURES_PATH}/{} ({} bytes)", plan.name, kept.len_bytes);
    if kept.status != GuestStatus::Success {
        // What failed was printed, and is in the capture.
        return Err(Stop::said(kept.status));
    }
    next(volume, plan.series, conf.after)
}

fn bad(what: fmt::Arguments<'_>) -> Stop {
    Stop::new(GuestStatus::BadCommandLine, what)
}

fn read_conf(volume: &Volume) -> Result<Conf, Stop> {
    let mut place = [0; CONF_BYTES];
    let text =
        volume.with_path(CONF_PATH, |path| read_text(path, &mut place)).map_err(|error| {
            let why = match error {
                Errno::ILSEQ => "it is not UTF-8 text",
                Errno::FBIG => "it has more than 8 KiB",
                error => return volume.failed("reading the stick's configuration", error),
            };
            bad(format_args!("reading {CONF_PATH}: {why}"))
        })?;
    Conf::parse(text).map_err(|error| bad(format_args!("{error}")))
}

/// Which capture comes next, and of which series.
struct Plan {
    name: CaptureName,
    series: Option<Series>,
}

/// What comes next; nothing, if it was the end of a series that a power cut hid.
fn plan(volume: &Volume, conf: &Conf) -> Result<Option<Plan>, Stop> {
    match series(volume)? {
        Some(series) if series.machine == Machine::Linux => {
            let Some(boot) = series.next_boot(|name| volume.has(name)) else {
                end_series(volume)?;
                return Ok(None);
            };
            let _ = writeln!(Stdout, "series {}: boot {boot} of {}", series.number, series.boots);
            Ok(Some(Plan { name: series.capture(boot), series: Some(series) }))
        }
        Some(series) if conf.boots > 1 => Err(bad(format_args!(
            "a series of restarts of the machine `{}` is in progress: choose that machine in the menu, or delete {SERIES_PATH}",
            series.machine
        ))),
        _ => fresh(volume, conf).map(Some),
    }
}

/// A measurement with the next number, the first of a series if one is requested.
fn fresh(volume: &Volume, conf: &Conf) -> Result<Plan, Stop> {
    let Some(number) = next_number(volume.captures()?) else {
        return Err(bad(format_args!(
            "{CAPTURES_PATH} holds a capture with the last number: move the captures to another disk"
        )));
    };
    let machine = Machine::Linux;
    if conf.boots == 1 {
        return Ok(Plan { name: CaptureName { number, machine, boot: None }, series: None });
    }
    let series = Series { number, machine, boots: conf.boots };
    capture::write_series(volume, series)?;
    let _ = writeln!(Stdout, "series {number}: boot 1 of {}", series.boots);
    Ok(Plan { name: series.capture(1), series: Some(series) })
}

fn series(volume: &Volume) -> Result<Option<Series>, Stop> {
    let mut place = [0; 128];
    match volume.with_path(SERIES_PATH, |path| read_text(path, &mut place)) {
        Ok(text) => Series::parse(text).map(Some).ok_or_else(|| {
            bad(format_args!("{SERIES_PATH} is damaged: delete it, and start the series again"))
        }),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(volume.failed("reading the series", error)),
    }
}

/// What the machine does after a capture: an unfinished series restarts it.
fn next(volume: &Volume, series: Option<Series>, after: After) -> Result<After, Stop> {
    let Some(series) = series else { return Ok(after) };
    if series.next_boot(|name| volume.has(name)).is_some() {
        return Ok(After::Reboot);
    }
    end_series(volume)?;
    Ok(after)
}

fn end_series(volume: &Volume) -> Result<(), Stop> {
    let _ = writeln!(Stdout, "the series is complete");
    volume
        .with_path(SERIES_PATH, |path| rustix::fs::unlink(path))
        .and_then(|()| volume.sync())
        .map_err(|error| volume.failed("ending the series", error))
}

/// Has the module loaded with the parameters of the request.
fn load_module(request: &Request) -> Result<(), Stop> {
    if Linux::closed().open(Target::LinuxModule, request).is_ok() {
        return Ok(());
    }
    let failed = |error: Errno| {
        Stop::new(
            GuestStatus::JobFailed,
            format_args!("loading the module with the configuration's parameters: {error}"),
        )
    };
    match loader::unload() {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(failed(error)),
    }
    loader::load(loader::MODULE_PATH, request).map_err(failed)
}
