// SPDX-License-Identifier: GPL-2.0-or-later
//! Measured on a running guest: its memory and its boot time. Always under TCG, which every
//! machine has, so that figures of two machines can be compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use guest_run::{Limits, Machine, Model, Network, Outcome, Qemu, RunError, Session};
use serde::Serialize;

use crate::guest::BootFiles;
use crate::init_clock::instructions_to_init;
use guest_run::LinuxImage;

/// Time limit of a boot on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// The shell's prompt.
const PROMPT: &str = "/ # ";
/// The machine's memory for the table.
const TABLE_MIB: u32 = 32;
/// Less than any of our Linux guests needs.
const TOO_LITTLE_MIB: u32 = 2;

/// Memory as the guest sees it.
#[derive(Debug, Serialize)]
pub struct Memory {
    /// The machine's, in MiB.
    pub machine_mib: u32,
    /// Lines of /proc/meminfo in the shell, in the kernel's kB.
    pub meminfo_kb: BTreeMap<String, u64>,
    pub kernel_line: String,
    /// The least memory from which the shell comes up, in MiB.
    pub smallest_mib: u32,
}

/// How long the guest takes to boot.
#[derive(Debug, Serialize)]
pub struct Boot {
    /// From reset to /init by the kernel as the profile boots it, in guest instructions.
    pub instructions_to_init: u64,
    /// The same from bzImage, as it ships.
    pub bzimage_instructions_to_init: u64,
    /// When the kernel started /init, by its own clock, in seconds.
    pub guest_clock_to_init_s: f64,
    /// From QEMU's start to the shell, by the host's clock, in milliseconds: it varies with the machine's load.
    pub host_clock_to_shell_ms: u64,
}

/// Boots the guest as often as necessary.
pub(super) fn measure(image: &LinuxImage, scratch: &Path) -> Result<(Memory, Boot)> {
    let qemu = Qemu::find()?;
    let (session, to_shell) = shell(&qemu, image, TABLE_MIB, DEADLINE)?;
    session.send("cat /proc/meminfo; dmesg");
    session.send("exit");
    let outcome = session.finish()?;
    let meminfo_kb = meminfo(&outcome);
    if !meminfo_kb.contains_key("MemAvailable") {
        bail!("the guest's /proc/meminfo has no MemAvailable\n{}", outcome.scene);
    }
    let memory = Memory {
        machine_mib: TABLE_MIB,
        meminfo_kb,
        kernel_line: kernel_says(&outcome, "Memory: ")?.1,
        smallest_mib: smallest(&qemu, image, to_shell)?,
    };
    let count = |kernel: &Path| {
        instructions_to_init(kernel, &image.initramfs, &image.command_line, scratch)
    };
    let boot = Boot {
        instructions_to_init: count(image.kernel())?,
        bzimage_instructions_to_init: count(&image.bzimage)?,
        guest_clock_to_init_s: kernel_says(&outcome, "Run /init as init process")?.0,
        host_clock_to_shell_ms: u64::try_from(to_shell.as_millis()).unwrap_or(u64::MAX),
    };
    Ok((memory, boot))
}

/// Boots to the shell; returns the time taken.
fn shell(
    qemu: &Qemu,
    image: &LinuxImage,
    memory_mib: u32,
    patience: Duration,
) -> Result<(Session, Duration), RunError> {
    let machine = Machine {
        network: image.network.then_some(Network::User),
        ..Machine::tcg(Model::Q35, memory_mib)
    };
    let guest = BootFiles::from(image).guest(&machine, "", None);
    let limits = Limits { deadline: Some(DEADLINE), ..Limits::default() };
    let begun = Instant::now();
    let mut session = Session::start(qemu, &machine, &guest, &limits)?;
    session.expect(PROMPT, patience)?;
    Ok((session, begun.elapsed()))
}

/// The least memory with which the shell starts, by bisection. A guest with too little may hang silently, so it
/// gets several times the duration of a good boot.
fn smallest(qemu: &Qemu, image: &LinuxImage, to_shell: Duration) -> Result<u32> {
    let patience = to_shell * 4 + Duration::from_secs(5);
    let (mut too_little, mut enough) = (TOO_LITTLE_MIB, TABLE_MIB);
    while enough - too_little > 1 {
        let middle = too_little.midpoint(enough);
        match shell(qemu, image, middle, patience) {
            Ok(_) => enough = middle,
            Err(RunError::Interrupted { guest, source }) => {
                return Err(RunError::Interrupted { guest, source }.into());
            }
            Err(_) => too_little = middle,
        }
    }
    Ok(enough)
}

/// Lines such as `MemFree:   25488 kB`.
fn meminfo(outcome: &Outcome) -> BTreeMap<String, u64> {
    outcome
        .lines
        .iter()
        .filter_map(|line| {
            let (name, rest) = line.text.split_once(':')?;
            let number = rest.trim().strip_suffix(" kB")?.trim().parse().ok()?;
            Some((name.trim().to_owned(), number))
        })
        .collect()
}

/// A line of the kernel's log: its stamp in seconds, and the line without it.
fn kernel_says(outcome: &Outcome, text: &str) -> Result<(f64, String)> {
    outcome
        .lines
        .iter()
        .find_map(|line| {
            let (stamp, rest) = line.text.strip_prefix('[')?.split_once("] ")?;
            let stamp = stamp.trim().parse().ok()?;
            rest.starts_with(text).then(|| (stamp, rest.to_owned()))
        })
        .with_context(|| format!("the guest's log has no '{text}'\n{}", outcome.scene))
}
