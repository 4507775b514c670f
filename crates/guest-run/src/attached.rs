// SPDX-License-Identifier: GPL-2.0-or-later
//! What is attached to a machine for one guest: its disks, a port of its network on this host, a folder of this host, a
//! command with the socket that takes its output, and the host's generator.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is attached for one guest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attached {
    pub drives: Vec<Drive>,
    /// Only for a machine with QEMU's user network.
    pub forward: Option<Forward>,
    /// A folder of this host, which the guest can read.
    pub share: Option<PathBuf>,
    /// The command that the guest runs after its start; then it ends.
    pub command: Option<String>,
    /// The socket that takes the command's output; without one it goes to the console.
    pub output: Option<PathBuf>,
    /// Whether it has virtio-rng, which hands it bytes of this host's generator.
    pub host_rng: bool,
}

/// The mount tag by which the guest finds the shared folder.
const SHARE: &str = "share";
/// The name of the command in QEMU's firmware configuration. The prefix is the one for users.
const COMMAND: &str = "opt/uchaos/exec";
/// Where the kernel finds that configuration on a PC without ACPI: 12 ports from 0x510 on, and the offsets of its registers.
pub const COMMAND_KERNEL_ARGUMENT: &str = "qemu_fw_cfg.ioport=12@0x510:0:1:4";

/// This host's generator.
const HOST_RNG: &str = "rng-random,id=host-rng,filename=/dev/urandom";

/// A disk: a raw file on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drive {
    /// The disk's serial number, by which the guest finds it.
    pub name: &'static str,
    pub file: PathBuf,
    pub writable: bool,
}

/// Forwards connections from a port of 127.0.0.1 to a port of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    pub host_port: u16,
    pub guest_port: u16,
}

impl Attached {
    /// The options for each disk; `device` is QEMU's name for the machine's kind of disk.
    pub(crate) fn add_drives(&self, command: &mut Command, device: &str) {
        for Drive { name, file, writable } in &self.drives {
            let read_only = if *writable { "off" } else { "on" };
            let drive = format!("id={name},if=none,format=raw,read-only={read_only},file=");
            command.arg("-drive").arg(option_with_path(&drive, file));
            command.args(["-device", &format!("{device},drive={name},serial={name}")]);
        }
    }

    /// The options for the folder; `device` is QEMU's name for the machine's kind of 9p device.
    pub(crate) fn add_share(&self, command: &mut Command, device: &str) {
        let Some(folder) = &self.share else { return };
        // `remap`: a folder may have other file systems mounted below it.
        let backend =
            format!("local,id={SHARE},security_model=none,readonly=on,multidevs=remap,path=");
        command.arg("-fsdev").arg(option_with_path(&backend, folder));
        command.args(["-device", &format!("{device},fsdev={SHARE},mount_tag={SHARE}")]);
    }

    pub(crate) fn add_command(&self, command: &mut Command) {
        let Some(text) = &self.command else { return };
        let option = format!("name={COMMAND},string=");
        command.arg("-fw_cfg").arg(option_with_path(&option, Path::new(text)));
    }

    /// The host's generator as a `device`, QEMU's name of the machine's kind of virtio-rng with its options.
    pub(crate) fn add_host_rng(&self, command: &mut Command, device: &str) {
        if self.host_rng {
            command.args(["-object", HOST_RNG, "-device", &format!("{device},rng=host-rng")]);
        }
    }

    /// The end of the user network's options.
    pub(crate) fn network_option(&self) -> String {
        self.forward.map_or_else(String::new, |Forward { host_port, guest_port }| {
            format!(",hostfwd=tcp:127.0.0.1:{host_port}-:{guest_port}")
        })
    }
}

/// A comma ends a value in QEMU's options; a doubled one is a literal comma.
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

    #[test]
    fn names_with_commas_and_colons_reach_qemu_whole() {
        let attached = Attached {
            share: Some("/home/a, b: c=d".into()),
            command: Some("./run a,b;\nexit 3".to_owned()),
            ..Attached::default()
        };
        let mut command = Command::new("qemu");
        attached.add_share(&mut command, "virtio-9p-pci");
        attached.add_command(&mut command);
        let arguments: Vec<_> = command.get_args().map(|text| text.to_str().unwrap()).collect();
        assert!(arguments[1].ends_with(",readonly=on,multidevs=remap,path=/home/a,, b: c=d"));
        assert_eq!(arguments[3], "virtio-9p-pci,fsdev=share,mount_tag=share");
        assert_eq!(arguments[5], "name=opt/uchaos/exec,string=./run a,,b;\nexit 3");
    }
}
