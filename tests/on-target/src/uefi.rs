// SPDX-License-Identifier: GPL-2.0-or-later
//! The UEFI program on a PC with UEFI firmware (OVMF): the menu by its keyboard, jobs from the stick on every bus, series of
//! restarts, and what goes wrong with sticks.

mod faults;
mod volume;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, GuestStatus, JobKind, Target};

use self::volume::Volume;
use super::Rig;
use super::pc::{Bus, Firmware, Parts, Pc};

checks! {
    menu_monitor_and_list_by_the_keyboard,
    jobs_are_kept_on_every_other_bus,
    series_of_restarts_ends_by_itself,
    series_is_stopped_by_a_key,
    faults::mistakes_in_the_configuration_are_named,
    faults::stick_without_a_configuration_is_named,
    faults::full_stick_is_refused_before_anything_is_measured,
    faults::read_only_stick_is_refused,
    faults::stick_that_is_pulled_out_is_noticed,
    faults::power_cut_leaves_the_whole_capture_or_none;
    long: series_of_fifty_restarts
}

const READY: &str = "[uchaos] ready";
const MENU: &str = "Arrow keys and Enter, or a digit.";
const ENTER: &str = "Press Enter to continue.";

/// A PC that has started the program from the stick and shows its menu.
fn at_menu(rig: &Rig, parts: &Parts<'_>) -> Result<Pc> {
    let mut pc = Pc::start(rig, parts)?;
    pc.expect(READY)?;
    pc.expect(MENU)?;
    Ok(pc)
}

fn on(bus: Bus, volume: &Volume) -> Parts<'_> {
    Parts::new(Firmware::Uefi, bus, volume.path())
}

fn menu_monitor_and_list_by_the_keyboard(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:3000,stream:100,seed:32,selftest\r\n"))?;
    let mut pc = at_menu(rig, &on(Bus::Xhci, &volume))?;
    is_a_picture(rig, &mut pc, "menu")?;
    // Down selects the monitor, which leads back to the menu.
    pc.press(&["down"])?;
    pc.expect("\x1b[7m> 2")?;
    pc.press(&["ret"])?;
    pc.expect("uchaos> ")?;
    pc.press(&["r", "a", "w", "spc", "3", "left", "delete", "5", "ret"])?;
    pc.expect("samples 5  ticks: ")?;
    pc.expect("uchaos> ")?;
    pc.type_line("cpu");
    pc.expect("cpu_vendor=")?;
    pc.expect("uchaos> ")?;
    pc.type_line("timer 100");
    pc.type_line("raw 5");
    pc.expect("use uchaos.timer=off")?;
    pc.expect("uchaos> ")?;
    pc.type_line("timer off");
    pc.expect("uchaos> ")?;
    pc.type_line("hist 2000");
    pc.expect("samples 2000  ticks: ")?;
    pc.expect("uchaos> ")?;
    is_a_picture(rig, &mut pc, "monitor")?;
    pc.press(&["e", "x", "i", "t", "ret"])?;
    pc.expect(MENU)?;
    // A digit does its line.
    pc.press(&["1"])?;
    pc.expect("[uchaos] end baremetal selftest")?;
    pc.expect("kept /uchaos/captures/0001-bare.cap")?;
    pc.expect("[uchaos] done status=0")?;
    pc.expect(ENTER)?;
    pc.press(&["ret"])?;
    pc.expect(MENU)?;
    pc.press(&["3"])?;
    pc.expect("captures in /uchaos/captures: 1")?;
    pc.expect("3000 raw samples  132 bytes of output  complete")?;
    pc.expect(ENTER)?;
    pc.press(&["ret"])?;
    pc.expect(MENU)?;
    pc.press(&["5"])?;
    pc.expect_off()?;

    volume.is_sound()?;
    let capture = volume.capture(rig, "0001-bare.cap")?;
    has_facts(&capture)?;
    let taken = capture.target(Target::BareMetal).context("nothing of baremetal")?;
    let lens = (taken.raw.len(), taken.stream.len(), taken.seed.len());
    ensure!(lens == (3000, 100, 32), "{lens:?}");
    let report = taken.report(JobKind::Raw).context("no report")?;
    ensure!(report.chunks == 1, "{} pieces", report.chunks);
    Ok(())
}

/// A folder for the pictures that the documentation shows.
const PICTURES: &str = "UCHAOS_PICTURES";

/// The screen shows letters on an empty ground: a picture that is not blank compresses to more than one that is.
fn is_a_picture(rig: &Rig, pc: &mut Pc, name: &str) -> Result<()> {
    let folder = std::env::var_os(PICTURES).map_or_else(|| rig.scratch().to_owned(), PathBuf::from);
    let path = std::path::absolute(folder.join(format!("{name}-uefi.png")))?;
    pc.screenshot(&path)?;
    let picture = fs::read(&path).with_context(|| format!("reading the picture of the {name}"))?;
    ensure!(picture.starts_with(b"\x89PNG"), "the picture of the {name} is not PNG");
    ensure!(picture.len() > 5000, "the picture of the {name} is blank: {} bytes", picture.len());
    Ok(())
}

/// The fields by which `collect` distinguishes machines.
fn has_facts(capture: &Capture) -> Result<()> {
    ensure!(capture.status == GuestStatus::Success, "status {:?}", capture.status);
    let meta = &capture.targets.first().context("no target")?.meta;
    for (key, value) in [
        ("boot_path", "uefi"),
        ("secure_boot", "no"),
        ("hypervisor", "TCGTCGTCGTCG"),
        ("cpu_vendor", "AuthenticAMD"),
        ("board_vendor", "Boards Inc"),
        ("board_model", "Laptop 7"),
    ] {
        ensure!(meta.get(key) == Some(value), "{key} is {:?} and not {value}", meta.get(key));
    }
    for key in ["cpu", "cpu_family", "microcode", "firmware_vendor", "firmware_version"] {
        let value = meta.get(key);
        ensure!(value.is_some_and(|value| value != "unknown"), "{key} is {value:?}");
    }
    ensure!(meta.number("counter_khz").is_some_and(|khz| khz > 100_000), "no counter_khz");
    Ok(())
}

fn jobs_are_kept_on_every_other_bus(rig: &Rig) -> Result<()> {
    for bus in [Bus::Ehci, Bus::Ahci, Bus::Virtio] {
        measures_on(rig, bus).with_context(|| format!("on {bus:?}"))?;
    }
    Ok(())
}

/// 100,000 samples, which are several pieces of a write, next to an older capture.
fn measures_on(rig: &Rig, bus: Bus) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:100000\nuchaos.after=poweroff\n"))?;
    volume.put(rig, "captures/0041-linux.cap", b"older")?;
    let mut pc = at_menu(rig, &on(bus, &volume))?;
    pc.press(&["ret"])?;
    pc.expect("kept /uchaos/captures/0042-bare.cap")?;
    pc.expect_off()?;
    volume.is_sound()?;
    let capture = volume.capture(rig, "0042-bare.cap")?;
    has_facts(&capture)?;
    let samples = capture.target(Target::BareMetal).map(|taken| taken.raw.len());
    ensure!(samples == Some(100_000), "{samples:?} samples");
    ensure!(volume.get("captures/0041-linux.cap")? == b"older", "the older capture changed");
    Ok(())
}

fn series_of_restarts_ends_by_itself(rig: &Rig) -> Result<()> {
    series(rig, 3)
}

fn series_of_fifty_restarts(rig: &Rig) -> Result<()> {
    series(rig, 50)
}

fn series(rig: &Rig, boots: usize) -> Result<()> {
    let conf = format!("uchaos.job=raw:100\nuchaos.boots={boots}\nuchaos.after=poweroff\n");
    let volume = Volume::new(rig, Some(&conf))?;
    let mut pc = at_menu(rig, &on(Bus::Virtio, &volume))?;
    pc.press(&["1"])?;
    pc.expect(&format!("series 1: {boots} boots, beginning with a restart"))?;
    for boot in 1..=boots {
        pc.expect(READY)?;
        pc.expect(&format!("series 1: boot {boot} of {boots}"))?;
        pc.expect(&format!("kept /uchaos/captures/0001-bare-r{boot:04}.cap"))?;
    }
    pc.expect(&format!("series 1: complete, {boots} boots"))?;
    pc.expect_off()?;
    volume.is_sound()?;
    ensure!(!volume.has("series"), "the file of the series is left");
    let mut rows = Vec::new();
    for boot in 1..=boots {
        let capture = volume.capture(rig, &format!("0001-bare-r{boot:04}.cap"))?;
        let raw = &capture.target(Target::BareMetal).context("nothing of baremetal")?.raw;
        ensure!(raw.len() == 100 && !rows.contains(raw), "boot {boot} gave what another gave");
        rows.push(raw.clone());
    }
    Ok(())
}

/// After a power cut: one boot is recorded, and the next one is stopped.
fn series_is_stopped_by_a_key(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:100\nuchaos.boots=3\n"))?;
    volume.put(rig, "captures/0007-bare-r0001.cap", b"older")?;
    volume.put(rig, "series", b"series=7 machine=bare boots=3\n")?;
    let mut pc = Pc::start(rig, &on(Bus::Virtio, &volume))?;
    pc.expect("series 7: boot 2 of 3; press a key to stop the series")?;
    pc.press(&["spc"])?;
    pc.expect("series 7: stopped; 1 boots are recorded")?;
    pc.expect(ENTER)?;
    pc.press(&["ret"])?;
    pc.expect(MENU)?;
    pc.press(&["5"])?;
    pc.expect_off()?;
    ensure!(!volume.has("series"), "the file of the series is left");
    ensure!(volume.names()? == ["0007-bare-r0001.cap"], "{:?}", volume.names()?);
    Ok(())
}
