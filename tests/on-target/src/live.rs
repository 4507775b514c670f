// SPDX-License-Identifier: GPL-2.0-or-later
//! Guests that take commands while they run: each line of the control port is answered by one whole capture. And the
//! live view of them, as a person at a terminal and a script without one have it.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, GuestStatus, Request, Target, Workload};
use guest_run::{Limits, Live, Machine, Model, Qemu};
use nix::sys::signal::{Signal, kill};

use super::Rig;
use super::command::{Running, ended, is_gone, xtask};
use super::person::Person;
use measure::guest::GuestKind;

/// What any of these guests may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);

checks! {
    microkernel_answers_commands,
    linux_answers_commands,
    watch_without_a_terminal_prints_figures,
    watch_on_a_terminal_takes_keys_and_saves,
    watch_on_a_dumb_terminal_prints_lines,
    measurement_next_to_another_says_so,
    watch_restores_the_terminal_on_every_way_out
}

fn microkernel_answers_commands(rig: &Rig) -> Result<()> {
    for model in [Model::Q35, Model::Pc, Model::Microvm] {
        let mut guest = Commanded::start(rig, GuestKind::BareMetal, model)?;
        check_answers(&mut guest, Target::BareMetal).with_context(|| format!("on {model}"))?;
        // Small jobs, as a console drops what its socket has no room for; each is of some milliseconds.
        let mut answer = guest.ask("uchaos.job=raw:4000 uchaos.timer=1000")?;
        let begun = Instant::now();
        while timer_interrupts(&answer) == Some(0) && begun.elapsed() < DEADLINE {
            answer = guest.ask("")?;
        }
        let taken = timer_interrupts(&answer);
        ensure!(taken.is_some_and(|taken| taken > 0), "on {model}: {taken:?} timer interrupts");
    }
    Ok(())
}

fn linux_answers_commands(rig: &Rig) -> Result<()> {
    let mut guest = Commanded::start(rig, GuestKind::Linux, Model::Q35)?;
    check_answers(&mut guest, Target::LinuxModule)?;
    let refused = guest.ask("uchaos.timer=100")?;
    ensure!(refused.status == GuestStatus::BadCommandLine, "timer=100: {:?}", refused.status);
    Ok(())
}

/// Timer interrupts that the guest has taken while it sampled.
fn timer_interrupts(answer: &Capture) -> Option<u64> {
    answer.targets.first()?.reports.first()?.health.number("timer_interrupts")
}

/// What both guests must hold.
fn check_answers(guest: &mut Commanded, target: Target) -> Result<()> {
    let samples = |answer: &Capture| -> Result<u64> {
        let taken = answer.target(target).with_context(|| format!("{target} gave nothing"))?;
        let report = taken.reports.last().context("no report")?;
        report.health.number("samples").context("no count of samples")
    };
    let first = guest.ask("uchaos.job=raw:2000,stream:100")?;
    let taken = first.target(target).context("the first answer has another target")?;
    ensure!(first.status == GuestStatus::Success, "the first answer ends with {:?}", first.status);
    ensure!((taken.raw.len(), taken.stream.len()) == (2000, 100), "it has other lengths");
    // Jobs stay set until they are changed, and the engine keeps running; it is not restarted.
    let second = guest.ask("")?;
    let (before, after) = (samples(&first)?, samples(&second)?);
    ensure!(after >= before + 2000, "the engine was restarted: {before} samples, then {after}");
    // A startup test that repeats its rounds on a busy host takes less than this.
    let after = samples(&guest.ask("uchaos.job=raw:20000,stream:100")?)?;
    let _ = guest.ask("uchaos.job=raw:2000,stream:100")?;
    // Another parameter starts it again.
    let third = guest.ask("uchaos.workload=flush uchaos.turns=2")?;
    let about = third.target(target).context("nothing with the flush workload")?;
    let request = Request::parse(about.meta.get("request").unwrap_or_default())?;
    ensure!((request.params.workload, request.params.turns) == (Workload::Flush, 2), "{request}");
    ensure!(samples(&third)? < after, "the engine was not restarted");
    // Nonsense is answered, and does not end the guest or change what holds.
    let refused = guest.ask("uchaos.trns=2")?;
    ensure!(refused.status == GuestStatus::BadCommandLine, "nonsense: {:?}", refused.status);
    let fourth = guest.ask("uchaos.job=raw:10")?;
    let about = fourth.target(target).context("nothing after nonsense")?;
    let request = Request::parse(about.meta.get("request").unwrap_or_default())?;
    ensure!(about.raw.len() == 10 && request.params.turns == 2, "after nonsense: {request}");
    Ok(())
}

fn watch_without_a_terminal_prints_figures(rig: &Rig) -> Result<()> {
    for target in ["bare", "linux"] {
        let words = ["watch", "--target", target, "--samples", "20000", "--accel", "tcg", "--json"];
        let ended = ended(&mut xtask(rig, &words)?)?;
        ended.expect(0, &[])?;
        let last = ended.stdout.lines().last().with_context(|| format!("{target}: no line"))?;
        let line: serde_json::Value = serde_json::from_str(last).context(last.to_owned())?;
        let number = |key: &str| line[key].as_f64().with_context(|| format!("{key} in {last}"));
        ensure!(number("samples")? >= 20_000.0, "{target}: {last}");
        let (least, median) = (number("min_ticks")?, number("median_ticks")?);
        ensure!(least > 0.0 && least <= median && median <= number("max_ticks")?, "{last}");
        ensure!((0.0..=8.0).contains(&number("mcv_bits_per_sample")?), "{target}: {last}");
    }
    let plain = ended(&mut xtask(rig, &["watch", "--samples", "4096", "--accel", "tcg"])?)?;
    plain.expect(0, &["timing here reflects the emulator"])?;
    ensure!(plain.stdout.starts_with("samples 4096 "), "{}", plain.stdout);
    Ok(())
}

fn watch_on_a_terminal_takes_keys_and_saves(rig: &Rig) -> Result<()> {
    let mut person = Person::sit_down(&watch(rig)?)?;
    person.wait_for("bits/sample")?;
    ensure!(!person.is_cooked()?, "keys are still echoed by the terminal");
    ensure!(person.is_on_alternate_screen(), "the screen of before is drawn over");
    person.wait_for("workload dram")?;
    person.type_in(b"w")?;
    person.wait_for("workload flush")?;
    person.wait_for("interrupts off")?;
    person.type_in(b"i")?;
    person.wait_for("interrupts 100")?;
    // The help line is the last row of any size.
    person.resize(60, 20)?;
    person.wait_for_last_row(20, "p  pause")?;
    person.type_in(b"s")?;
    person.wait_for("saved")?;
    person.type_in(b"p")?;
    person.wait_for("PAUSED")?;
    person.type_in(b"q")?;
    let left = person.expect_end(0)?;
    ensure!(left.contains("ticks min "), "its last figures are gone with it:\n{left}");
    let runs = std::fs::read_dir(rig.runs()).context("the saved run")?;
    let raw = runs.flatten().map(|run| run.path().join("baremetal/ordinary-1/raw.u64le"));
    ensure!(raw.into_iter().any(|raw| raw.exists()), "no saved run holds raw noise");
    Ok(())
}

fn watch_on_a_dumb_terminal_prints_lines(rig: &Rig) -> Result<()> {
    let mut command = watch(rig)?;
    command.args(["--samples", "4096"]).env("TERM", "dumb");
    let mut person = Person::sit_down(&command)?;
    person.wait_for("samples 4096 ")?;
    ensure!(!person.is_on_alternate_screen(), "it draws on a terminal that cannot");
    person.expect_end(0).map(drop)
}

fn measurement_next_to_another_says_so(rig: &Rig) -> Result<()> {
    let words = ["watch", "--accel", "tcg", "--seconds", "300"];
    let mut other = Running::start(&mut xtask(rig, &words)?)?;
    other.wait_for("timing here reflects the emulator")?;
    let words = ["run-bare", "--accel", "tcg", "--job", "raw:10"];
    ended(&mut xtask(rig, &words)?)?.expect(0, &["another measurement is running"])?;
    drop(other);
    let alone = ended(&mut xtask(rig, &words)?)?;
    ensure!(!alone.stderr.contains("measurement is running"), "alone, it said:\n{}", alone.stderr);
    Ok(())
}

fn watch_restores_the_terminal_on_every_way_out(rig: &Rig) -> Result<()> {
    type Way = fn(&mut Person) -> Result<()>;
    let ways: [(&str, i32, Way); 4] = [
        ("q", 0, |person| person.type_in(b"q")),
        ("Ctrl-C", 130, |person| person.type_in(&[3])),
        ("SIGTERM", 130, |person| person.signal(Signal::SIGTERM)),
        ("the guest's death", 3, |person| kill(person.qemu()?, Signal::SIGKILL).context("killing")),
    ];
    for (name, status, way) in ways {
        let mut person = Person::sit_down(&watch(rig)?)?;
        person.wait_for("bits/sample")?;
        let qemu = person.qemu()?;
        way(&mut person)?;
        person.expect_end(status).with_context(|| format!("after {name}"))?;
        ensure!(is_gone(qemu), "after {name} QEMU still runs");
    }
    Ok(())
}

fn watch(rig: &Rig) -> Result<std::process::Command> {
    xtask(rig, &["watch", "--accel", "tcg", "--machine", "microvm", "--memory", "16"])
}

/// A guest, and the two ends of it.
struct Commanded(Live);

impl Commanded {
    fn start(rig: &Rig, kind: GuestKind, model: Model) -> Result<Self> {
        let machine = Machine::tcg(model, 64);
        let guest = kind.in_images(rig.images()?)?.guest(&machine, "uchaos.health=observe", None);
        let log = rig.scratch().join(format!("live-{}-{model}.console.log", kind.slug()));
        let limits =
            Limits { deadline: Some(DEADLINE), console_log: Some(log), ..Limits::default() };
        let qemu = Qemu::find()?;
        Ok(Self(Live::start(&qemu, &machine, &guest, kind.port_kind(), &limits, DEADLINE)?))
    }

    /// Sends a line and waits for its answer.
    fn ask(&mut self, line: &str) -> Result<Capture> {
        self.0.control.write_all(format!("{line}\n").as_bytes()).context("sending a command")?;
        self.0.data.set_read_timeout(Some(DEADLINE)).context("setting a deadline")?;
        let answer = Capture::read_next(&self.0.data, Path::new("data port"))?;
        answer.with_context(|| format!("no answer to {line:?}"))
    }
}
