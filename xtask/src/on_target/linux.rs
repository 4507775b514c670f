// SPDX-License-Identifier: GPL-2.0-or-later
//! The Linux guest as an image: its size, its shell, what /init does with wrong words, and that a kernel which gives
//! up is seen. What the module does is in `module.rs`.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use chaos_wire::GuestStatus;
use vm_runner::{
    Accelerator, DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, RunError,
    Session,
};

use super::{Bench, Check};
use crate::build::archive::read_back;
use crate::build::profile::{self, Profile};

/// Kernel and initramfs together (docs/benchmarks.md).
const IMAGE_BYTES_AT_MOST: u64 = 1_700_000;
/// `MemAvailable` in the shell of a guest with 32 MB, in the kernel's kB.
const AVAILABLE_KB_AT_LEAST: u64 = 20_000;
/// What any of these boots may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);
/// What the shell shows when it waits.
const PROMPT: &str = "/ # ";

/// The checks of this area.
pub(crate) const CHECKS: &[Check] = &[
    Check { name: "kernel and initramfs are within 1,700 KB", long: false, run: image_is_small },
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
        name: "a guest of 32 MB leaves 20,000 kB to its programs",
        long: false,
        run: memory_is_left,
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
    Check { name: "the shell comes up on pc too", long: true, run: boots_on_pc },
];

fn image_is_small(bench: &Bench) -> Result<()> {
    let len = |path: &Path| {
        fs::metadata(path).map(|data| data.len()).with_context(|| path.display().to_string())
    };
    let (kernel, initramfs) = (len(&bench.bzimage)?, len(&bench.initramfs)?);
    let together = kernel + initramfs;
    ensure!(
        together <= IMAGE_BYTES_AT_MOST,
        "kernel {kernel} + initramfs {initramfs} = {together} bytes, and {IMAGE_BYTES_AT_MOST} are allowed"
    );
    Ok(())
}

fn initramfs_is_whole(bench: &Bench) -> Result<()> {
    let files = read_back(&fs::read(&bench.initramfs).context("reading the initramfs")?)?;
    for name in ["init", "bin/busybox", "bin/sh", "bin/uchaosbox", "etc/uchaos.conf", "dev/console"]
    {
        ensure!(files.contains_key(name), "/{name} is missing");
    }
    let module = fs::read(&bench.module).context("reading the module")?;
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

fn memory_is_left(bench: &Bench) -> Result<()> {
    let outcome = shell_output(
        bench,
        "memory",
        &Setting { memory_mib: 32, ..Setting::default() },
        "cat /proc/meminfo",
    )?;
    let available_kb: u64 = line_after(&outcome, "MemAvailable:")?
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .context("MemAvailable is not a number")?;
    ensure!(available_kb >= AVAILABLE_KB_AT_LEAST, "MemAvailable is {available_kb} kB");
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
    let mut bytes = fs::read(&bench.initramfs).context("reading the initramfs")?;
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

fn boots_on_pc(bench: &Bench) -> Result<()> {
    let setting = Setting { model: Model::Pc, ..Setting::default() };
    let outcome = shell_output(bench, "pc", &setting, "echo answer-$((6 * 7))")?;
    line_after(&outcome, "answer-42").map(|_| ())
}

/// How a boot differs from the usual one.
struct Setting<'a> {
    model: Model,
    memory_mib: u32,
    words: &'a str,
    initramfs: Option<&'a Path>,
    data: bool,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self { model: Model::Q35, memory_mib: 64, words: "", initramfs: None, data: false }
    }
}

/// A guest under TCG, which every machine has; its console log is in the bench's folder.
fn interactive(bench: &Bench, name: &str, setting: &Setting<'_>) -> Result<Session> {
    let qemu = Qemu::find()?;
    let machine = Machine {
        model: setting.model,
        accelerator: Accelerator::Tcg,
        isolated: false,
        cpu: None,
        memory_mib: setting.memory_mib,
        network: false,
    };
    let base = Profile::read(&bench.root, profile::DEFAULT)?.kernel.command_line;
    let file = |ending: &str| bench.scratch().join(format!("linux-{name}.{ending}"));
    let guest = Guest {
        name: format!("the Linux guest ({name})"),
        kernel: bench.bzimage.clone(),
        initrd: Some(setting.initramfs.unwrap_or(&bench.initramfs).to_path_buf()),
        command_line: format!("{base} {}", setting.words),
        data: setting.data.then(|| DataPort {
            kind: PortKind::VirtSerialPort,
            path: file("frames"),
            expected_bytes: 1 << 20,
        }),
        live: None,
    };
    let limits = Limits { deadline: Some(DEADLINE), console_log: Some(file("console.log")) };
    Ok(Session::start(&qemu, &machine, &guest, &limits)?)
}

/// Boots to the shell, gives it one line, and leaves.
fn shell_output(bench: &Bench, name: &str, setting: &Setting<'_>, line: &str) -> Result<Outcome> {
    let mut session = interactive(bench, name, setting)?;
    session.expect(PROMPT, DEADLINE)?;
    session.send(line);
    session.send("exit");
    Ok(session.finish()?)
}

/// What stands after `text` on the first console line that has it (the shell's echo of what was typed has not).
fn line_after<'a>(outcome: &'a Outcome, text: &str) -> Result<&'a str> {
    outcome
        .lines
        .iter()
        .find_map(|line| line.text.split_once(text).map(|(_, rest)| rest))
        .with_context(|| format!("'{text}' is not on the console\n{}", outcome.scene))
}
