// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux guest as an image: its shell, what /init does with wrong words, and that a kernel which gives up is seen.
//! What the module does is in `module.rs`.

mod clock;
mod guest;
mod kernel;

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use chaos_wire::GuestStatus;
use guest_run::{Model, RunError};

pub(super) use self::guest::{DEADLINE, PROMPT, Setting, interactive, line_after, shell_output};
use super::Rig;
use guest_run::archive::read_back;

checks! {
    kernel::kernel_and_initramfs_fit_in_the_limit,
    initramfs_holds_what_init_calls,
    shell_answers_and_exit_ends_the_machine,
    ctrl_c_ends_a_command,
    kernel::guest_of_32_mb_has_the_memory_available,
    kernel::vmlinux_and_bzimage_boot_in_the_least_memory,
    kernel::init_within_the_limit_of_instructions,
    wrong_parameter_keeps_the_module_out,
    insmod_passes_parameters_and_fails_with_the_reason,
    job_with_an_unknown_key_has_its_status,
    damaged_initramfs_is_a_panic;
    long:
    clock::clock_is_right_at_a_load_of_8,
    shell_comes_up_on_pc_and_microvm
}

fn initramfs_holds_what_init_calls(rig: &Rig) -> Result<()> {
    let files = read_back(&fs::read(&rig.linux()?.initramfs).context("reading the initramfs")?)?;
    for name in ["init", "bin/busybox", "bin/sh", "bin/uchaosbox", "etc/uchaos.conf", "dev/console"]
    {
        ensure!(files.contains_key(name), "/{name} is missing");
    }
    let module = fs::read(&rig.linux()?.module).context("reading the module")?;
    ensure!(
        files.get("lib/modules/uchaos.ko") == Some(&module),
        "/lib/modules/uchaos.ko is not the module built"
    );
    Ok(())
}

fn shell_answers_and_exit_ends_the_machine(rig: &Rig) -> Result<()> {
    let mut session = interactive(rig, "shell", &Setting::default())?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("echo answer-$((6 * 7)); lsmod; dmesg | grep 'crng init'");
    session.expect("answer-42", DEADLINE)?;
    session.expect("uchaos", DEADLINE)?;
    session.expect("crng init done", DEADLINE)?;
    session.send("exit");
    let outcome = session.finish()?;
    ensure!(outcome.exit.success(), "after `exit` QEMU ended with {}", outcome.exit);
    Ok(())
}

fn ctrl_c_ends_a_command(rig: &Rig) -> Result<()> {
    let mut session = interactive(rig, "terminal", &Setting::default())?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("echo begun-$((1 + 1)); sleep 1000; echo status-$?");
    session.expect("begun-2", DEADLINE)?;
    // Without a controlling terminal no process gets Ctrl-C. 130 = 128 + SIGINT; ash drops the rest of the line.
    session.send("\u{3}");
    session.expect(PROMPT, DEADLINE)?;
    session.send("echo status-$?");
    session.expect("status-130", DEADLINE)?;
    session.send("exit");
    session.finish()?;
    Ok(())
}

fn wrong_parameter_keeps_the_module_out(rig: &Rig) -> Result<()> {
    let setting = Setting { words: "uchaos.turns=99", ..Setting::default() };
    let outcome = shell_output(
        rig,
        "wrong-parameter",
        &setting,
        "ls /dev/uchaos || echo no-node-$((2 + 3))",
    )?;
    let reason = line_after(&outcome, "uchaosbox:")?;
    ensure!(reason.contains("turns") && reason.contains("99"), "the reason is not in '{reason}'");
    line_after(&outcome, "no-node-5").map(|_| ())
}

fn insmod_passes_parameters_and_fails_with_the_reason(rig: &Rig) -> Result<()> {
    let command = "rmmod uchaos; insmod /lib/modules/uchaos.ko turns=99 || echo refused-$((2 + 3)); \
                   insmod /lib/modules/uchaos.ko turns=3 && echo turns-$(cat /sys/module/uchaos/parameters/turns)-$((2 + 3))";
    let outcome = shell_output(rig, "insmod", &Setting::default(), command)?;
    line_after(&outcome, "refused-5")?;
    ensure!(
        outcome
            .lines
            .iter()
            .any(|line| line.text.contains("uchaos:") && line.text.contains("turns")),
        "the kernel gave no reason that names turns:\n{}",
        outcome.scene
    );
    line_after(&outcome, "turns-3-5").context("turns=3 did not reach the module").map(|_| ())
}

fn job_with_an_unknown_key_has_its_status(rig: &Rig) -> Result<()> {
    let setting =
        Setting { words: "uchaos.job=raw:10 uchaos.trns=1", data: true, ..Setting::default() };
    let outcome = interactive(rig, "unknown-key", &setting)?.finish()?;
    ensure!(
        outcome.guest_status == Some(GuestStatus::BadCommandLine),
        "the guest's status is {:?}\n{}",
        outcome.guest_status,
        outcome.scene
    );
    let reason = outcome.error_line().context("no [uchaos] error line")?;
    ensure!(reason.contains("uchaos.trns"), "'{reason}' does not name the key");
    Ok(())
}

fn damaged_initramfs_is_a_panic(rig: &Rig) -> Result<()> {
    let mut bytes = fs::read(&rig.linux()?.initramfs).context("reading the initramfs")?;
    let third = bytes.len() / 3;
    bytes[third..third + 64].fill(0);
    let damaged = rig.scratch().join("damaged.cpio.gz");
    fs::write(&damaged, bytes).with_context(|| format!("writing {}", damaged.display()))?;
    let setting = Setting { initramfs: Some(&damaged), ..Setting::default() };
    match interactive(rig, "damaged", &setting)?.finish() {
        Err(RunError::GuestPanic { .. }) => Ok(()),
        Err(other) => Err(other).context("a panic was expected"),
        Ok(outcome) => bail!("it booted from a damaged initramfs:\n{}", outcome.scene),
    }
}

fn shell_comes_up_on_pc_and_microvm(rig: &Rig) -> Result<()> {
    for model in [Model::Pc, Model::Microvm] {
        let setting = Setting { model, ..Setting::default() };
        let outcome = shell_output(rig, &model.to_string(), &setting, "echo answer-$((6 * 7))")?;
        line_after(&outcome, "answer-42").with_context(|| format!("on {model}"))?;
    }
    Ok(())
}
