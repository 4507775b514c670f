// SPDX-License-Identifier: GPL-2.0-or-later
//! A disk that runs full while the guest writes. QEMU drops what does not fit and the guest reports success, so the
//! runner must see it. The disk is a file system in memory, in a separate mount namespace: `unshare` runs this program
//! again in one.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use guest_run::tiny_guest::TinyGuest;
use guest_run::{DataPort, PortKind, Qemu, RunError, Session};
use test_support::Found;

use super::{HELPER, PATIENCE, folder, guest, limits, machine, qemu};

const DISK: &str = "UCHAOS_TEST_DISK";

/// A command in a mount namespace, whose first argument is a folder that holds 8 MiB. The mount goes with the command.
fn on_a_small_disk(folder: &std::path::Path) -> Command {
    let script = "mount -t tmpfs -o size=8M uchaos-test \"$1\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script, "sh"]).arg(folder);
    command
}

/// QEMU, on a machine that has mount namespaces.
pub(super) fn qemu_and_namespaces() -> Found<Qemu> {
    let folder = folder();
    let output = on_a_small_disk(folder.path()).arg("true").output();
    let output = output.map_err(|error| format!("needs unshare (package util-linux): {error}"))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr);
        return Err(format!("needs mount namespaces: {}", why.trim()));
    }
    qemu()
}

pub(super) fn helper_fills_the_disk_of_a_guest() {
    let disk = PathBuf::from(std::env::var_os(DISK).expect("the disk"));
    let (qemu, folder) = (qemu().expect("QEMU"), folder());
    let code = TinyGuest::new().print("up\n").echo(1).exit(0x10);
    let mut guest = guest(folder.path(), &code);
    let data =
        DataPort { kind: PortKind::VirtConsole, path: disk.join("data"), expected_bytes: 1 << 20 };
    guest.data = Some(data);
    let mut session = Session::start(&qemu, &machine(), &guest, &limits(PATIENCE)).unwrap();
    session.expect("up", PATIENCE).unwrap();
    let filled = fs::write(disk.join("filler"), vec![0; 32 << 20]);
    assert!(filled.is_err(), "the disk is smaller than that");
    session.send("");
    let error = session.finish().unwrap_err();
    assert!(
        matches!(error, RunError::DataPort { .. })
            && error.to_string().contains("its disk is full"),
        "{error}"
    );
}

pub(super) fn a_disk_that_runs_full_is_seen_though_the_guest_reports_success(_: &Qemu) {
    let disk = folder();
    let output = on_a_small_disk(disk.path())
        .arg(std::env::current_exe().unwrap())
        .env(HELPER, "helper_fills_the_disk_of_a_guest")
        .env(DISK, disk.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
