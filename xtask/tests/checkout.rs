// SPDX-License-Identifier: GPL-2.0-or-later
//! The program works on the checkout that contains the current folder, wherever it was built.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = r#"
[debian]
keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
entries = ["http://deb.debian.org/debian bookworm main"]

[[source]]
name = "other-source"
version = "9"
file = "other-9.tar.xz"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
mirrors = [{ url = "https://example.org/other-9.tar.xz" }]
"#;

fn xtask(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    command.output().expect("the program starts")
}

#[test]
fn a_copied_checkout_works_on_itself() {
    let folder = tempfile::tempdir().expect("a new folder");
    let copy = folder.path().join("copy");
    let below = copy.join("linux-guest/rootfs/etc");
    fs::create_dir_all(&below).expect("a folder");
    fs::write(copy.join("linux-guest/sources.toml"), MANIFEST).expect("a manifest");
    let given = ["sources", "--json", "--checkout", copy.to_str().expect("a plain path")];
    for (at, arguments) in [(below.as_path(), &given[..2]), (Path::new("."), &given[..])] {
        let output = xtask(at, arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let list = String::from_utf8_lossy(&output.stdout);
        assert!(list.contains("other-source") && !list.contains("busybox"), "{list}");
    }
}

#[test]
fn outside_a_checkout_the_error_names_the_remedy() {
    let folder = tempfile::tempdir().expect("a new folder");
    let output = xtask(folder.path(), &["sources"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--checkout DIR"));
}
