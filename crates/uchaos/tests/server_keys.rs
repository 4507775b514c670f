// SPDX-License-Identifier: GPL-2.0-or-later
//! `compare --keys` starts servers, so it is refused for images without one.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use guest_run::{BareImage, EngineObject, Images, LinuxImage};

/// Images whose Linux guest has no server. They are never booted.
fn images(folder: &Path) -> Images {
    let file = |name: &str| {
        fs::write(folder.join(name), name).unwrap();
        name.into()
    };
    Images {
        engine: EngineObject {
            object: file("engine.o"),
            sha256: None,
            compiler_flags: String::new(),
        },
        bare: BareImage { elf: file("bare"), unstripped: file("bare.elf"), initrd: file("initrd") },
        launcher: file("launcher"),
        linux: Some(LinuxImage {
            profile: "uchaos".into(),
            release: "6.1.192".into(),
            bzimage: file("bzImage"),
            vmlinux: None,
            unstripped: file("vmlinux"),
            initramfs: file("initramfs"),
            module: file("uchaos.ko"),
            uchaosbox: file("uchaosbox"),
            tools: file("busybox"),
            command_line: String::new(),
            network: false,
            share: false,
            disk: None,
            server: None,
            source: String::new(),
            banner: None,
        }),
    }
}

fn compare(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos"));
    command.arg("compare").args(arguments).arg("--runs").arg(folder.join("runs"));
    command.arg("--images").arg(folder.join("images.json")).output().unwrap()
}

#[test]
fn images_that_serve_nothing_are_refused_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path()).write(&folder.path().join("images.json")).unwrap();
    let refused = compare(folder.path(), &["--keys"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(said.contains("these images have the profile uchaos"), "{said}");
    assert!(said.contains("cargo xtask image --profile mariadb"), "{said}");
    let left = fs::read_dir(folder.path().join("runs")).unwrap().count();
    assert_eq!(left, 0, "a refused command left a run");
}

#[test]
fn existing_runs_have_no_server_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = compare(folder.path(), &["--keys", "A", "B"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("'--keys' cannot be used with"), "{said}");
}
