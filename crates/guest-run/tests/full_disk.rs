// SPDX-License-Identifier: GPL-2.0-or-later
//! A disk that runs full while the guest writes. QEMU drops what does not fit and the guest reports success, so the
//! runner must see it. The disk is a file system in memory, in a mount namespace of its own.

mod common;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::{PATIENCE, folder, guest, limits, machine, qemu};
use guest_run::tiny_guest::TinyGuest;
use guest_run::{DataPort, PortKind, RunError, Session};

const DISK: &str = "VM_RUNNER_TEST_DISK";
const HELPER: &str = "helper_runs_a_guest_while_its_disk_runs_full";

#[test]
#[ignore = "a helper of another test"]
fn helper_runs_a_guest_while_its_disk_runs_full() {
    let Some(disk) = std::env::var_os(DISK).map(PathBuf::from) else { return };
    let (Some(qemu), folder) = (qemu(), folder()) else { return };
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

#[test]
fn a_disk_that_runs_full_is_seen_though_the_guest_reports_success() {
    if qemu().is_none() {
        return;
    }
    let disk = folder();
    // The command is in the namespace alone, and so is the mount, which goes with it.
    let script = "mount -t tmpfs -o size=8M uchaos-test \"$1\" || exit 77; shift; exec \"$@\"";
    let output = Command::new("unshare")
        .args(["--map-root-user", "--mount", "sh", "-c", script, "sh"])
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", HELPER, "--ignored", "--nocapture"])
        .env(DISK, disk.path())
        .output();
    let Ok(output) = output else {
        eprintln!("SKIPPED: there is no unshare here");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    if !text.contains("running 1 test") {
        eprintln!(
            "SKIPPED: no mount namespace to be had: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return;
    }
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
}
