// SPDX-License-Identifier: GPL-2.0-or-later
//! How the microkernel is linked with the stock host toolchain: no C runtime, our linker script, and the
//! engine object that `UCHAOS_ENGINE_OBJECT` names. The library part needs none of it.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=linker.ld");
    println!("cargo:rerun-if-env-changed=UCHAOS_ENGINE_OBJECT");
    if env::var_os("CARGO_FEATURE_BARE").is_none() {
        return;
    }
    let folder = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it for build scripts");
    // Not by -Wl, which would cut a path at its commas.
    let script = format!("-T{folder}/linker.ld");
    let arguments = [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
        // Sections keep the page alignment of their addresses, but are packed in the file.
        "-Wl,--nmagic",
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
            "cargo:warning=UCHAOS_ENGINE_OBJECT is not set: build with `cargo xtask image`"
        ),
    }
}
