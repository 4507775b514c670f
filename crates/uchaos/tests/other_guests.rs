// SPDX-License-Identifier: GPL-2.0-or-later
//! Commands that need another Linux guest, with a server (`compare --keys`) or virtio-rng (target linux-hwrng), are refused
//! for images without it.

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
            host_rng: false,
            disk: None,
            server: None,
            source: String::new(),
            banner: None,
        }),
    }
}

fn uchaos(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_uchaos"));
    command.args(arguments).arg("--images").arg(folder.join("images.json")).output().unwrap()
}

fn compare(folder: &Path, arguments: &[&str]) -> Output {
    let runs = folder.join("runs");
    uchaos(folder, &[&["compare", "--runs", runs.to_str().unwrap()], arguments].concat())
}

#[test]
fn images_of_another_kind_are_refused_before_anything_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path()).write(&folder.path().join("images.json")).unwrap();
    for (arguments, profile) in
        [(&["--keys"][..], "mariadb"), (&["--targets", "linux-user+linux-hwrng"], "hwrng")]
    {
        let refused = compare(folder.path(), arguments);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(5), "{said}");
        assert!(said.contains("these images have the profile uchaos"), "{said}");
        assert!(said.contains(&format!("cargo xtask image --profile {profile}")), "{said}");
        let left = fs::read_dir(folder.path().join("runs")).unwrap().count();
        assert_eq!(left, 0, "a refused command left a run");
    }
}

#[test]
fn a_guest_without_virtio_rng_is_not_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    images(folder.path()).write(&folder.path().join("images.json")).unwrap();
    let asked = ["run-linux", "--job", "stream:1K", "--target", "linux-hwrng"];
    let refused = uchaos(folder.path(), &asked);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("the profile uchaos has no virtio-rng; take --profile hwrng"), "{said}");
}

#[test]
fn an_unknown_target_is_named_with_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    let refused = compare(folder.path(), &["--targets", "linux-hwrgn"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("did you mean `linux-hwrng`?"), "{said}");
}

#[test]
fn existing_runs_have_no_server_to_start() {
    let folder = tempfile::tempdir().unwrap();
    let refused = compare(folder.path(), &["--keys", "A", "B"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("'--keys' cannot be used with"), "{said}");
}
