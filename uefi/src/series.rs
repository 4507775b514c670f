// SPDX-License-Identifier: GPL-2.0-or-later
//! A series of real restarts: the same measurement after each of many cold resets. The existing captures are counted,
//! so a power cut costs at most one boot.

use core::time::Duration;

use baremetal::engine::WorkloadMemory;
use chaos_stick::{Conf, Machine, SERIES_PATH, Series};
use chaos_wire::GuestStatus;

use crate::computer::Computer;
use crate::failure::Failure;
use crate::{jobs, power, stick};

/// How long the user can stop the series.
const COUNTDOWN: Duration = Duration::from_secs(2);

/// The outcome of a boot of a series that did not restart the machine.
pub(crate) enum Ended {
    Complete,
    Stopped,
}

/// The series in progress, if it belongs to this machine.
pub(crate) fn pending() -> Result<Option<Series>, Failure> {
    let Some(text) = stick::read_text(SERIES_PATH)? else { return Ok(None) };
    let series = Series::parse(&text).ok_or_else(|| {
        Failure::new(
            alloc::format!("reading {SERIES_PATH}"),
            "it does not describe a series",
            "Delete the file to end the series.",
        )
    })?;
    Ok(Some(series).filter(|series| series.machine == Machine::Bare))
}

/// Starts a series, and restarts the machine for its first boot.
pub(crate) fn begin(computer: &mut Computer, conf: &Conf) -> Result<(), Failure> {
    let number = jobs::new_number()?;
    let series = Series { number, machine: Machine::Bare, boots: conf.boots };
    stick::write_text(SERIES_PATH, &alloc::format!("{series}"))?;
    computer.say(&format_args!("series {number}: {} boots, beginning with a restart", conf.boots));
    power::restart_to_same_entry()
}

/// Does the next boot of the series and restarts the machine, unless it was the last one or the user stops it.
pub(crate) fn go_on(
    computer: &mut Computer,
    memory: &mut WorkloadMemory,
    series: Series,
) -> Result<Ended, Failure> {
    let Some(boot) = next_boot(series)? else { return end(computer, series) };
    let Series { number, boots, .. } = series;
    computer.say(&format_args!(
        "series {number}: boot {boot} of {boots}; press a key to stop the series"
    ));
    if computer.console.receive_within(COUNTDOWN).is_some() {
        stick::remove(SERIES_PATH)?;
        computer.say(&format_args!("series {number}: stopped; {} boots are recorded", boot - 1));
        return Ok(Ended::Stopped);
    }
    let conf = jobs::conf()?;
    let request = conf.request_for(Machine::Bare);
    let status = jobs::measure(computer, memory, &request, series.capture(boot))?;
    if status != GuestStatus::Success {
        return Err(Failure::new(
            alloc::format!("series {number}, boot {boot}"),
            alloc::format!("{status}"),
            "The series is paused: a restart continues it, deleting /uchaos/series ends it.",
        ));
    }
    if next_boot(series)?.is_none() {
        return end(computer, series);
    }
    power::restart_to_same_entry()
}

fn end(computer: &mut Computer, series: Series) -> Result<Ended, Failure> {
    stick::remove(SERIES_PATH)?;
    computer.say(&format_args!("series {}: complete, {} boots", series.number, series.boots));
    Ok(Ended::Complete)
}

fn next_boot(series: Series) -> Result<Option<u32>, Failure> {
    let recorded = stick::recorded()?;
    Ok(series.next_boot(|name| recorded.iter().any(|recorded| recorded.name == name)))
}
