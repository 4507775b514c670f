// SPDX-License-Identifier: GPL-2.0-or-later
//! The USB stick, as a PC starts from it: by both kinds of firmware and on every bus, what it records, what goes wrong with
//! sticks, and that nothing but the stick is ever written.

mod faults;
mod stick;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, GuestStatus, Job, JobKind, Target};
use guest_build::usb;
use guest_run::file_sha256;
use measure::stored;

use self::stick::Stick;
use super::Rig;
use super::command::{ended, xtask};
use super::pc::{Bus, Firmware, Parts, Pc};

checks! {
    image_is_the_same_each_time,
    linux_measures_by_uefi,
    linux_measures_by_bios_and_touches_no_other_disk,
    linux_restarts_as_often_as_it_is_asked,
    both_machines_measure_by_uefi_and_one_report_has_both,
    bare_metal_measures_by_bios_into_a_serial_line,
    bare_metal_keeps_text_off_its_only_serial_line,
    faults::mistakes_in_the_configuration_are_named,
    faults::full_stick_is_refused_before_anything_is_measured,
    faults::read_only_stick_is_refused,
    faults::stick_that_is_pulled_out_is_noticed,
    faults::power_cut_leaves_the_whole_capture_or_none,
    faults::measurement_after_a_power_cut_takes_the_next_number;
    long:
    bare_metal_measures_by_uefi_after_each_restart,
    linux_measures_on_every_bus,
    linux_restarts_fifty_times,
    bare_metal_has_a_screen_and_a_keyboard
}

const CONF: &str = "uchaos.job=raw:2000,seed:32\nuchaos.after=poweroff\n";

fn image_is_the_same_each_time(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    let build = || usb::build(&context, rig.linux_options().linux_src.as_deref());
    let image = build()?;
    let size = fs::metadata(&image).context("looking at the image")?.len();
    ensure!(size <= 32_000_000, "the image has {size} bytes");
    let first = file_sha256(&image)?;
    // The step is done again, at another time.
    fs::remove_file(&image).context("removing the image")?;
    ensure!(build()? == image, "another path");
    ensure!(file_sha256(&image)? == first, "two builds of the image differ");
    Ok(())
}

fn linux_measures_by_uefi(rig: &Rig) -> Result<()> {
    linux_measures(rig, Firmware::Uefi, Bus::Xhci)
}

fn linux_measures_by_bios_and_touches_no_other_disk(rig: &Rig) -> Result<()> {
    linux_measures(rig, Firmware::Bios, Bus::Ehci)
}

fn linux_measures_on_every_bus(rig: &Rig) -> Result<()> {
    for firmware in [Firmware::Uefi, Firmware::Bios] {
        for bus in [Bus::Xhci, Bus::Ehci, Bus::Ahci, Bus::Virtio] {
            linux_measures(rig, firmware, bus).with_context(|| format!("{firmware:?}, {bus:?}"))?;
        }
    }
    Ok(())
}

/// By the menu's arrow keys, next to a disk that looks like a PC's own: the same volume under another name.
fn linux_measures(rig: &Rig, firmware: Firmware, bus: Bus) -> Result<()> {
    let stick = Stick::new(rig, CONF)?;
    let other = stick.under_another_name(rig)?;
    let before = file_sha256(&other)?;
    let parts = Parts { internal_disk: Some(&other), ..Parts::new(firmware, bus, stick.path()) };
    let mut pc = Pc::start(rig, &parts)?;
    pc.expect("Power off")?;
    // The menu takes keys once it is on the screen as well.
    pc.press(&["down"])?;
    pc.expect("*Bare metal: its")?;
    let picture = rig.scratch().join("menu.png");
    pc.screenshot(&picture)?;
    pc.press(&["up"])?;
    stick::choose_linux(&mut pc)?;
    pc.expect("[uchaos] done status=0")?;
    pc.expect("kept /uchaos/captures/0001-linux.cap")?;
    pc.expect_off()?;
    let picture = fs::read(&picture).context("reading the screenshot")?;
    ensure!(picture.starts_with(b"\x89PNG") && picture.len() > 1000, "no picture of the menu");
    ensure!(file_sha256(&other)? == before, "a disk that is not the stick was written");
    stick.is_sound()?;
    let capture = stick.capture(rig, "0001-linux.cap")?;
    is_whole(&capture, Target::LinuxModule)?;
    let meta = &capture.targets[0].meta;
    let path = if firmware == Firmware::Uefi { "uefi" } else { "bios" };
    ensure!(meta.get("boot_path") == Some(path), "boot_path is not {path}");
    for key in ["cpu", "cpu_family", "microcode", "firmware_version", "board_model"] {
        let value = meta.get(key);
        ensure!(value.is_some_and(|value| !value.is_empty()), "no {key}: {value:?}");
    }
    ensure!(meta.get("hypervisor") == Some("TCGTCGTCGTCG"), "{:?}", meta.get("hypervisor"));
    ensure!(meta.number("counter_khz").is_some_and(|khz| khz > 100_000), "no counter_khz");
    Ok(())
}

fn is_whole(capture: &Capture, target: Target) -> Result<()> {
    ensure!(capture.status == GuestStatus::Success, "status {:?}", capture.status);
    let taken = capture.target(target).with_context(|| format!("nothing of {target}"))?;
    ensure!(taken.raw.len() == 2000, "{} samples", taken.raw.len());
    let report = taken.report(JobKind::Raw).context("a report")?;
    ensure!(report.job == Job::Raw { samples: 2000 }, "{:?}", report.job);
    Ok(())
}

/// The whole way of a person with one stick: bare metal by the menu's first entry, then Linux, then `collect`. Both
/// machines report the same facts about the computer, or there would be two runs.
fn both_machines_measure_by_uefi_and_one_report_has_both(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, CONF)?;
    for linux in [false, true] {
        let mut pc = Pc::start(rig, &Parts::new(Firmware::Uefi, Bus::Xhci, stick.path()))?;
        pc.expect("Power off")?;
        if linux {
            stick::choose_linux(&mut pc)?;
        } else {
            pc.press(&["ret"])?;
        }
        pc.expect("[uchaos] done status=0")?;
        pc.expect_off()?;
    }
    stick.is_sound()?;
    let capture = stick.capture(rig, "0001-bare.cap")?;
    is_whole(&capture, Target::BareMetal)?;
    let path = capture.targets[0].meta.get("boot_path");
    ensure!(path == Some("uefi"), "boot_path is {path:?}");
    let before = file_sha256(stick.path())?;
    let image = stick.path().to_str().context("the path of the stick")?;
    ended(&mut xtask(rig, &["collect", image, "--name", "pc"])?)?.expect(0, &["report: "])?;
    ensure!(file_sha256(stick.path())? == before, "collect wrote to the stick");
    let runs: Vec<_> = fs::read_dir(rig.runs()).context("listing the runs")?.flatten().collect();
    let names: Vec<_> = runs.iter().map(fs::DirEntry::file_name).collect();
    ensure!(names.len() == 2, "expected one run and `latest`: {names:?}");
    let run = stored::read(&rig.runs(), Path::new("pc"))?;
    let targets: Vec<&str> = run.boots.iter().map(|boot| boot.target.as_str()).collect();
    ensure!(targets == ["baremetal", "linux-module"], "the run has {targets:?}");
    ensure!(run.boots.iter().all(|boot| boot.accel == "tcg"), "TCG is not called by its name");
    let provenance = &run.result.provenance;
    let labelled = provenance.banners.iter().any(|banner| banner.contains("virtual machine"));
    ensure!(labelled, "a virtual machine is not labelled: {:?}", provenance.banners);
    Ok(())
}

fn bare_metal_measures_by_bios_into_a_serial_line(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, "uchaos.job=raw:2000\nuchaos.after=menu\n")?;
    let before = file_sha256(stick.path())?;
    let line = rig.scratch().join("recorded.cap");
    let parts =
        Parts { second_serial: Some(&line), ..Parts::new(Firmware::Bios, Bus::Xhci, stick.path()) };
    let mut pc = Pc::start(rig, &parts)?;
    pc.expect("Power off")?;
    pc.press(&["ret"])?;
    pc.expect("The capture leaves by COM2")?;
    pc.expect("then press Enter to measure")?;
    pc.press(&["ret"])?;
    pc.expect("[uchaos] done status=0")?;
    pc.expect("uchaos> ")?;
    drop(pc);
    let capture = Capture::read(&line)?;
    is_whole(&capture, Target::BareMetal)?;
    let meta = &capture.targets[0].meta;
    for (key, value) in [
        ("boot_path", "bios"),
        ("firmware_vendor", "SeaBIOS"),
        ("board_vendor", "Boards Inc"),
        ("board_model", "Laptop 7"),
    ] {
        ensure!(meta.get(key) == Some(value), "{key} is {:?} and not {value}", meta.get(key));
    }
    ensure!(file_sha256(stick.path())? == before, "the stick was written");
    Ok(())
}

/// The screen then has the question, so that Enter is pressed before it can be awaited: the keyboard keeps it.
fn bare_metal_keeps_text_off_its_only_serial_line(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, "uchaos.job=raw:2000\nuchaos.after=menu\n")?;
    let mut pc = Pc::start(rig, &Parts::new(Firmware::Bios, Bus::Virtio, stick.path()))?;
    pc.expect("Power off")?;
    pc.press(&["ret"])?;
    pc.expect("[uchaos] ready")?;
    pc.press(&["ret"])?;
    is_whole(&pc.expect_capture()?, Target::BareMetal)
}

/// By the boot menu's first entry, which passes `run`; the menu then continues the series. The workload sets the
/// real-time clock, and the firmware keeps using it.
fn bare_metal_measures_by_uefi_after_each_restart(rig: &Rig) -> Result<()> {
    let stick = Stick::new(
        rig,
        "uchaos.job=raw:2000\nuchaos.workload=rtc\nuchaos.boots=2\nuchaos.after=poweroff\n",
    )?;
    let mut pc = Pc::start(rig, &Parts::new(Firmware::Uefi, Bus::Xhci, stick.path()))?;
    pc.expect("Power off")?;
    pc.press(&["ret"])?;
    pc.expect("series 1: 2 boots, beginning with a restart")?;
    for boot in 1..=2 {
        pc.expect(&format!("kept /uchaos/captures/0001-bare-r000{boot}.cap"))?;
    }
    pc.expect("series 1: complete, 2 boots")?;
    pc.expect_off()?;
    stick.is_sound()?;
    ensure!(!stick.has("series"), "the file of the series is left");
    for boot in 1..=2 {
        let capture = stick.capture(rig, &format!("0001-bare-r000{boot}.cap"))?;
        is_whole(&capture, Target::BareMetal)?;
        let path = capture.targets[0].meta.get("boot_path");
        ensure!(path == Some("uefi"), "boot_path is {path:?}");
    }
    Ok(())
}

fn bare_metal_has_a_screen_and_a_keyboard(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, CONF)?;
    let mut pc = Pc::start(rig, &Parts::new(Firmware::Bios, Bus::Xhci, stick.path()))?;
    pc.expect("Power off")?;
    pc.press(&["down", "ret"])?;
    pc.expect("uchaos> ")?;
    pc.press(&["c", "p", "u", "ret"])?;
    pc.expect("cpu_vendor=")?;
    pc.press(&["shift-r", "backspace", "r", "a", "w", "spc", "3", "left", "delete", "5", "ret"])?;
    pc.expect("samples 5 ")?;
    pc.expect("uchaos> ")?;
    let picture = rig.scratch().join("monitor.png");
    pc.screenshot(&picture)?;
    ensure!(fs::metadata(&picture)?.len() > 1000, "no picture of the monitor");
    Ok(())
}

fn linux_restarts_as_often_as_it_is_asked(rig: &Rig) -> Result<()> {
    restarts(rig, 3)
}

fn linux_restarts_fifty_times(rig: &Rig) -> Result<()> {
    restarts(rig, 50)
}

fn restarts(rig: &Rig, boots: usize) -> Result<()> {
    let conf = format!("uchaos.job=raw:100\nuchaos.boots={boots}\nuchaos.after=poweroff\n");
    let stick = Stick::new(rig, &conf)?;
    let mut pc = Pc::start(rig, &Parts::new(Firmware::Bios, Bus::Virtio, stick.path()))?;
    pc.expect("Power off")?;
    stick::choose_linux(&mut pc)?;
    for boot in 1..=boots {
        pc.expect(&format!("series 1: boot {boot} of {boots}"))?;
        pc.expect(&format!("kept /uchaos/captures/0001-linux-r{boot:04}.cap"))?;
    }
    pc.expect("the series is complete")?;
    pc.expect_off()?;
    stick.is_sound()?;
    ensure!(!stick.has("series"), "the file of the series is left");
    let mut first = Vec::new();
    for boot in 1..=boots {
        let capture = stick.capture(rig, &format!("0001-linux-r{boot:04}.cap"))?;
        let raw = capture.targets[0].raw.clone();
        ensure!(raw.len() == 100 && !first.contains(&raw), "boot {boot} is not a boot of its own");
        first.push(raw);
    }
    Ok(())
}
