// SPDX-License-Identifier: GPL-2.0-or-later
//! What goes wrong with sticks: one clear message, nothing damaged, and the machine left with a shell.

use anyhow::{Context, Result, ensure};
use chaos_wire::Target;

use super::stick::{Stick, choose_linux};
use super::{CONF, is_whole};
use crate::Rig;
use crate::pc::{Bus, Firmware, Parts, Pc};
use crate::power_cut;

const PROMPT: &str = "/ # ";
/// So slow that the samples are in memory long before they are on the stick.
const SLOW_BYTES_PER_S: u32 = 400_000;
const LARGE: &str = "uchaos.job=raw:500000\n";
const OLDER: &[u8] = b"what was there before";

/// Starts Linux from a stick, by the quickest way.
fn linux(rig: &Rig, parts: &Parts<'_>) -> Result<Pc> {
    let mut pc = Pc::start(rig, parts)?;
    pc.expect("Power off")?;
    choose_linux(&mut pc)?;
    Ok(pc)
}

/// One message, then a shell that works.
fn refused(pc: &mut Pc, said: &str) -> Result<()> {
    pc.expect("[uchaos] error: ")?;
    pc.expect(said)?;
    pc.expect(PROMPT)?;
    pc.type_line("grep -c /stick /proc/mounts; echo shell-$((6 * 7))");
    pc.expect("\n0\r\n")?;
    pc.expect("shell-42")
}

pub(super) fn mistakes_in_the_configuration_are_named(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, "# a comment\nuchaos.jobs=raw:2000\n")?;
    let mut pc = linux(rig, &Parts::new(Firmware::Bios, Bus::Virtio, stick.path()))?;
    refused(&mut pc, "line 2: unknown key `uchaos.jobs`; did you mean `uchaos.job`?")?;
    drop(pc);
    ensure!(stick.names()?.is_empty(), "it left {:?}", stick.names()?);
    stick.is_sound()
}

pub(super) fn full_stick_is_refused_before_anything_is_measured(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, LARGE)?;
    stick.put(rig, "captures/0007-bare.cap", &vec![7; 23 << 20])?;
    let mut pc = linux(rig, &Parts::new(Firmware::Bios, Bus::Virtio, stick.path()))?;
    refused(&mut pc, "the stick is full: this measurement takes 4065536 bytes, and ")?;
    drop(pc);
    ensure!(stick.get("captures/0007-bare.cap")? == vec![7; 23 << 20], "an old capture changed");
    stick.is_sound()
}

pub(super) fn read_only_stick_is_refused(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, CONF)?;
    let parts = Parts { read_only: true, ..Parts::new(Firmware::Bios, Bus::Xhci, stick.path()) };
    let mut pc = linux(rig, &parts)?;
    refused(&mut pc, "the stick is read-only")
}

pub(super) fn stick_that_is_pulled_out_is_noticed(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, LARGE)?;
    stick.put(rig, "captures/0001-bare.cap", OLDER)?;
    let parts = Parts {
        write_limit: Some(SLOW_BYTES_PER_S),
        ..Parts::new(Firmware::Bios, Bus::Xhci, stick.path())
    };
    let mut pc = linux(rig, &parts)?;
    pc.expect("[uchaos] end linux-module raw:500000")?;
    pc.pull_stick_out()?;
    refused(&mut pc, "the stick was pulled out; nothing of this measurement is kept")?;
    drop(pc);
    ensure!(!stick.has("captures/0002-linux.cap"), "a capture that is not whole");
    ensure!(stick.get("captures/0001-bare.cap")? == OLDER, "an old capture changed");
    Ok(())
}

pub(super) fn power_cut_leaves_the_whole_capture_or_none(rig: &Rig) -> Result<()> {
    const SAMPLES: usize = 300_000;
    /// The capture takes about three seconds. The kernel writes it in a few large pieces.
    const BYTES_PER_S: u32 = 800_000;
    let stick = Stick::new(rig, &format!("uchaos.job=raw:{SAMPLES}\n"))?;
    stick.put(rig, "captures/0001-bare.cap", OLDER)?;
    let slow = Parts {
        write_limit: Some(BYTES_PER_S),
        ..Parts::new(Firmware::Bios, Bus::Virtio, stick.path())
    };
    let mut pc = linux(rig, &slow)?;
    // Nothing is written before the samples are there, so this is before the first write.
    pc.expect("[uchaos] begin linux-module")?;
    let kept = "kept /uchaos/captures/0002-linux.cap";
    let states = power_cut::at_every_stage(rig, &mut pc, stick.path(), kept, |cut| {
        let cut = Stick::at(cut);
        ensure!(cut.get("captures/0001-bare.cap")? == OLDER, "the older capture changed");
        if !cut.has("captures/0002-linux.cap") {
            return Ok(false);
        }
        let capture = cut.capture(rig, "0002-linux.cap").context("a capture that is cut")?;
        let samples = capture.target(Target::LinuxModule).map(|taken| taken.raw.len());
        ensure!(samples == Some(SAMPLES), "a cut left {samples:?} samples");
        Ok(true)
    })?;
    drop(pc);
    // The state before, and one at least in the middle of writing; how many depends on the kernel's pieces.
    ensure!(states.without >= 2 && states.with >= 1, "{states:?} the capture");
    Ok(())
}

pub(super) fn measurement_after_a_power_cut_takes_the_next_number(rig: &Rig) -> Result<()> {
    let stick = Stick::new(rig, LARGE)?;
    stick.put(rig, "captures/0001-bare.cap", OLDER)?;
    let slow = Parts {
        write_limit: Some(SLOW_BYTES_PER_S),
        ..Parts::new(Firmware::Bios, Bus::Virtio, stick.path())
    };
    let mut pc = linux(rig, &slow)?;
    pc.expect("[uchaos] end linux-module raw:500000")?;
    // Dropping it kills QEMU at once.
    drop(pc);
    ensure!(!stick.names()?.contains("0002-linux.cap"), "it left {:?}", stick.names()?);
    ensure!(stick.get("captures/0001-bare.cap")? == OLDER, "an old capture changed");
    stick.put(rig, "uchaos.conf", CONF.as_bytes())?;
    let mut pc = linux(rig, &Parts::new(Firmware::Bios, Bus::Virtio, stick.path()))?;
    pc.expect("kept /uchaos/captures/0002-linux.cap")?;
    pc.expect_off()?;
    is_whole(&stick.capture(rig, "0002-linux.cap")?, Target::LinuxModule)?;
    ensure!(stick.get("captures/0001-bare.cap")? == OLDER, "an old capture changed");
    Ok(())
}
