// SPDX-License-Identifier: GPL-2.0-or-later
//! QEMU as one static program, from Debian's source package: one machine (microvm), its serial line, a virtio port and
//! TCG. It runs in the guest, where there are no libraries.

use fs_err as fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::compiler;
use crate::inputs::Inputs;
use crate::kernel_source::short;
use crate::log::StepLog;
use crate::sources::{self, Obtained, unpack};
use crate::step;
use crate::work_dir;
use guest_run::CommandContext;

/// Its name in linux-guest/sources.toml.
const SOURCE: &str = "qemu-debian";
/// Size limit of the stripped program.
const MOST_BYTES: u64 = 7_000_000;

/// The devices. q35 is included because this version does not link without a PC machine.
const DEVICES: &str = "CONFIG_MICROVM=y
CONFIG_Q35=y
CONFIG_ISA_DEBUG=y
CONFIG_VIRTIO_MMIO=y
CONFIG_VIRTIO_SERIAL=y
";

const CONFIGURE: &[&str] = &[
    "--static",
    "--target-list=x86_64-softmmu",
    "--with-devices-x86_64=uchaos",
    "--without-default-features",
    "--without-default-devices",
    "--enable-tcg",
    "--enable-fdt=system",
    // Debian removes the firmware from the source, and builds it separately.
    "--disable-install-blobs",
    "--disable-werror",
    "--disable-debug-info",
    "--disable-stack-protector",
    "--disable-pie",
    "--enable-lto",
    // The texts of trace events.
    "--enable-trace-backends=nop",
    // No stack unwinding.
    "--extra-cflags=-Os -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-unwind-tables",
    "--extra-ldflags=-Wl,--gc-sections,--build-id=none,-z,noseparate-code",
];

/// Builds the program.
pub(super) fn build(context: &CommandContext) -> Result<PathBuf> {
    let obtained = sources::first_available(context, &[SOURCE.to_owned()])?;
    let key =
        Inputs::new().text("source", obtained.sha256.clone()).text("devices", DEVICES).digest()?;
    let tree = work_dir::for_trees(context)?.join(format!("qemu-{}", short(&key)));
    let build_dir = work_dir::for_builds(context, &format!("qemu-{}", short(&key)))?;
    let program = context.out.join("qemu-guest/qemu");
    let inputs = Inputs::new()
        .text("tree", key)
        .text("configure", CONFIGURE.join(" "))
        .text("compiler", compiler::versions()?);
    step::run(context, "qemu-guest", &inputs, &[&program], |log| {
        if !tree.exists() {
            unpack_source(&obtained, &tree, log)?;
        }
        let mut configure = Command::new(tree.join("configure"));
        log.run(configure.args(CONFIGURE).current_dir(&build_dir)).context("configuring QEMU")?;
        log.run(Command::new("ninja").arg("qemu-system-x86_64").current_dir(&build_dir))
            .context("compiling QEMU")?;
        strip(&build_dir.join("qemu-system-x86_64"), &program, log)
    })?;
    Ok(program)
}

/// Unpacks the source package with its patches and writes the list of devices, atomically.
fn unpack_source(obtained: &Obtained, tree: &Path, log: &mut StepLog) -> Result<()> {
    obtained.verify()?;
    let begun = tree.with_extension("unpacking");
    if begun.exists() {
        fs::remove_dir_all(&begun).with_context(|| format!("emptying {}", begun.display()))?;
    }
    let package = begun.join("package");
    unpack::unpack(&obtained.path, &package, &[], log)?;
    let files = fs::read_dir(&package).context("listing QEMU's source package")?;
    let description = files
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|ending| ending == "dsc"))
        .context("QEMU's source package has no .dsc")?;
    let extracted = begun.join("tree");
    // apt has checked its signature.
    log.run(
        Command::new("dpkg-source")
            .args(["--no-check", "--extract"])
            .arg(&description)
            .arg(&extracted),
    )?;
    let devices = extracted.join("configs/devices/x86_64-softmmu/uchaos.mak");
    fs::write(&devices, DEVICES)?;
    fs::rename(&extracted, tree)
        .with_context(|| format!("moving {} into place", tree.display()))?;
    fs::remove_dir_all(&begun).with_context(|| format!("removing {}", begun.display()))
}

fn strip(linked: &Path, program: &Path, log: &mut StepLog) -> Result<()> {
    if let Some(parent) = program.parent() {
        fs::create_dir_all(parent)?;
    }
    log.run(Command::new("strip").arg("-o").arg(program).arg(linked))?;
    let bytes = fs::metadata(program)?.len();
    log.say(&format!("QEMU for the guest: {bytes} bytes"))?;
    if bytes > MOST_BYTES {
        bail!("QEMU for the guest has {bytes} bytes, more than the limit of {MOST_BYTES}");
    }
    Ok(())
}
