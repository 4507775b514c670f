// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux guest as an image: its shell, what /init does with wrong words, and that a kernel which gives up is seen.
//! What the module does is in `module.rs`.

mod guest;
mod kernel;

use std::fs;

use anyhow::{Context, Result, bail, ensure};
use chaos_wire::GuestStatus;
use guest_run::{Model, RunError};

pub(super) use self::guest::{DEADLINE, PROMPT, Setting, interactive, line_after, shell_output};
use super::{Bench, Check};
use guest_run::archive::read_back;

/// The checks of this area.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "kernel and initramfs are within 1,150 KB",
        long: false,
        run: kernel::image_is_small,
    },
    Check { name: "the initramfs holds what /init calls", long: false, run: initramfs_is_whole },
    Check {
        name: "the shell answers on the serial line, and exit ends the machine",
        long: false,
        run: shell_answers,
    },
    Check {
        name: "the shell has a terminal of its own: Ctrl-C ends a command",
        long: false,
        run: shell_has_a_terminal,
    },
    Check {
        name: "a guest of 32 MB leaves 21,500 kB to its programs",
        long: false,
        run: kernel::memory_is_left,
    },
    Check {
        name: "14 MB are enough for the shell, from vmlinux and from bzImage",
        long: false,
        run: kernel::boots_both_ways_in_14_mb,
    },
    Check {
        name: "at most 50 million instructions from reset to /init",
        long: false,
        run: kernel::is_quick_to_init,
    },
    Check {
        name: "a wrong parameter keeps the module out, and says why",
        long: false,
        run: wrong_parameter,
    },
    Check {
        name: "insmod hands parameters over and fails with the kernel's reason",
        long: false,
        run: insmod_fails,
    },
    Check { name: "a job with an unknown key ends with its status", long: false, run: unknown_key },
    Check {
        name: "a damaged initramfs is a panic, not a silent end",
        long: false,
        run: damaged_initramfs,
    },
    Check {
        name: "the shell comes up and is heard on pc and microvm too",
        long: true,
        run: boots_on_pc_and_microvm,
    },
];

fn initramfs_is_whole(bench: &Bench) -> Result<()> {
    let files = read_back(&fs::read(&bench.linux.initramfs).context("reading the initramfs")?)?;
    for name in ["init", "bin/busybox", "bin/sh", "bin/uchaosbox", "etc/uchaos.conf", "dev/console"]
    {
        ensure!(files.contains_key(name), "/{name} is missing");
    }
    let module = fs::read(&bench.linux.module).context("reading the module")?;
    ensure!(
        files.get("lib/modules/uchaos.ko") == Some(&module),
        "/lib/modules/uchaos.ko is not the module built"
    );
    Ok(())
}

fn shell_answers(bench: &Bench) -> Result<()> {
    let mut session = interactive(bench, "shell", &Setting::default())?;
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

fn shell_has_a_terminal(bench: &Bench) -> Result<()> {
    let mut session = interactive(bench, "terminal", &Setting::default())?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("echo begun-$((1 + 1)); sleep 1000; echo status-$?");
    session.expect("begun-2", DEADLINE)?;
    // Without a controlling terminal Ctrl-C reaches nobody. 130 = 128 + SIGINT; ash drops the rest of the line.
    session.send("\u{3}");
    session.expect(PROMPT, DEADLINE)?;
    session.send("echo status-$?");
    session.expect("status-130", DEADLINE)?;
    session.send("exit");
    session.finish()?;
    Ok(())
}

fn wrong_parameter(bench: &Bench) -> Result<()> {
    let setting = Setting { words: "uchaos.turns=99", ..Setting::default() };
    let outcome = shell_output(
        bench,
        "wrong-parameter",
        &setting,
        "ls /dev/uchaos || echo no-node-$((2 + 3))",
    )?;
    let reason = line_after(&outcome, "uchaosbox:")?;
    ensure!(reason.contains("turns") && reason.contains("99"), "the reason is not in '{reason}'");
    line_after(&outcome, "no-node-5").map(|_| ())
}

fn insmod_fails(bench: &Bench) -> Result<()> {
    let command = "rmmod uchaos; insmod /lib/modules/uchaos.ko turns=99 || echo refused-$((2 + 3)); \
                   insmod /lib/modules/uchaos.ko turns=3 && echo turns-$(cat /sys/module/uchaos/parameters/turns)-$((2 + 3))";
    let outcome = shell_output(bench, "insmod", &Setting::default(), command)?;
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

fn unknown_key(bench: &Bench) -> Result<()> {
    let setting =
        Setting { words: "uchaos.job=raw:10 uchaos.trns=1", data: true, ..Setting::default() };
    let outcome = interactive(bench, "unknown-key", &setting)?.finish()?;
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

fn damaged_initramfs(bench: &Bench) -> Result<()> {
    let mut bytes = fs::read(&bench.linux.initramfs).context("reading the initramfs")?;
    let third = bytes.len() / 3;
    bytes[third..third + 64].fill(0);
    let damaged = bench.scratch().join("damaged.cpio.gz");
    fs::write(&damaged, bytes).with_context(|| format!("writing {}", damaged.display()))?;
    let setting = Setting { initramfs: Some(&damaged), ..Setting::default() };
    match interactive(bench, "damaged", &setting)?.finish() {
        Err(RunError::GuestPanic { .. }) => Ok(()),
        Err(other) => Err(other).context("a panic was expected"),
        Ok(outcome) => bail!("it booted from a damaged initramfs:\n{}", outcome.scene),
    }
}

fn boots_on_pc_and_microvm(bench: &Bench) -> Result<()> {
    for model in [Model::Pc, Model::Microvm] {
        let setting = Setting { model, ..Setting::default() };
        let outcome = shell_output(bench, &model.to_string(), &setting, "echo answer-$((6 * 7))")?;
        line_after(&outcome, "answer-42").with_context(|| format!("on {model}"))?;
    }
    Ok(())
}
