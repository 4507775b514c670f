// SPDX-License-Identifier: GPL-2.0-or-later
//! Scripts that stand for QEMU in tests.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Makes a program. Another process writes it: a file that this one had open for writing could be held open by a
/// process that another test starts just then, and could not be run for so long ("text file busy").
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
