// SPDX-License-Identifier: GPL-2.0-or-later
//! The image that ships: the linked kernel's bytes, packed, behind `baremetal/unpack.S`.

use fs_err as fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use object::{Object as _, ObjectSegment as _};

use super::lz4;
use crate::log::StepLog;
use guest_run::CommandContext;

/// The address where `linker.ld` puts the kernel, and to which `unpack.S` unpacks it.
const KERNEL_START: u64 = 0x10_0000;

/// Packs the kernel `linked` into the ELF `packed`, with `folder` for intermediate files.
pub(super) fn build(
    context: &CommandContext,
    linked: &Path,
    folder: &Path,
    packed: &Path,
    log: &mut StepLog,
) -> Result<()> {
    let elf = fs::read(linked)?;
    let image = flat_image(&elf).with_context(|| format!("flattening {}", linked.display()))?;
    let block = lz4::pack(&image);
    log.note(&format!("{} bytes of kernel packed into {}", image.len(), block.len()))?;
    let payload = folder.join("kernel.lz4");
    fs::write(&payload, block)?;
    let source = context.root.join("baremetal");
    let mut compiler = Command::new("cc");
    compiler
        .args(["-nostdlib", "-static", "-no-pie", "-s", "-Wl,--nmagic", "-Wl,--build-id=none"])
        // Not by -Wa and -Wl, which would split a path at commas.
        .args(["-Xassembler", "-I", "-Xassembler"])
        .arg(folder)
        .arg("-T")
        .arg(source.join("packed.ld"))
        .arg("-o")
        .arg(packed)
        .arg(source.join("unpack.S"));
    log.run(&mut compiler)
}

/// The bytes of every segment that has any, at their places from [`KERNEL_START`] on.
fn flat_image(elf: &[u8]) -> Result<Vec<u8>> {
    let file = object::File::parse(elf).context("reading it as ELF")?;
    ensure!(
        file.entry() == KERNEL_START,
        "its entry is at {:#x}, not {KERNEL_START:#x}",
        file.entry()
    );
    let mut image = Vec::new();
    for segment in file.segments() {
        let bytes = segment.data().context("reading a segment")?;
        if bytes.is_empty() {
            continue;
        }
        let begin = segment
            .address()
            .checked_sub(KERNEL_START)
            .context("a segment below the kernel's start")?;
        let begin = usize::try_from(begin).context("a segment's place")?;
        let end = begin + bytes.len();
        if image.len() < end {
            image.resize(end, 0);
        }
        image[begin..end].copy_from_slice(bytes);
    }
    ensure!(!image.is_empty(), "it has no segment with bytes");
    Ok(image)
}
