// SPDX-License-Identifier: GPL-2.0-or-later
//! What every test with a guest needs: QEMU, a folder, a small machine.
#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use guest_run::tiny_guest::TinyGuest;
use guest_run::{Guest, Limits, Machine, Model, Qemu};
use tempfile::TempDir;

/// Time enough for a guest of a few bytes, however busy the host is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// QEMU; or `None`, said aloud, where there is none and the tests may do without.
pub fn qemu() -> Option<Qemu> {
    match Qemu::find() {
        Ok(qemu) => Some(qemu),
        Err(error) => {
            assert!(std::env::var_os("UCHAOS_REQUIRE_QEMU").is_none(), "{error}");
            eprintln!("SKIPPED: {error}");
            None
        }
    }
}

/// A machine of 8 MiB without firmware to speak of: the quickest to start.
pub fn machine() -> Machine {
    Machine::tcg(Model::Microvm, 8)
}

/// A guest made of `code`, whose image is in `folder`.
pub fn guest(folder: &Path, code: &TinyGuest) -> Guest {
    let kernel = folder.join("tiny, guest.elf");
    fs::write(&kernel, code.elf()).expect("an image in a new folder");
    Guest {
        name: "a tiny guest".to_owned(),
        kernel,
        initrd: None,
        command_line: String::new(),
        data: None,
        live: None,
    }
}

pub fn folder() -> TempDir {
    tempfile::Builder::new().prefix("vm runner, ").tempdir().expect("a new folder")
}

pub fn limits(deadline: Duration) -> Limits {
    Limits { deadline: Some(deadline), console_log: None }
}

/// Whether a process with this number is there and not yet dead.
pub fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The state follows the name, which is in parentheses and may contain anything.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
