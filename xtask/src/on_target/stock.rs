// SPDX-License-Identifier: GPL-2.0-or-later
//! The module in a kernel that a distribution built: Debian's own for clouds, with its mitigations, and as a package
//! of DKMS. The first run fetches Debian's packages.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chaos_wire::{Capture, Target};
use vm_runner::{
    Accelerator, DataPort, Guest, Limits, Machine, Model, Outcome, PortKind, Qemu, run,
};

use super::command::{ended, xtask};
use super::{Bench, Check};
use crate::build::archive::Archive;
use crate::build::stock::debian::DebianKernel;
use crate::build::stock::{self, Signing, dkms};
use crate::build::uchaosbox;
use crate::log::StepLog;
use crate::preflight;
use crate::tools::TO_PACKAGE;
use crate::workshop::Workshop;

/// A distribution's kernel takes its time under TCG on a busy machine.
const DEADLINE: Duration = Duration::from_secs(600);
/// Its modules for the data port, in the order of their needs.
const PORT_MODULES: [&str; 6] = [
    "drivers/virtio/virtio_ring.ko",
    "drivers/virtio/virtio.ko",
    "drivers/virtio/virtio_pci_legacy_dev.ko",
    "drivers/virtio/virtio_pci_modern_dev.ko",
    "drivers/virtio/virtio_pci.ko",
    "drivers/char/virtio_console.ko",
];
/// What such a kernel is hardened with, and is to be hardened with here.
const HARDENED_BY: [&str; 4] =
    ["CONFIG_RETPOLINE", "CONFIG_RETHUNK", "CONFIG_STRICT_MODULE_RWX", "CONFIG_MODVERSIONS"];

/// The checks of this area.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "headers that are not there, or are none, are named",
        long: false,
        run: wrong_headers,
    },
    Check {
        name: "Debian's own cloud kernel loads the module, and its reads are right",
        long: true,
        run: debian_kernel,
    },
    Check {
        name: "a signed module carries its signature, and loads",
        long: true,
        run: signed_module,
    },
    Check {
        name: "DKMS builds and installs the package's module for Debian's kernel",
        long: true,
        run: dkms_package,
    },
];

fn wrong_headers(bench: &Bench) -> Result<()> {
    let folder = bench.scratch().join("no-headers");
    fs::create_dir_all(&folder).context("creating a folder")?;
    let folder = folder.display().to_string();
    ended(&mut xtask(bench, &["module", "--kernel-headers", "/nowhere/headers"])?)?
        .expect(5, &["/nowhere/headers", "linux-headers-"])?;
    ended(&mut xtask(bench, &["module", "--kernel-headers", &folder])?)?
        .expect(5, &["it has no Makefile"])?;
    let empty_cache = bench.scratch().join("empty-cache");
    let mut offline = xtask(bench, &["module", "--debian", "--offline"])?;
    ended(offline.env("UCHAOS_CACHE", &empty_cache))?.expect(1, &["debian-cloud-amd64.tar"])?;
    ended(&mut xtask(bench, &["module"])?)?.expect(2, &["--kernel-headers"])
}

fn debian_kernel(bench: &Bench) -> Result<()> {
    let shop = Workshop::open(false, false, false)?;
    let debian = DebianKernel::obtain(&shop)?;
    for option in HARDENED_BY {
        ensure!(debian.headers.has(option), "Debian's kernel is without {option}");
    }
    let module = stock::build(&shop, &debian.headers, &bench.engine_object, None)?;
    no_warnings(&shop, &debian)?;
    let (outcome, capture) = boot(bench, &debian, "stock", &read(&module)?)?;
    let module = capture.target(Target::LinuxModule).context("nothing from the module")?;
    ensure!(
        module.raw.len() == 10_000 && module.stream.len() == 1 << 20,
        "{} samples and {} bytes came",
        module.raw.len(),
        module.stream.len()
    );
    let failed: Vec<&String> =
        module.self_test.iter().filter(|line| !line.starts_with("ok: ")).collect();
    ensure!(!module.self_test.is_empty() && failed.is_empty(), "{failed:?}\n{}", outcome.scene);
    Ok(())
}

fn signed_module(bench: &Bench) -> Result<()> {
    let shop = Workshop::open(false, false, false)?;
    let debian = DebianKernel::obtain(&shop)?;
    preflight::ensure(&shop, TO_PACKAGE)?;
    let file = |name: &str| bench.scratch().join(name);
    let signing = Signing { key: file("key.pem"), certificate: file("key.crt") };
    let made = Command::new("openssl")
        .args(["req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"])
        .args(["-subj", "/CN=a test/", "-keyout"])
        .arg(&signing.key)
        .arg("-out")
        .arg(&signing.certificate)
        .output()
        .context("starting openssl")?;
    ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let module = stock::build(&shop, &debian.headers, &bench.engine_object, Some(&signing))?;
    let bytes = read(&module)?;
    ensure!(bytes.ends_with(b"~Module signature appended~\n"), "the module has no signature");
    // Debian's kernel does not have the key, and says so; it insists on known keys only under Secure Boot.
    let (outcome, _) = boot(bench, &debian, "signed", &bytes)?;
    let said = outcome.lines.iter().any(|line| line.text.contains("uchaos: ready"));
    ensure!(said, "the signed module did not load\n{}", outcome.scene);
    Ok(())
}

/// DKMS as an installed package would run it, with folders of its own.
fn dkms_package(bench: &Bench) -> Result<()> {
    let shop = Workshop::open(false, false, false)?;
    preflight::ensure(&shop, TO_PACKAGE)?;
    let debian = DebianKernel::obtain(&shop)?;
    let package = dkms::build(&shop, &bench.engine_object)?;
    let folder = bench.scratch().join("dkms");
    let at = |name: &str| folder.join(name);
    let mut log = StepLog::create(&shop.out.join("logs"), "check-dkms", "dkms")?;
    let release = &debian.headers.release;
    for folder in [at("tree"), at("package"), at("installed").join(release)] {
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    log.run(Command::new("dpkg-deb").arg("--extract").arg(&package).arg(at("package")))?;
    let version = format!("uchaos/{}", dkms::VERSION);
    for action in ["add", "build", "install"] {
        let mut command = Command::new("dkms");
        command.args([action, &version, "--no-depmod", "--dkmstree"]).arg(at("tree"));
        command.arg("--sourcetree").arg(at("package/usr/src"));
        command.arg("--installtree").arg(at("installed"));
        if action != "add" {
            command.args(["-k", release, "--kernelsourcedir"]).arg(debian.headers.dir());
        }
        log.run(&mut command)?;
    }
    log.finish();
    let installed = at("installed").join(release).join("updates/dkms/uchaos.ko");
    ensure!(installed.exists(), "DKMS left no {}", installed.display());
    let (outcome, _) = boot(bench, &debian, "dkms", &read(&installed)?)?;
    outcome.verdict()?;
    Ok(())
}

/// The kernel's object checker has nothing to say.
fn no_warnings(shop: &Workshop, debian: &DebianKernel) -> Result<()> {
    let log = shop.out.join("logs").join(format!("module-{}.log", debian.headers.release));
    let text = fs::read_to_string(&log).with_context(|| format!("reading {}", log.display()))?;
    let warning = text.lines().find(|line| line.to_lowercase().contains("warning"));
    ensure!(warning.is_none(), "the kernel's build warns: {}", warning.unwrap_or_default());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

/// Boots Debian's kernel with the guest's userland and this module, for a job that takes every output and the
/// module's self test; it must end well, without the kernel complaining.
fn boot(
    bench: &Bench,
    debian: &DebianKernel,
    name: &str,
    module: &[u8],
) -> Result<(Outcome, Capture)> {
    let shop = Workshop::open(true, false, false)?;
    let tester = uchaosbox::build_self_test(&shop, &bench.engine_object)?;
    let mut overlay = Archive::new()
        .dir("/bin", 0o755)
        .file("/bin/uchaosbox", 0o755, read(&tester)?)
        .dir("/etc", 0o755)
        .file("/etc/init", 0o755, read(&bench.root.join("linux-guest/rootfs/init"))?)
        .dir("/lib", 0o755)
        .dir("/lib/modules", 0o755)
        .file("/lib/modules/uchaos.ko", 0o644, module);
    let mut init = "#!/bin/sh\n".to_owned();
    for path in PORT_MODULES {
        let file = format!("/lib/modules/{}", path.rsplit('/').next().unwrap_or(path));
        init += &format!("insmod {file}\n");
        overlay = overlay.file(&file, 0o644, debian.module(path)?);
    }
    overlay = overlay.file("/init", 0o755, init + "exec /etc/init\n");
    let mut initramfs = read(&bench.initramfs)?;
    initramfs.extend(overlay.to_cpio_gz()?);
    let file = |ending: &str| bench.scratch().join(format!("{name}.{ending}"));
    fs::write(file("cpio.gz"), initramfs).context("writing the initramfs")?;
    let machine = Machine {
        model: Model::Q35,
        accelerator: Accelerator::Tcg,
        isolated: false,
        cpu: None,
        memory_mib: 384,
        network: false,
    };
    let guest = Guest {
        name: format!("Debian's kernel ({name})"),
        kernel: debian.vmlinuz.clone(),
        initrd: Some(file("cpio.gz")),
        command_line:
            "console=ttyS0 reboot=t panic=-1 random.trust_cpu=off random.trust_bootloader=off \
                       uchaos.job=raw:10000,stream:1M,seed:64,selftest"
                .to_owned(),
        data: Some(DataPort {
            kind: PortKind::VirtSerialPort,
            path: file("frames"),
            expected_bytes: 4 << 20,
        }),
        live: None,
    };
    let limits = Limits { deadline: Some(DEADLINE), console_log: Some(file("console.log")) };
    let outcome = run(&Qemu::find()?, &machine, &guest, &limits)?;
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
    Ok((outcome, Capture::read(&file("frames"))?))
}
