// SPDX-License-Identifier: GPL-2.0-or-later
//! The figures that the Linux kernel is held to (docs/benchmarks.md), and both forms in which it boots.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::super::Rig;
use super::guest::{Setting, line_after, shell_output};
use measure::footprint::limits;
use measure::init_clock::instructions_to_init;

pub(super) fn kernel_and_initramfs_fit_in_the_limit(rig: &Rig) -> Result<()> {
    let len = |path: &Path| {
        fs::metadata(path).map(|data| data.len()).with_context(|| path.display().to_string())
    };
    let (kernel, initramfs) = (len(&rig.linux()?.bzimage)?, len(&rig.linux()?.initramfs)?);
    let (together, at_most) = (kernel + initramfs, limits::of(rig.linux()?)?.image_bytes_at_most);
    ensure!(
        together <= at_most,
        "kernel {kernel} + initramfs {initramfs} = {together} bytes, and {at_most} are allowed"
    );
    Ok(())
}

pub(super) fn guest_of_32_mb_has_the_memory_available(rig: &Rig) -> Result<()> {
    let setting = Setting { memory_mib: 32, ..Setting::default() };
    let outcome = shell_output(rig, "memory", &setting, "cat /proc/meminfo")?;
    let available_kb: u64 = line_after(&outcome, "MemAvailable:")?
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .context("MemAvailable is not a number")?;
    let at_least = limits::of(rig.linux()?)?.available_kb_at_least;
    ensure!(available_kb >= at_least, "MemAvailable is {available_kb} kB of {at_least} wanted");
    Ok(())
}

pub(super) fn vmlinux_and_bzimage_boot_in_the_least_memory(rig: &Rig) -> Result<()> {
    ensure!(
        rig.linux()?.kernel() != rig.linux()?.bzimage,
        "the profile boots bzImage, not vmlinux"
    );
    let memory_mib = limits::of(rig.linux()?)?.memory_mib_at_most;
    for (name, kernel) in [("vmlinux", rig.linux()?.kernel()), ("bzImage", &rig.linux()?.bzimage)] {
        let setting = Setting { memory_mib, kernel: Some(kernel), ..Setting::default() };
        let outcome = shell_output(rig, name, &setting, "echo answer-$((6 * 7))").context(name)?;
        line_after(&outcome, "answer-42").context(name)?;
    }
    Ok(())
}

pub(super) fn init_within_the_limit_of_instructions(rig: &Rig) -> Result<()> {
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
    let at_most = limits::of(rig.linux()?)?.instructions_at_most;
    ensure!(first <= at_most, "{first} instructions to /init, and {at_most} are allowed");
    Ok(())
}
