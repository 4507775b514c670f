// SPDX-License-Identifier: GPL-2.0-or-later
//! What is attached to a machine for one guest: its disks, and a port of its network on this host.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is attached for one guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    pub drives: Vec<Drive>,
    /// Only for a machine with QEMU's user network.
    pub forward: Option<Forward>,
}

/// A disk, which is a raw file here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// By which the guest finds it: the disk's serial number.
    pub name: &'static str,
    pub file: PathBuf,
    pub writable: bool,
}

/// Connections to a port of 127.0.0.1 go to a port of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    pub host_port: u16,
    pub guest_port: u16,
}

impl Attached {
    /// Each as a `device`, QEMU's name of the machine's kind of disk.
    pub(crate) fn add_drives(&self, command: &mut Command, device: &str) {
        for Drive { name, file, writable } in &self.drives {
            let read_only = if *writable { "off" } else { "on" };
            let drive = format!("id={name},if=none,format=raw,read-only={read_only},file=");
            command.arg("-drive").arg(option_with_path(&drive, file));
            command.args(["-device", &format!("{device},drive={name},serial={name}")]);
        }
    }

    /// What the user network's options end with.
    pub(crate) fn network_option(&self) -> String {
        self.forward.map_or_else(String::new, |Forward { host_port, guest_port }| {
            format!(",hostfwd=tcp:127.0.0.1:{host_port}-:{guest_port}")
        })
    }
}

/// In QEMU's options a comma ends a value, and two stand for one.
pub(crate) fn option_with_path(option: &str, path: &Path) -> OsString {
    use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
    let mut bytes = option.as_bytes().to_vec();
    for byte in path.as_os_str().as_bytes() {
        bytes.push(*byte);
        if *byte == b',' {
            bytes.push(b',');
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_path_does_not_end_it() {
        assert_eq!(option_with_path("file,path=", Path::new("/a,b c")), "file,path=/a,,b c");
    }
}
