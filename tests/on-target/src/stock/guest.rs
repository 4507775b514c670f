// SPDX-License-Identifier: GPL-2.0-or-later
//! Debian's kernel under our userland.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chaos_wire::Capture;
use guest_run::{DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, run};

use super::read;
use crate::Rig;
use guest_build::stock::debian::DebianKernel;
use guest_build::uchaosbox;
use guest_run::archive::Archive;

/// A distribution's kernel takes its time under TCG on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(600);
/// Its modules for the data port, in the order of their needs, each with the option that builds it in.
const PORT_MODULES: [(&str, &str); 6] = [
    ("CONFIG_VIRTIO", "drivers/virtio/virtio_ring.ko"),
    ("CONFIG_VIRTIO", "drivers/virtio/virtio.ko"),
    ("CONFIG_VIRTIO_PCI_LIB_LEGACY", "drivers/virtio/virtio_pci_legacy_dev.ko"),
    ("CONFIG_VIRTIO_PCI_LIB", "drivers/virtio/virtio_pci_modern_dev.ko"),
    ("CONFIG_VIRTIO_PCI", "drivers/virtio/virtio_pci.ko"),
    ("CONFIG_VIRTIO_CONSOLE", "drivers/char/virtio_console.ko"),
];

/// Boots Debian's kernel with the guest's userland, this module and these words more, for a job that takes every
/// output and the module's self test.
pub(super) fn boot(
    rig: &Rig,
    debian: &DebianKernel,
    name: &str,
    module: &[u8],
    words: &str,
) -> Result<Outcome> {
    let file = |ending: &str| rig.scratch().join(format!("{name}.{ending}"));
    let job = format!("uchaos.job=raw:10000,stream:1M,seed:64,selftest {words}");
    let guest = Guest {
        data: Some(DataPort {
            kind: PortKind::VirtSerialPort,
            path: file("frames"),
            expected_bytes: 4 << 20,
        }),
        ..guest(rig, debian, name, module, &job)?
    };
    Ok(run(&Qemu::find()?, &machine(), &guest, &limits(rig, name))?)
}

pub(super) fn machine() -> Machine {
    Machine::tcg(Model::Q35, 384)
}

pub(super) fn limits(rig: &Rig, name: &str) -> Limits {
    Limits {
        deadline: Some(DEADLINE),
        console_log: Some(rig.scratch().join(format!("{name}.console.log"))),
        ..Limits::default()
    }
}

/// Debian's kernel with the guest's userland, this module and these words more; without a job it has a shell.
pub(super) fn guest(
    rig: &Rig,
    debian: &DebianKernel,
    name: &str,
    module: &[u8],
    words: &str,
) -> Result<Guest> {
    let context = rig.context()?;
    let tester = uchaosbox::build_self_test(&context, &rig.images()?.engine.object)?;
    let mut overlay = Archive::new()
        .dir("/bin", 0o755)
        .file("/bin/uchaosbox", 0o755, read(&tester)?)
        .dir("/etc", 0o755)
        .file("/etc/init", 0o755, read(&rig.root().join("linux-guest/rootfs/init"))?)
        .dir("/lib", 0o755)
        .dir("/lib/modules", 0o755)
        .file("/lib/modules/uchaos.ko", 0o644, module);
    let mut init = "#!/bin/sh\n".to_owned();
    for (option, path) in PORT_MODULES {
        if debian.headers.has(option) {
            continue;
        }
        let file = format!("/lib/modules/{}", path.rsplit('/').next().unwrap_or(path));
        init += &format!("insmod {file}\n");
        overlay = overlay.file(&file, 0o644, debian.module(path)?);
    }
    overlay = overlay.file("/init", 0o755, init + "exec /etc/init\n");
    let mut initramfs = read(&rig.linux()?.initramfs)?;
    initramfs.extend(overlay.to_cpio_gz()?);
    let initrd = rig.scratch().join(format!("{name}.cpio.gz"));
    fs::write(&initrd, initramfs).context("writing the initramfs")?;
    Ok(Guest {
        name: format!("Debian's kernel ({name})"),
        kernel: debian.vmlinuz.clone(),
        initrd: Some(initrd),
        // On a busy host the timer's ticks come late, and the kernel would take it for broken and panic.
        command_line: format!(
            "console=ttyS0 reboot=t panic=-1 no_timer_check random.trust_cpu=off random.trust_bootloader=off {words}"
        ),
        least_memory_mib: None,
        data: None,
        live: None,
        attached: guest_run::Attached::default(),
    })
}

/// What the guest captured; it must have ended well, without the kernel complaining.
pub(super) fn ends_well(outcome: &Outcome, rig: &Rig, name: &str) -> Result<Capture> {
    outcome.verdict()?;
    let complaint = outcome.lines.iter().find(|line| {
        ["WARNING:", "BUG:", "Oops", "retpoline", "Unpatched return", "disagrees about version"]
            .iter()
            .any(|word| line.text.contains(word))
            // What the kernel says about its own processor is not about the module.
            && !line.text.contains("Spectre")
            && !line.text.contains("RETBleed")
    });
    ensure!(
        complaint.is_none(),
        "the kernel complains: {}\n{}",
        complaint.map_or("", |line| &line.text),
        outcome.scene
    );
    Ok(Capture::read(&rig.scratch().join(format!("{name}.frames")))?)
}
