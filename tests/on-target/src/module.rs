// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel module and uchaosbox: the module tried from inside its guest (the verdicts are the guest's own), who
//! seeds the kernel's generator, the parameters of a job, and the same tool on the host.

mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chaos_wire::capture::TargetCapture;
use chaos_wire::{Capture, JobKind, Marker, Target};
use guest_run::{DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, run};

use super::Rig;
use guest_build::engine::{self, Engine};
use guest_build::uchaosbox;
use guest_run::archive::Archive;

/// What any of these boots may take on a busy machine.
const DEADLINE: Duration = Duration::from_secs(120);
/// How many tests the module's self test has (linux-guest/uchaosbox/src/machine/selftest.rs).
const SELF_TESTS: usize = 16;

checks! {
    self_test_in_the_guest_passes,
    seeds_the_generator_first,
    parameters_reach_module_and_capture,
    a_million_samples_in_one_piece_in_64_mb,
    holds_the_engine_object_byte_for_byte,
    shows_every_health_counter,
    uchaosbox_takes_a_capture_on_the_host;
    long:
    source::compiles_without_a_warning_of_gcc_or_sparse,
    source::checkpatch_reports_the_stated_exceptions_only
}

fn self_test_in_the_guest_passes(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    let program = uchaosbox::build_self_test(&context, &rig.images()?.engine.object)?;
    let tester = fs::read(&program).with_context(|| format!("reading {}", program.display()))?;
    // The kernel unpacks archives one after the other, and a later file takes the place of an earlier one.
    let overlay =
        Archive::new().dir("/bin", 0o755).file("/bin/uchaosbox", 0o755, tester).to_cpio_gz()?;
    let mut initramfs = fs::read(&rig.linux()?.initramfs).context("reading the initramfs")?;
    initramfs.extend(overlay);
    let path = rig.scratch().join("selftest.cpio.gz");
    fs::write(&path, initramfs).with_context(|| format!("writing {}", path.display()))?;
    let setting = Setting { memory_mib: 256, initramfs: Some(&path) };
    let (outcome, capture) = boot(rig, "selftest", &setting, "uchaos.job=selftest")?;
    let lines = &of(&capture, Target::LinuxModule)?.self_test;
    let failed: Vec<&str> =
        lines.iter().filter(|line| !line.starts_with("ok: ")).map(String::as_str).collect();
    ensure!(failed.is_empty(), "{}\n{}", failed.join("\n"), outcome.scene);
    ensure!(lines.len() == SELF_TESTS, "{} tests ran, and there are {SELF_TESTS}", lines.len());
    outcome.verdict()?;
    Ok(())
}

fn seeds_the_generator_first(rig: &Rig) -> Result<()> {
    let (outcome, _) = good(rig, "seeding", "uchaos.job=seed:64")?;
    let line = |text: &str| {
        outcome
            .lines
            .iter()
            .position(|line| line.text.contains(text))
            .with_context(|| format!("'{text}' is not in the boot log\n{}", outcome.scene))
    };
    let (credited, ready) = (line("uchaos: credited 256 bits")?, line("crng init done")?);
    ensure!(
        credited < ready,
        "the kernel's generator was ready before it was seeded\n{}",
        outcome.scene
    );
    Ok(())
}

fn parameters_reach_module_and_capture(rig: &Rig) -> Result<()> {
    let words = "uchaos.job=raw:2000 uchaos.turns=2 uchaos.workload=flush uchaos.claim=250";
    let (_, capture) = good(rig, "parameters", words)?;
    let module = of(&capture, Target::LinuxModule)?;
    for (key, wanted) in [("turns", "2"), ("workload", "flush"), ("claim_millibits", "250")] {
        let given = module.meta.get(key);
        ensure!(
            given == Some(wanted),
            "the capture says {key}={given:?}, and {wanted} was asked for"
        );
    }
    Ok(())
}

fn a_million_samples_in_one_piece_in_64_mb(rig: &Rig) -> Result<()> {
    let (_, capture) = good(rig, "one-piece", "uchaos.job=raw:1000000")?;
    let module = of(&capture, Target::LinuxModule)?;
    let report = module.report(JobKind::Raw).context("there is no report of the raw job")?;
    let reads = report.health.get("raw_reads");
    ensure!(
        module.raw.len() == 1_000_000 && report.chunks == 1 && reads == Some("1"),
        "{} samples in {} pieces by {reads:?} reads",
        module.raw.len(),
        report.chunks
    );
    Ok(())
}

fn holds_the_engine_object_byte_for_byte(rig: &Rig) -> Result<()> {
    let engine = Engine { object: rig.images()?.engine.object.clone(), sha256: None };
    let same = engine::verify(&engine, &rig.linux()?.module)?;
    ensure!(
        same.compared_bytes > same.relocated_bytes,
        "next to nothing could be compared: {same:?}"
    );
    Ok(())
}

fn shows_every_health_counter(rig: &Rig) -> Result<()> {
    let words = "uchaos.job=raw:1000 uchaos.target=linux-module+linux-user";
    let (_, capture) = good(rig, "health", words)?;
    let keys = |target| -> Result<BTreeSet<String>> {
        let report = of(&capture, target)?.report(JobKind::Raw).context("a raw job's report")?;
        Ok(report.health.iter().map(|(key, _)| key.to_owned()).collect())
    };
    let (module, user) = (keys(Target::LinuxModule)?, keys(Target::LinuxUser)?);
    let forgotten: Vec<_> = user.difference(&module).collect();
    ensure!(user.len() > 15 && forgotten.is_empty(), "the module does not show {forgotten:?}");
    Ok(())
}

fn uchaosbox_takes_a_capture_on_the_host(rig: &Rig) -> Result<()> {
    let path = rig.scratch().join("host.frames");
    let output = Command::new(&rig.linux()?.uchaosbox)
        .args(["job", "--target", "host-user", "--job"])
        .arg("raw:10000,stream:1M,restart:20x100,seed:64,selftest")
        .arg("--output")
        .arg(&path)
        .output()
        .context("running uchaosbox on the host")?;
    let console = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "uchaosbox ended with {}:\n{console}", output.status);
    let done = console.lines().last().and_then(Marker::parse);
    ensure!(done == Some(Marker::Done { status: 0 }), "the last line is no `done`:\n{console}");
    let capture = Capture::read(&path)?;
    let host = of(&capture, Target::HostUser)?;
    ensure!(
        host.raw.len() == 10_000 && host.stream.len() == 1 << 20,
        "samples or bytes are missing"
    );
    ensure!(host.self_test.iter().all(|line| line.starts_with("ok: ")), "{:?}", host.self_test);
    Ok(())
}

fn of(capture: &Capture, target: Target) -> Result<&TargetCapture> {
    capture.target(target).with_context(|| format!("the capture has nothing from {target}"))
}

/// How a boot differs from the usual one.
struct Setting<'a> {
    memory_mib: u32,
    initramfs: Option<&'a Path>,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self { memory_mib: 64, initramfs: None }
    }
}

/// Boots the usual guest for a job, which must succeed.
pub(super) fn good(rig: &Rig, name: &str, words: &str) -> Result<(Outcome, Capture)> {
    let (outcome, capture) = boot(rig, name, &Setting::default(), words)?;
    outcome.verdict()?;
    Ok((outcome, capture))
}

/// Boots a guest for a job under TCG, which every machine has, to its end; its capture must be whole.
fn boot(rig: &Rig, name: &str, setting: &Setting<'_>, words: &str) -> Result<(Outcome, Capture)> {
    let machine = Machine::tcg(Model::Q35, setting.memory_mib);
    let file = |ending: &str| -> PathBuf { rig.scratch().join(format!("module-{name}.{ending}")) };
    let guest = Guest {
        name: format!("the Linux guest ({name})"),
        kernel: rig.linux()?.kernel().to_path_buf(),
        initrd: Some(setting.initramfs.unwrap_or(&rig.linux()?.initramfs).to_path_buf()),
        command_line: format!("{} {words}", rig.linux()?.command_line),
        least_memory_mib: None,
        data: Some(DataPort {
            kind: PortKind::VirtSerialPort,
            path: file("frames"),
            expected_bytes: 32 << 20,
        }),
        live: None,
        attached: guest_run::Attached::default(),
    };
    let limits = Limits {
        deadline: Some(DEADLINE),
        console_log: Some(file("console.log")),
        ..Limits::default()
    };
    let outcome = run(&Qemu::find()?, &machine, &guest, &limits)?;
    let capture = Capture::read(&file("frames")).with_context(|| format!("{}", outcome.scene))?;
    Ok((outcome, capture))
}
