// SPDX-License-Identifier: GPL-2.0-or-later
//! The guest's clock, on a host that has more to do than it can: a kernel that measures its counter there mismeasures it,
//! or gives it up for a clock of 10 ms.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context, Result, ensure};
use guest_run::{ConsoleLine, Outcome};

use super::super::Rig;
use super::guest::{Setting, line_after, shell_output};

/// Threads that keep the host busy next to QEMU.
const LOAD: usize = 8;
const BOOTS: usize = 3;
const CLOCK: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
/// What the guest waits for by its own clock, and how far the host's may differ: a line takes its time on a busy host.
const WAIT_S: f64 = 5.0;
const OFF_AT_MOST_S: f64 = 0.5;
/// Steps of a clock that counts ticks.
const TICK_S: f64 = 0.01;

pub(super) fn clock_is_right_at_a_load_of_8(rig: &Rig) -> Result<()> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..LOAD {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    spin_loop();
                }
            });
        }
        let checked = (1..=BOOTS).try_for_each(|number| {
            let name = format!("clock-{number}");
            let line = format!(
                "echo source-$((1 + 1)) $(cat {CLOCK}); echo begun-$((1 + 1)); sleep {WAIT_S}; echo ended-$((1 + 1)); dmesg"
            );
            let outcome = shell_output(rig, &name, &Setting::default(), &line)?;
            check(&outcome).with_context(|| format!("boot {number}\n{}", outcome.scene))
        });
        done.store(true, Ordering::Relaxed);
        checked
    })
}

fn check(outcome: &Outcome) -> Result<()> {
    let source = line_after(outcome, "source-2 ")?;
    let unstable = outcome.lines.iter().find(|line| line.text.contains("unstable"));
    ensure!(source == "tsc", "the clock is {source}: {unstable:?}");
    ensure!(unstable.is_none(), "{unstable:?}");
    let at = |text: &str| {
        let line = outcome.lines.iter().find(|line: &&ConsoleLine| line.text == text);
        line.map(|line| line.at.as_secs_f64()).with_context(|| format!("no line '{text}'"))
    };
    let waited_s = at("ended-2")? - at("begun-2")?;
    ensure!(
        (waited_s - WAIT_S).abs() <= OFF_AT_MOST_S,
        "{WAIT_S} s of the guest's clock took {waited_s:.3} s"
    );
    // Stamps of the kernel's log come from the same counter: with ticks all of them are multiples of one.
    let finer = outcome.lines.iter().filter_map(stamp_s).any(|stamp_s| {
        let ticks = stamp_s / TICK_S;
        (ticks - ticks.round()).abs() * TICK_S > 1e-5
    });
    ensure!(finer, "the kernel's log has steps of {TICK_S} s");
    Ok(())
}

/// The time of a line of the kernel's log.
fn stamp_s(line: &ConsoleLine) -> Option<f64> {
    line.text.strip_prefix('[')?.split_once(']')?.0.trim().parse().ok()
}
