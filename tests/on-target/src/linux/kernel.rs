// SPDX-License-Identifier: GPL-2.0-or-later
//! The figures that the Linux kernel is held to (docs/benchmarks.md), and both forms in which it boots.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::super::Rig;
use super::guest::{Setting, line_after, shell_output};
use measure::init_clock::instructions_to_init;

/// Kernel and initramfs together, as they ship.
const IMAGE_BYTES_AT_MOST: u64 = 1_150_000;
/// `MemAvailable` in the shell of a guest with 32 MB, in the kernel's kB.
const AVAILABLE_KB_AT_LEAST: u64 = 21_500;
/// From reset to the first instruction of /init, firmware included.
const INSTRUCTIONS_AT_MOST: u64 = 50_000_000;

pub(super) fn kernel_and_initramfs_fit_in_1150_kb(rig: &Rig) -> Result<()> {
    let len = |path: &Path| {
        fs::metadata(path).map(|data| data.len()).with_context(|| path.display().to_string())
    };
    let (kernel, initramfs) = (len(&rig.linux()?.bzimage)?, len(&rig.linux()?.initramfs)?);
    let together = kernel + initramfs;
    ensure!(
        together <= IMAGE_BYTES_AT_MOST,
        "kernel {kernel} + initramfs {initramfs} = {together} bytes, and {IMAGE_BYTES_AT_MOST} are allowed"
    );
    Ok(())
}

pub(super) fn guest_of_32_mb_has_21500_kb_available(rig: &Rig) -> Result<()> {
    let setting = Setting { memory_mib: 32, ..Setting::default() };
    let outcome = shell_output(rig, "memory", &setting, "cat /proc/meminfo")?;
    let available_kb: u64 = line_after(&outcome, "MemAvailable:")?
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .context("MemAvailable is not a number")?;
    ensure!(available_kb >= AVAILABLE_KB_AT_LEAST, "MemAvailable is {available_kb} kB");
    Ok(())
}

pub(super) fn vmlinux_and_bzimage_boot_in_14_mb(rig: &Rig) -> Result<()> {
    ensure!(
        rig.linux()?.kernel() != rig.linux()?.bzimage,
        "the profile boots bzImage, not vmlinux"
    );
    for (name, kernel) in [("vmlinux", rig.linux()?.kernel()), ("bzImage", &rig.linux()?.bzimage)] {
        let setting = Setting { memory_mib: 14, kernel: Some(kernel), ..Setting::default() };
        let outcome = shell_output(rig, name, &setting, "echo answer-$((6 * 7))").context(name)?;
        line_after(&outcome, "answer-42").context(name)?;
    }
    Ok(())
}

pub(super) fn init_within_50_million_instructions(rig: &Rig) -> Result<()> {
    let count = |kernel: &Path| {
        instructions_to_init(
            kernel,
            &rig.linux()?.initramfs,
            &rig.linux()?.command_line,
            rig.scratch(),
        )
    };
    let (first, second) = (count(rig.linux()?.kernel())?, count(rig.linux()?.kernel())?);
    ensure!(first == second, "two counts differ: {first} and {second}");
    ensure!(first <= INSTRUCTIONS_AT_MOST, "{first} instructions to /init");
    Ok(())
}
