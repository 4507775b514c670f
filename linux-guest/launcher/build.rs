// SPDX-License-Identifier: GPL-2.0-or-later
//! Links the program statically, at a fixed address, without a C library.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_GUEST").is_none() {
        return;
    }
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
        // The prebuilt core refers to the unwinder, which is never called.
        "-Wl,--defsym=_Unwind_Resume=0",
        "-Wl,--defsym=rust_eh_personality=0",
    ] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
