// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts used instead of QEMU in tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes a program, through another process: a file opened for writing by this one could be inherited by a
/// process that another test starts at that moment, and could not be run meanwhile ("text file busy").
pub(crate) fn program(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    let status = Command::new("sh")
        .args(["-c", "printf %s \"$2\" > \"$1\" && chmod 755 \"$1\"", "sh"])
        .args([path.as_os_str(), text.as_ref()])
        .status()
        .expect("a shell");
    assert!(status.success(), "{status}");
    path
}
