// SPDX-License-Identifier: GPL-2.0-or-later
//! The footprint as text.

use std::fmt;

use super::{Footprint, Subsystem, System};

/// Parts of the kernel that are listed one by one.
const PARTS_SHOWN: usize = 24;
/// Lines of /proc/meminfo that are shown.
const MEMINFO: [&str; 6] =
    ["MemTotal", "MemFree", "MemAvailable", "Slab", "KernelStack", "PageTables"];

impl fmt::Display for Footprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "Sizes in KB (1 KB = 1,000 bytes; other systems as published)")?;
        let (kernel, archive, packed) = ("kernel", "cpio", "cpio.gz");
        writeln!(
            out,
            "  {:<36}{kernel:>9}{archive:>9}{packed:>9}{:>9}{:>9}",
            "", "module", "total"
        )?;
        for system in &self.systems {
            row(out, system)?;
        }
        let limits = &self.limits;
        writeln!(
            out,
            "  {:<36}{:>45.1}",
            format!("limit from Linux {} on", limits.since),
            limits.image_bytes_at_most as f64 / 1e3
        )?;
        let memory = &self.memory;
        writeln!(out, "\nMemory in the shell with {} MB, in kB", memory.machine_mib)?;
        for name in MEMINFO {
            if let Some(kb) = memory.meminfo_kb.get(name) {
                writeln!(out, "  {name:<36}{kb:>9}")?;
            }
        }
        for system in &self.systems {
            if let Some(kb) = system.available_kb_of_32_mb {
                writeln!(out, "  {:<36}{kb:>9}", format!("available in {}", system.name))?;
            }
        }
        writeln!(out, "  {:<36}{:>9}", "limit: available", limits.available_kb_at_least)?;
        writeln!(out, "  {}", memory.kernel_line)?;
        let (smallest, limit) = (memory.smallest_mib, limits.memory_mib_at_most);
        writeln!(out, "  the shell starts with {smallest} MB or more (limit: {limit} MB)")?;
        let boot = &self.boot;
        let millions = |count: u64| format!("{:.1} M", count as f64 / 1e6);
        writeln!(out, "\nBoot (q35, TCG)")?;
        for (what, figure) in [
            ("guest instructions to /init", millions(boot.instructions_to_init)),
            ("limit", millions(limits.instructions_at_most)),
            ("the same from bzImage", millions(boot.bzimage_instructions_to_init)),
            ("guest clock at /init", format!("{:.2} s", boot.guest_clock_to_init_s)),
            ("host clock at the shell", format!("{} ms", boot.host_clock_to_shell_ms)),
        ] {
            writeln!(out, "  {what:<36}{figure:>9}")?;
        }
        if boot.guest_clock_to_init_s * 1000.0 > boot.host_clock_to_shell_ms as f64 {
            writeln!(
                out,
                "  The guest's clock was wrong: a kernel miscalibrates its counter on a busy host. Use a quiet host."
            )?;
        }
        writeln!(out, "\nThe kernel's parts in bytes, before linking")?;
        writeln!(out, "  {:<36}{:>9}{:>9}{:>9}", "", "code", "data", "bss")?;
        let (shown, rest) = self.subsystems.split_at(PARTS_SHOWN.min(self.subsystems.len()));
        let all = |parts: &[Subsystem], folder: &str| {
            parts.iter().fold(
                Subsystem { folder: folder.to_owned(), ..Subsystem::default() },
                |sum, part| Subsystem {
                    text_bytes: sum.text_bytes + part.text_bytes,
                    data_bytes: sum.data_bytes + part.data_bytes,
                    bss_bytes: sum.bss_bytes + part.bss_bytes,
                    ..sum
                },
            )
        };
        let sums = [all(rest, "all others"), all(&self.subsystems, "together")];
        for part in shown.iter().chain(&sums) {
            let Subsystem { folder, text_bytes, data_bytes, bss_bytes } = part;
            writeln!(out, "  {folder:<36}{text_bytes:>9}{data_bytes:>9}{bss_bytes:>9}")?;
        }
        writeln!(out, "\nWhy these limits: {}", limits.reason)?;
        write!(out, "Built from {}", self.sources)
    }
}

fn row(out: &mut fmt::Formatter<'_>, system: &System) -> fmt::Result {
    write!(out, "  {:<36}", system.name)?;
    for kb in
        [system.kernel_kb, system.cpio_kb, system.cpio_gz_kb, system.module_kb, system.total_kb]
    {
        match kb {
            Some(kb) => write!(out, "{kb:>9.1}")?,
            None => write!(out, "{:>9}", "–")?,
        }
    }
    writeln!(out)
}
