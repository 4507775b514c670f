// SPDX-License-Identifier: GPL-2.0-or-later
//! What the kit can do besides building the guest: packed programs, and the guest that boots itself.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, Target};
use guest_run::{DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, Session, run};

use super::Rig;
use guest_build::linux_image::{self, LinuxOptions};
use guest_build::nested;
use guest_build::preflight;
use guest_build::profile::{self, Profile};
use guest_build::tools::{TO_BUILD, TO_NEST};
use guest_run::archive::Archive;
use uchaos::commands::pack::pack;

/// What a boot may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// A guest under TCG under TCG.
const NESTED_DEADLINE: Duration = Duration::from_secs(900);

checks! {
    long:
    packed_uchaosbox_runs_in_the_guest,
    nested_guest_boots_the_same_image
}

fn packed_uchaosbox_runs_in_the_guest(rig: &Rig) -> Result<()> {
    let packed = rig.scratch().join("uchaosbox.packed");
    pack(&rig.linux()?.uchaosbox, &rig.images()?.launcher, &packed)?;
    let read = |path| fs::read(path).with_context(|| format!("reading {path:?}"));
    let (before, after) = (read(&rig.linux()?.uchaosbox)?.len(), read(&packed)?.len());
    ensure!(after < before, "packed it has {after} bytes, and {before} without");
    let overlay = Archive::new().dir("/bin", 0o755).file("/bin/packed", 0o755, read(&packed)?);
    let mut initramfs = read(&rig.linux()?.initramfs)?;
    initramfs.extend(overlay.to_cpio_gz()?);
    let initrd = rig.scratch().join("packed.cpio.gz");
    fs::write(&initrd, initramfs).with_context(|| format!("writing {}", initrd.display()))?;
    let guest = Guest {
        name: "the guest with a packed program".to_owned(),
        kernel: rig.linux()?.bzimage.clone(),
        initrd: Some(initrd),
        command_line: Profile::read(rig.root(), profile::DEFAULT)?.kernel.command_line,
        least_memory_mib: None,
        data: None,
        live: None,
        attached: guest_run::Attached::default(),
    };
    let limits = Limits {
        deadline: Some(DEADLINE),
        console_log: Some(rig.scratch().join("packed.console.log")),
        ..Limits::default()
    };
    let mut session =
        Session::start(&Qemu::find()?, &Machine::tcg(Model::Q35, 64), &guest, &limits)?;
    session.expect("/ # ", DEADLINE)?;
    session.send(
        "packed raw 5 --text | wc -l; packed raw nonsense; echo status-$?; ls -A /tmp | wc -l",
    );
    session.send("exit");
    let outcome = session.finish()?;
    let says = |text: &str| outcome.lines.iter().any(|line| line.text.trim() == text);
    ensure!(says("5"), "it did not print five samples\n{}", outcome.scene);
    let failed = outcome.lines.iter().any(|line| line.text.starts_with("uchaosbox: "));
    ensure!(failed && !says("status-0"), "its failure did not come through\n{}", outcome.scene);
    ensure!(says("0"), "it left something in /tmp\n{}", outcome.scene);
    Ok(())
}

fn nested_guest_boots_the_same_image(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    preflight::ensure(&context, TO_BUILD)?;
    preflight::ensure(&context, TO_NEST)?;
    let options = LinuxOptions::new(nested::PROFILE, None);
    let image = linux_image::build(&context, &options, &rig.images()?.engine.object)?;
    let outer = nested::build(&context, &image.bzimage, &image.initramfs)?;
    let file = |ending: &str| rig.scratch().join(format!("nested.{ending}"));
    let guest = Guest {
        name: "the nested guest".to_owned(),
        kernel: image.bzimage.clone(),
        initrd: Some(outer),
        command_line: format!(
            "{} {} uchaos.job=raw:1000,stream:64K",
            image.command_line,
            nested::WORDS
        ),
        least_memory_mib: None,
        data: Some(DataPort {
            kind: PortKind::VirtSerialPort,
            path: file("frames"),
            expected_bytes: 1 << 20,
        }),
        live: None,
        attached: guest_run::Attached::default(),
    };
    let limits = Limits {
        deadline: Some(NESTED_DEADLINE),
        console_log: Some(file("console.log")),
        ..Limits::default()
    };
    let machine = Machine::tcg(Model::Q35, nested::OUTER_MIB);
    let outcome: Outcome = run(&Qemu::find()?, &machine, &guest, &limits)?;
    outcome.verdict()?;
    let boots = outcome.lines.iter().filter(|line| line.text.contains("] Linux version ")).count();
    ensure!(boots == 2, "{boots} kernels booted, and there are to be two\n{}", outcome.scene);
    let done = outcome.lines.iter().any(|line| line.text.trim() == "[uchaos] done status=0");
    ensure!(done, "the inner guest's `done` did not reach the console\n{}", outcome.scene);
    let capture = Capture::read(&file("frames"))?;
    let module = capture.target(Target::LinuxModule).context("nothing from the module")?;
    ensure!(
        module.raw.len() == 1000 && module.stream.len() == 64 << 10,
        "{} samples and {} bytes came",
        module.raw.len(),
        module.stream.len()
    );
    Ok(())
}
