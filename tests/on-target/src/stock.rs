// SPDX-License-Identifier: GPL-2.0-or-later
//! The module in a kernel that a distribution built: Debian's own for clouds, with its mitigations, and as a package
//! of DKMS. The first run fetches Debian's packages.

mod guest;
mod machine;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chaos_wire::Target;
use guest_run::Outcome;

use self::guest::{boot, ends_well};
use super::Rig;
use super::command::{ended, xtask};
use guest_build::log::StepLog;
use guest_build::preflight;
use guest_build::stock::debian::{DebianKernel, Series};
use guest_build::stock::{self, Signing, dkms};
use guest_build::tools::TO_PACKAGE;
use guest_run::CommandContext;

/// What such a kernel is hardened with, and is to be hardened with here; an option has one name per age of the kernel.
const HARDENED_BY: [&[&str]; 5] = [
    &["CONFIG_RETPOLINE", "CONFIG_MITIGATION_RETPOLINE"],
    &["CONFIG_RETHUNK", "CONFIG_MITIGATION_RETHUNK"],
    &["CONFIG_SLS", "CONFIG_MITIGATION_SLS"],
    &["CONFIG_STRICT_MODULE_RWX"],
    &["CONFIG_MODVERSIONS"],
];

checks! {
    wrong_headers_are_named;
    long:
    debian_6_1_loads_the_module,
    machine::module_is_a_hardware_generator_and_starts_over_after_a_resume,
    debian_6_12_with_indirect_branch_tracking_loads_it,
    signed_module_loads_and_unknown_keys_are_refused,
    dkms_builds_and_installs_the_module
}

fn wrong_headers_are_named(rig: &Rig) -> Result<()> {
    let folder = rig.scratch().join("no-headers");
    fs::create_dir_all(&folder).context("creating a folder")?;
    let folder = folder.display().to_string();
    ended(&mut xtask(rig, &["module", "--kernel-headers", "/nowhere/headers"])?)?
        .expect(5, &["/nowhere/headers", "linux-headers-"])?;
    ended(&mut xtask(rig, &["module", "--kernel-headers", &folder])?)?
        .expect(5, &["it has no Makefile"])?;
    let empty_cache = rig.scratch().join("empty-cache");
    let mut offline = xtask(rig, &["module", "--debian", "--offline"])?;
    ended(offline.env("UCHAOS_CACHE", &empty_cache))?.expect(1, &["debian-cloud-amd64.tar"])?;
    ended(&mut xtask(rig, &["module"])?)?.expect(2, &["--kernel-headers"])
}

fn debian_6_1_loads_the_module(rig: &Rig) -> Result<()> {
    debian_kernel(rig, Series::V6_1)
}

fn debian_6_12_with_indirect_branch_tracking_loads_it(rig: &Rig) -> Result<()> {
    let debian = DebianKernel::obtain(&rig.context()?, Series::V6_12)?;
    ensure!(debian.headers.has("CONFIG_X86_KERNEL_IBT"), "this kernel is without IBT");
    debian_kernel(rig, Series::V6_12)
}

fn debian_kernel(rig: &Rig, series: Series) -> Result<()> {
    let context = rig.context()?;
    let debian = DebianKernel::obtain(&context, series)?;
    for names in HARDENED_BY {
        ensure!(debian.headers.has_any(names), "Debian's kernel is without {}", names[0]);
    }
    let module = stock::build(&context, &debian.headers, &rig.images()?.engine.object, None)?;
    no_warnings(&context, &debian)?;
    let outcome = boot(rig, &debian, "stock", &read(&module)?, "")?;
    let capture = ends_well(&outcome, rig, "stock")?;
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

fn signed_module_loads_and_unknown_keys_are_refused(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    let debian = DebianKernel::obtain(&context, Series::V6_1)?;
    preflight::ensure(&context, TO_PACKAGE)?;
    let file = |name: &str| rig.scratch().join(name);
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
    let build =
        |signing| stock::build(&context, &debian.headers, &rig.images()?.engine.object, signing);
    let unsigned = read(&build(None)?)?;
    let bytes = read(&build(Some(&signing))?)?;
    ensure!(bytes.ends_with(b"~Module signature appended~\n"), "the module has no signature");
    // Debian's kernel does not have the key, and says so; it insists on known keys only under Secure Boot, or so:
    let says = |outcome: &Outcome, text: &str| {
        let said = outcome.lines.iter().any(|line| line.text.contains(text));
        ensure!(said, "expected `{text}`\n{}", outcome.scene);
        Ok(())
    };
    let outcome = boot(rig, &debian, "signed", &bytes, "")?;
    ends_well(&outcome, rig, "signed")?;
    says(&outcome, "uchaos: ready")?;
    for (name, module, refusal) in [
        ("unknown-key", &bytes, "Loading of module with unavailable key is rejected"),
        ("unsigned", &unsigned, "Loading of unsigned module is rejected"),
    ] {
        let outcome = boot(rig, &debian, name, module, "module.sig_enforce=1")?;
        ensure!(outcome.verdict().is_err(), "{name}: it loaded\n{}", outcome.scene);
        says(&outcome, refusal)?;
    }
    Ok(())
}

/// DKMS as an installed package would run it, with separate folders.
fn dkms_builds_and_installs_the_module(rig: &Rig) -> Result<()> {
    let context = rig.context()?;
    preflight::ensure(&context, TO_PACKAGE)?;
    let debian = DebianKernel::obtain(&context, Series::V6_1)?;
    let package = dkms::build(&context, &rig.images()?.engine.object)?;
    let folder = rig.scratch().join("dkms");
    let at = |name: &str| folder.join(name);
    let mut log = StepLog::create(&context.out.join("logs"), "check-dkms", "dkms")?;
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
    let outcome = boot(rig, &debian, "dkms", &read(&installed)?, "")?;
    ends_well(&outcome, rig, "dkms")?;
    Ok(())
}

/// The kernel's object checker has nothing to say.
fn no_warnings(context: &CommandContext, debian: &DebianKernel) -> Result<()> {
    let log = context.out.join("logs").join(format!("module-{}.log", debian.headers.release));
    let text = fs::read_to_string(&log).with_context(|| format!("reading {}", log.display()))?;
    let warning = text.lines().find(|line| line.to_lowercase().contains("warning"));
    ensure!(warning.is_none(), "the kernel's build warns: {}", warning.unwrap_or_default());
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}
