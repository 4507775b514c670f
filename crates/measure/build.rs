// SPDX-License-Identifier: GPL-2.0-or-later
//! Records the compiler version for the provenance of runs: machines with only the archive have no compiler.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(&rustc).arg("--version").output().expect("the compiler starts");
    println!("cargo:rustc-env=UCHAOS_COMPILER={}", String::from_utf8_lossy(&output.stdout).trim());
}
