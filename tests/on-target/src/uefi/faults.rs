// SPDX-License-Identifier: GPL-2.0-or-later
//! What goes wrong with sticks: one clear message, nothing damaged, and the menu again.

use anyhow::{Context, Result, ensure};
use chaos_wire::Target;
use guest_run::file_sha256;

use super::volume::Volume;
use super::{ENTER, MENU, at_menu, on};
use crate::Rig;
use crate::pc::{Bus, Parts, Pc};
use crate::power_cut;

const OLDER: &[u8] = b"what was there before";
const OLDER_NAME: &str = "captures/0001-bare.cap";

/// Runs the jobs from the menu: one error line with each of `said`, then the menu.
fn is_refused(pc: &mut Pc, said: &[&str]) -> Result<()> {
    pc.press(&["1"])?;
    pc.expect("[uchaos] error: ")?;
    said.iter().try_for_each(|text| pc.expect(text))?;
    pc.expect(ENTER)?;
    pc.press(&["ret"])?;
    pc.expect(MENU)
}

pub(super) fn mistakes_in_the_configuration_are_named(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("# a comment\nuchaos.jobs=raw:2000\n"))?;
    let mut pc = at_menu(rig, &on(Bus::Virtio, &volume))?;
    is_refused(&mut pc, &["reading /uchaos/uchaos.conf, line 2", "did you mean `uchaos.job`?"])?;
    drop(pc);
    ensure!(volume.names()?.is_empty(), "it left {:?}", volume.names()?);
    volume.is_sound()
}

pub(super) fn stick_without_a_configuration_is_named(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, None)?;
    let mut pc = at_menu(rig, &on(Bus::Virtio, &volume))?;
    is_refused(&mut pc, &["reading /uchaos/uchaos.conf: the stick has no such file. Make it"])?;
    // The monitor needs no configuration.
    pc.press(&["2"])?;
    pc.expect("uchaos> ")
}

pub(super) fn full_stick_is_refused_before_anything_is_measured(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:500000\n"))?;
    let filler = vec![7; 38 << 20];
    volume.put(rig, "captures/0007-linux.cap", &filler)?;
    let mut pc = at_menu(rig, &on(Bus::Virtio, &volume))?;
    is_refused(
        &mut pc,
        &["0008-bare.cap: the stick is full: ", "KiB are free. Copy the captures"],
    )?;
    drop(pc);
    ensure!(volume.get("captures/0007-linux.cap")? == filler, "an older capture changed");
    ensure!(volume.names()? == ["0007-linux.cap"], "it left {:?}", volume.names()?);
    volume.is_sound()
}

pub(super) fn read_only_stick_is_refused(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:2000\n"))?;
    let before = file_sha256(volume.path())?;
    let mut pc = at_menu(rig, &Parts { read_only: true, ..on(Bus::Xhci, &volume) })?;
    is_refused(&mut pc, &["0001-bare.cap: the stick is read-only. "])?;
    drop(pc);
    ensure!(file_sha256(volume.path())? == before, "a read-only stick changed");
    Ok(())
}

pub(super) fn stick_that_is_pulled_out_is_noticed(rig: &Rig) -> Result<()> {
    let volume = Volume::new(rig, Some("uchaos.job=raw:500000\n"))?;
    volume.put(rig, OLDER_NAME, OLDER)?;
    let mut pc = at_menu(rig, &on(Bus::Xhci, &volume))?;
    pc.press(&["1"])?;
    pc.expect("[uchaos] begin baremetal raw:500000")?;
    // In the middle of the measurement, which does not notice.
    pc.pull_stick_out()?;
    pc.expect("[uchaos] end baremetal")?;
    pc.expect("[uchaos] error: ")?;
    pc.expect("the stick does not answer (was it removed?). Plug it in again")?;
    pc.expect(ENTER)?;
    pc.press(&["ret"])?;
    pc.expect("the stick does not answer")?;
    pc.expect(MENU)?;
    pc.press(&["5"])?;
    pc.expect_off()?;
    ensure!(!volume.has("captures/0002-bare.cap"), "a capture that is not whole");
    ensure!(volume.get(OLDER_NAME)? == OLDER, "an older capture changed");
    Ok(())
}

pub(super) fn power_cut_leaves_the_whole_capture_or_none(rig: &Rig) -> Result<()> {
    const SAMPLES: usize = 60_000;
    /// The capture takes about two seconds.
    const BYTES_PER_S: u32 = 250_000;
    let volume = Volume::new(rig, Some(&format!("uchaos.job=raw:{SAMPLES}\n")))?;
    volume.put(rig, OLDER_NAME, OLDER)?;
    let slow = Parts { write_limit: Some(BYTES_PER_S), ..on(Bus::Xhci, &volume) };
    let mut pc = at_menu(rig, &slow)?;
    pc.press(&["1"])?;
    pc.expect("[uchaos] end baremetal")?;
    let kept = "[uchaos] done status=0";
    let states = power_cut::at_every_stage(rig, &mut pc, volume.path(), kept, |cut| {
        let cut = Volume::at(cut.to_path_buf());
        ensure!(cut.get(OLDER_NAME)? == OLDER, "the older capture changed");
        if !cut.has("captures/0002-bare.cap") {
            return Ok(false);
        }
        let capture = cut.capture(rig, "0002-bare.cap").context("a capture that is cut")?;
        let samples = capture.target(Target::BareMetal).map(|taken| taken.raw.len());
        ensure!(samples == Some(SAMPLES), "a cut left {samples:?} samples");
        Ok(true)
    })?;
    drop(pc);
    ensure!(states.without >= 5 && states.with >= 1, "{states:?} the capture");
    // What a cut left does not hinder the next measurement.
    let mut pc = at_menu(rig, &on(Bus::Virtio, &volume))?;
    pc.press(&["1"])?;
    pc.expect("kept /uchaos/captures/0003-bare.cap")?;
    drop(pc);
    volume.is_sound()
}
