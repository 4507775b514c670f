// SPDX-License-Identifier: GPL-2.0-or-later
//! Counts the instructions of a Linux guest from reset to its first process: it is booted where time is a count of
//! instructions, with a first process that reads the time-stamp counter.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use guest_run::{Guest, Limits, Machine, Model, Qemu};

use guest_run::archive::Archive;

/// Time limit of a counted boot on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// The text before the count on the console.
const MARK: &str = "[tsc at init] ";

/// Instructions from reset to the first one of /init, including firmware, on a q35 with 64 MB. Time that the guest
/// spends waiting also counts, at one instruction per nanosecond.
pub fn instructions_to_init(
    kernel: &Path,
    initramfs: &Path,
    command_line: &str,
    scratch: &Path,
) -> Result<u64> {
    let overlay = Archive::new().file("/init", 0o755, first_process(scratch)?).to_cpio_gz()?;
    // The kernel unpacks the archives in order, and a later file replaces an earlier one.
    let mut archive = fs::read(initramfs).context("reading the initramfs")?;
    archive.extend(overlay);
    let initrd = scratch.join("init-clock.cpio.gz");
    fs::write(&initrd, archive)?;
    let machine = Machine { isolated: true, ..Machine::tcg(Model::Q35, 64) };
    let guest = Guest {
        name: "the Linux guest, counting instructions".to_owned(),
        kernel: kernel.to_path_buf(),
        initrd: Some(initrd),
        command_line: command_line.to_owned(),
        least_memory_mib: None,
        data: None,
        live: None,
        attached: guest_run::Attached::default(),
    };
    let limits = Limits { deadline: Some(DEADLINE), ..Limits::default() };
    let outcome = guest_run::run(&Qemu::find()?, &machine, &guest, &limits)?;
    outcome.verdict()?;
    let Some(digits) = outcome.lines.iter().find_map(|line| line.text.strip_prefix(MARK)) else {
        bail!("the first process printed no count\n{}", outcome.scene)
    };
    u64::from_str_radix(digits.trim(), 16).with_context(|| format!("reading the count '{digits}'"))
}

/// A static program of a few hundred bytes.
fn first_process(scratch: &Path) -> Result<Vec<u8>> {
    let (source, program): (PathBuf, PathBuf) =
        (scratch.join("init_clock.s"), scratch.join("init_clock"));
    fs::write(&source, include_str!("init_clock.s"))?;
    let mut cc = Command::new("gcc");
    cc.args(["-nostdlib", "-static", "-no-pie", "-s", "-Wl,--build-id=none"])
        .arg(&source)
        .arg("-o")
        .arg(&program);
    let output = cc.output().context("starting gcc: is it installed? (`cargo xtask doctor`)")?;
    if !output.status.success() {
        bail!("assembling the first process:\n{}", String::from_utf8_lossy(&output.stderr));
    }
    fs::read(&program).with_context(|| format!("reading {}", program.display()))
}
