// SPDX-License-Identifier: GPL-2.0-or-later
//! The Debian package `uchaos-dkms`: the module's sources and the engine's listing, which DKMS builds for each kernel
//! that is installed. Building it needs no Rust.

use fs_err as fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::inputs::Inputs;
use crate::step;
use crate::{engine, module};
use guest_run::CommandContext;

/// The version of package and module.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The time of every file in the package, so that the same sources give the same bytes.
const EPOCH: &str = "1772323200";

/// Builds the package.
pub fn build(context: &CommandContext, engine_object: &Path) -> Result<PathBuf> {
    let folder = context.out.join("dkms");
    let package = folder.join(format!("uchaos-dkms_{VERSION}_amd64.deb"));
    let listing = engine::listing_of(engine_object);
    let mut inputs = Inputs::new()
        .path(context.root.join(module::SHIM))
        .path(context.root.join(module::HEADER))
        .text("files", [control(), dkms_conf(), postinst(), prerm()].concat());
    // In a dry run the engine may not exist yet.
    if listing.exists() {
        inputs = inputs.path(&listing);
    }
    step::run(context, "dkms", &inputs, &[&package], |log| {
        let root = folder.join("package");
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("emptying {}", root.display()))?;
        }
        let sources = root.join(format!("usr/src/uchaos-{VERSION}"));
        module::gather(context, &listing, "engine.S", &sources)?;
        write(&sources.join("dkms.conf"), &dkms_conf(), 0o644)?;
        write(&root.join("DEBIAN/control"), &control(), 0o644)?;
        write(&root.join("DEBIAN/postinst"), &postinst(), 0o755)?;
        write(&root.join("DEBIAN/prerm"), &prerm(), 0o755)?;
        write(&root.join("usr/share/doc/uchaos-dkms/copyright"), COPYRIGHT, 0o644)?;
        level_modes(&root)?;
        log.run(
            Command::new("dpkg-deb")
                .env("SOURCE_DATE_EPOCH", EPOCH)
                .args(["--root-owner-group", "--uniform-compression", "-Zxz", "--build"])
                .arg(&root)
                .arg(&package),
        )?;
        let bytes = fs::metadata(&package).context("looking at the package")?.len();
        log.say(&format!("{}: {bytes} bytes", package.display()))
    })?;
    Ok(package)
}

fn control() -> String {
    format!(
        "Package: uchaos-dkms\nVersion: {VERSION}\nSection: kernel\nPriority: optional\nArchitecture: amd64\n\
         Maintainer: The µChaos authors <uchaos@localhost>\nDepends: dkms (>= 2.8), gcc, make\n\
         Recommends: linux-headers-amd64 | linux-headers-generic\n\
         Description: random numbers from timing jitter, with raw noise and health tests\n \
         The kernel module uchaos: /dev/uchaos, /dev/uchaos-seed and /dev/uchaos-raw. It is built by DKMS for each\n \
         kernel that is installed.\n"
    )
}

fn dkms_conf() -> String {
    format!(
        "# SPDX-License-Identifier: GPL-2.0-or-later\n\
         PACKAGE_NAME=\"uchaos\"\n\
         PACKAGE_VERSION=\"{VERSION}\"\n\
         BUILT_MODULE_NAME[0]=\"uchaos\"\n\
         DEST_MODULE_LOCATION[0]=\"/updates/dkms\"\n\
         MAKE[0]=\"make -C $kernel_source_dir M=$dkms_tree/$module/$module_version/build modules\"\n\
         CLEAN=\"make -C $kernel_source_dir M=$dkms_tree/$module/$module_version/build clean\"\n\
         AUTOINSTALL=\"yes\"\n"
    )
}

/// DKMS's script adds the module, and builds it for the kernels with installed headers.
fn postinst() -> String {
    format!(
        "#!/bin/sh\nset -e\nif [ \"$1\" = configure ]; then\n\t\
         /usr/lib/dkms/common.postinst uchaos {VERSION} /usr/share/uchaos-dkms \"\" \"$2\"\nfi\n"
    )
}

fn prerm() -> String {
    format!(
        "#!/bin/sh\nset -e\ncase \"$1\" in\nremove | upgrade | deconfigure)\n\t\
         if [ -n \"$(dkms status -m uchaos -v {VERSION})\" ]; then\n\t\t\
         dkms remove -m uchaos -v {VERSION} --all\n\tfi\n\t;;\nesac\n"
    )
}

const COPYRIGHT: &str = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n\
    Files: *\nCopyright: The µChaos authors\nLicense: GPL-2+\n \
    The text is in /usr/share/common-licenses/GPL-2.\n";

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)?;
    fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .with_context(|| format!("setting the mode of {}", path.display()))
}

/// Keeps the builder's umask out of the package.
fn level_modes(folder: &Path) -> Result<()> {
    let set = |path: &Path, mode| {
        fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
            .with_context(|| format!("setting the mode of {}", path.display()))
    };
    set(folder, 0o755)?;
    for entry in fs::read_dir(folder)? {
        let path = entry.with_context(|| format!("listing {}", folder.display()))?.path();
        let data = path.metadata().with_context(|| format!("looking at {}", path.display()))?;
        if data.is_dir() {
            level_modes(&path)?;
        } else {
            set(&path, if data.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 })?;
        }
    }
    Ok(())
}
