// SPDX-License-Identifier: GPL-2.0-or-later
//! What the microkernel cannot work with: each has its status and its line on the console.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chaos_wire::{GuestStatus, Marker};
use guest_run::{Guest, Machine, Model, Qemu};

use super::super::Rig;
use super::guest::{DEADLINE, MODELS, expect_refusal, run, with_port, without_port};

pub(super) fn missing_cut_or_damaged_initrd(rig: &Rig) -> Result<()> {
    let whole = fs::read(&rig.images()?.bare.initrd).context("reading the initrd")?;
    let mut spoilt_first = whole.clone();
    spoilt_first[2] ^= 1;
    let mut spoilt_later = whole.clone();
    let second =
        whole.windows(6).rposition(|window| window == b"070701").context("an archive's header")?;
    spoilt_later[second] ^= 1;
    let cases: [(&str, Option<&[u8]>, &str); 5] = [
        ("none", None, "no initrd"),
        ("cut in a file", Some(&whole[..300]), "damaged or cut"),
        ("cut before its end marker", Some(&whole[..second]), "damaged or cut"),
        ("spoilt at its start", Some(&spoilt_first), "bad magic"),
        ("spoilt in a later header", Some(&spoilt_later), "damaged or cut"),
    ];
    for (case, bytes, said) in cases {
        let path = rig.scratch().join("bad-initrd.cpio");
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        let guest = Guest { initrd: bytes.map(|_| path), ..without_port(rig, "")? };
        let outcome = run(&Machine::tcg(Model::Microvm, 64), &guest)?;
        expect_refusal(&outcome, GuestStatus::BadInitrd, said)
            .with_context(|| format!("initrd: {case}"))?;
    }
    Ok(())
}

pub(super) fn wrong_command_line(rig: &Rig) -> Result<()> {
    let long = format!("uchaos.job=raw:1 {}", "x".repeat(2100));
    for (command_line, said) in [
        ("uchaos.jbo=raw:10", "unknown key `uchaos.jbo`"),
        ("uchaos.job=rwa:10", "unknown job `rwa`"),
        ("uchaos.job=raw:0", "must be 1 to"),
        ("uchaos.job=raw:10 uchaos.turns=8", "must be 1 to 7"),
        ("uchaos.job=raw:10 uchaos.claim=126", "`uchaos.claim` must be 31, 62, 125"),
        ("uchaos.job=raw:10 uchaos.target=linux-user", "this kernel is baremetal"),
        (&long, "2048 bytes or more"),
    ] {
        let (guest, path) = with_port(rig, command_line)?;
        let outcome = run(&Machine::tcg(Model::Microvm, 64), &guest)?;
        expect_refusal(&outcome, GuestStatus::BadCommandLine, said)?;
        let len =
            fs::metadata(&path).with_context(|| format!("looking at {}", path.display()))?.len();
        ensure!(
            len == 0,
            "`{command_line}` was refused, and still {len} bytes of data were written"
        );
    }
    Ok(())
}

/// The runner counts in MiB, and the least that works is between one and two of them.
pub(super) fn too_little_memory(rig: &Rig) -> Result<()> {
    let qemu = Qemu::find()?;
    let command = Machine::tcg(Model::Q35, 2).command(&qemu, &without_port(rig, "")?);
    let mut bounded = Command::new("timeout");
    bounded.arg(DEADLINE.as_secs().to_string()).arg(command.get_program()).args(command.get_args());
    let output = bounded.args(["-m", "1792K"]).output().context("running QEMU with 1.75 MiB")?;
    let console = String::from_utf8_lossy(&output.stdout);
    let status = output.status.code().and_then(GuestStatus::from_qemu_exit_status);
    ensure!(
        status == Some(GuestStatus::TooLittleMemory),
        "it ended with {}:\n{console}",
        output.status
    );
    let said = console.lines().any(|line| {
        matches!(Marker::parse(line), Some(Marker::Error { text }) if text.starts_with("too little memory"))
    });
    ensure!(said, "no error line of it:\n{console}");

    let (guest, _) = with_port(rig, "uchaos.job=restart:10x65536")?;
    let outcome = run(&Machine::tcg(Model::Q35, 2), &guest)?;
    expect_refusal(&outcome, GuestStatus::TooLittleMemory, "524296 bytes are needed")
}

pub(super) fn job_without_a_data_port(rig: &Rig) -> Result<()> {
    for model in MODELS {
        let outcome = run(&Machine::tcg(model, 64), &without_port(rig, "uchaos.job=raw:10")?)?;
        expect_refusal(&outcome, GuestStatus::NoDataPort, "no data port")
            .with_context(|| format!("on {model}"))?;
    }
    Ok(())
}

pub(super) fn processor_without_64_bits(rig: &Rig) -> Result<()> {
    let mut machine = Machine::tcg(Model::Q35, 64);
    machine.cpu = Some("qemu32".into());
    let outcome = run(&machine, &without_port(rig, "")?)?;
    expect_refusal(&outcome, GuestStatus::Panic, "no 64-bit mode")
}
