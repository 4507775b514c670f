// SPDX-License-Identifier: GPL-2.0-or-later
//! Small objects for the tests of scan and verify, from the C compiler that rustc links with.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::FUNCTIONS;

/// C source with every function of the engine, and `extra` after them.
pub(super) fn all_functions(extra: &str) -> String {
    let mut source = String::from("int helper(int);\n");
    for (number, function) in FUNCTIONS.iter().enumerate() {
        let _ = writeln!(
            source,
            "int {function}(int x) {{ return memcmp(&x, &x, 4) + x * {number}; }}"
        );
    }
    format!("int memcmp(const void *, const void *, unsigned long);\n{source}{extra}\n")
}

/// Compiles to `folder/name.o`, as code for the kernel is compiled.
pub(super) fn compile(folder: &Path, name: &str, source: &str) -> PathBuf {
    let (text, object) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.o")));
    fs::write(&text, source).unwrap();
    let mut cc = Command::new("cc");
    cc.args([
        "-c",
        "-O1",
        "-w",
        "-fno-builtin",
        "-fno-pic",
        "-fno-asynchronous-unwind-tables",
        "-mcmodel=kernel",
    ]);
    run(cc.arg("-o").arg(&object).arg(&text));
    object
}

/// Links objects into a program at a fixed place.
pub(super) fn link(folder: &Path, name: &str, objects: &[&Path]) -> PathBuf {
    link_at(folder, name, "0x400000", objects)
}

/// Links objects into a program whose code begins at an address.
pub(super) fn link_at(folder: &Path, name: &str, address: &str, objects: &[&Path]) -> PathBuf {
    let program = folder.join(name);
    let mut ld = Command::new("ld");
    ld.args(["-static", "--entry=0x400000", "-Ttext", address, "-o"]);
    run(ld.arg(&program).args(objects));
    program
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
