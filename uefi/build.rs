// SPDX-License-Identifier: GPL-2.0-or-later
//! Links the program with the stock host toolchain: a position-independent ELF without a C runtime, by our linker
//! script, with the engine object that `UCHAOS_ENGINE_OBJECT` names. `guest_build::uefi` converts it to a PE file. The
//! library needs none of this.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=linker.ld");
    println!("cargo:rerun-if-env-changed=UCHAOS_ENGINE_OBJECT");
    if env::var_os("CARGO_FEATURE_PROGRAM").is_none() {
        return;
    }
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    // Not by -Wl, which would split a path at commas.
    let script = format!("-T{folder}/linker.ld");
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static-pie",
        "-Wl,--no-dynamic-linker",
        "-Wl,--build-id=none",
        "-Wl,-z,norelro",
        "-Wl,-z,noexecstack",
        "-Wl,--gc-sections",
        "-Wl,--no-eh-frame-hdr",
        &script,
    ];
    for argument in arguments {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
    match env::var("UCHAOS_ENGINE_OBJECT") {
        Ok(object) => {
            println!("cargo:rerun-if-changed={object}");
            println!("cargo:rustc-link-arg-bins={object}");
        }
        Err(_) => println!(
            "cargo:warning=UCHAOS_ENGINE_OBJECT is not set: guest-build sets it when it builds the program"
        ),
    }
}
