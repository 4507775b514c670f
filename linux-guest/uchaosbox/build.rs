// SPDX-License-Identifier: GPL-2.0-or-later
//! How the program is linked: static, at a fixed place below 2 GB (the engine object is built for the kernel's
//! code model), with no C library, and with the engine object that every target shares.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=UCHAOS_ENGINE_OBJECT");
    if std::env::var_os("CARGO_FEATURE_GUEST").is_none() {
        return;
    }
    let Some(engine) = std::env::var_os("UCHAOS_ENGINE_OBJECT") else {
        println!(
            "cargo:error=linking uchaosbox: UCHAOS_ENGINE_OBJECT does not name the engine object; \
             `cargo xtask image` builds it and then this program"
        );
        return;
    };
    let engine = std::path::PathBuf::from(engine);
    println!("cargo:rerun-if-changed={}", engine.display());
    println!("cargo:rustc-link-arg-bins={}", engine.display());
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
        "-Wl,--gc-sections",
        "-Wl,--no-eh-frame-hdr",
        "-Wl,-z,norelro",
        "-Wl,-z,noexecstack",
        // The prebuilt core refers to the unwinder, and nothing ever calls it.
        "-Wl,--defsym=_Unwind_Resume=0",
        "-Wl,--defsym=rust_eh_personality=0",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
