// SPDX-License-Identifier: GPL-2.0-or-later
//! Boots that succeed: machines, memory, workloads, timer.

use anyhow::{Context, Result, ensure};
use chaos_wire::capture::TargetCapture;
use chaos_wire::{Capture, JobKind, Target, Workload};
use guest_run::{Machine, Model};

use super::super::Rig;
use super::guest::{MODELS, capture};
use guest_build::engine::{self, Engine};

pub(super) fn engine_begins_a_page_and_no_loop_crosses_one(rig: &Rig) -> Result<()> {
    let engine = Engine { object: rig.images()?.engine.object.clone(), sha256: None };
    engine::check_pages(&engine, &rig.images()?.bare.unstripped)
}

pub(super) fn self_tests_pass_on_every_machine(rig: &Rig) -> Result<()> {
    for model in MODELS {
        let capture = capture(rig, &Machine::tcg(model, 64), "uchaos.job=selftest")?;
        let lines = &bare(&capture)?.self_test;
        let passed = lines.iter().filter(|line| line.starts_with("pass: ")).count();
        // A kernel that runs no test would pass all of none.
        ensure!(passed >= 14 && passed == lines.len(), "on {model}: {lines:#?}");
    }
    Ok(())
}

pub(super) fn jobs_are_done_in_8_mb(rig: &Rig) -> Result<()> {
    for model in MODELS {
        let jobs = "uchaos.job=raw:1000000,stream:9M,restart:20x1000,seed:64";
        let capture = capture(rig, &Machine::tcg(model, 8), jobs)?;
        let bare = bare(&capture)?;
        ensure!(
            bare.raw.len() == 1_000_000 && bare.stream.len() == 9 << 20 && bare.seed.len() == 64
        );
        let rows = bare.restarts.as_ref().context("the restart matrix")?;
        ensure!(rows.rows == 20 && rows.columns == 1000 && rows.delta_ticks.len() == 20_000);
        let chunks = bare.report(JobKind::Raw).context("the report of raw")?.chunks;
        ensure!(chunks > 1, "8 MB cannot hold a million samples, and they came in {chunks} piece");
        ensure!(bare.raw.iter().all(|delta| *delta > 0), "a delta of 0 ticks on {model}");
    }
    Ok(())
}

pub(super) fn a_million_samples_in_one_piece_in_64_mb(rig: &Rig) -> Result<()> {
    let capture =
        capture(rig, &Machine::tcg(Model::Microvm, 64), "uchaos.job=raw:1000000,stream:16M")?;
    let bare = bare(&capture)?;
    for kind in [JobKind::Raw, JobKind::Stream] {
        let report = bare.report(kind).context("a report")?;
        ensure!(report.chunks == 1, "{} came in {} pieces", kind.word(), report.chunks);
    }
    Ok(())
}

/// On an isolated machine, whose time is its instruction count: a busy host takes no tick away.
pub(super) fn timer_interrupts_only_when_asked_for(rig: &Rig) -> Result<()> {
    let isolated = Machine { isolated: true, ..Machine::tcg(Model::Q35, 64) };
    let interrupts = |timer: &str| {
        let jobs = format!("uchaos.job=raw:500000 uchaos.health=observe uchaos.timer={timer}");
        let capture = capture(rig, &isolated, &jobs)?;
        let report = bare(&capture)?.report(JobKind::Raw).context("the report of raw")?;
        report.health.number("timer_interrupts").context("how many timer interrupts there were")
    };
    let (off, slow, fast) = (interrupts("off")?, interrupts("100")?, interrupts("1000")?);
    ensure!(off == 0, "{off} came with the timer off");
    let ten_times = 9 * slow..=11 * (slow + 1);
    ensure!(slow > 0 && ten_times.contains(&fast), "{slow} came at 100 Hz and {fast} at 1000 Hz");
    Ok(())
}

pub(super) fn each_workload_gives_samples_in_2_mb(rig: &Rig) -> Result<()> {
    for workload in Workload::WORDS {
        let jobs = format!("uchaos.job=raw:2000,stream:4K uchaos.workload={workload}");
        let capture = capture(rig, &Machine::tcg(Model::Pc, 2), &jobs)?;
        ensure!(bare(&capture)?.raw.len() == 2000, "{workload}");
    }
    Ok(())
}

/// On an isolated machine, whose clocks all count instructions: a busy host delays no tick.
pub(super) fn real_time_clock_is_timed_tick_by_tick(rig: &Rig) -> Result<()> {
    let isolated = Machine { isolated: true, ..Machine::tcg(Model::Q35, 64) };
    let capture = capture(rig, &isolated, "uchaos.job=raw:500 uchaos.workload=rtc")?;
    let bare = bare(&capture)?;
    let khz = bare.meta.number("counter_khz").context("the counter's frequency")?;
    // 8,192 Hz, and the counter's frequency was measured against another clock of the machine.
    let tick = khz as f64 * 1000.0 / 8192.0;
    let mut sorted = bare.raw.clone();
    sorted.sort_unstable();
    let median = sorted[sorted.len() / 2] as f64;
    ensure!((median / tick - 1.0).abs() < 0.02, "a tick takes {median} counts, and not {tick}");
    Ok(())
}

fn bare(capture: &Capture) -> Result<&TargetCapture> {
    capture.target(Target::BareMetal).context("the capture has nothing of bare metal")
}
