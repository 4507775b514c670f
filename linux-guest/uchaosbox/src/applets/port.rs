// SPDX-License-Identifier: GPL-2.0-or-later
//! Where frames go: the virtio port of the guest, or a file. And where commands come from: another virtio port.

use chaos_wire::{Control, Port, PortError};
use rustix::fd::OwnedFd;
use rustix::fs::RawDir;
use rustix::io::Errno;

use crate::run::file::{self, read_text, with_path, write_all};

/// The names that the host gives the ports.
const DATA_NAME: &str = "uchaos.data";
const CONTROL_NAME: &str = "uchaos.control";
/// Where Linux lists virtio ports.
const PORTS_PATH: &str = "/sys/class/virtio-ports";

/// An open port or file.
pub(crate) struct DataPort(OwnedFd);

impl DataPort {
    /// Creates or empties the file.
    pub(crate) fn file(path: &str) -> Result<Self, PortError> {
        file::create(path).map(Self).map_err(|error| port_error(error, "making the output file"))
    }

    /// Opens the guest's data port.
    pub(crate) fn virtio() -> Result<Self, PortError> {
        let failed = |error| match error {
            Errno::NOENT => PortError {
                code: -error.raw_os_error(),
                text: "this machine has no virtio port `uchaos.data`; --output FILE writes to a file",
            },
            _ => port_error(error, "opening the virtio port"),
        };
        open_virtio_port(DATA_NAME, file::open_device).map(Self).map_err(failed)
    }
}

impl Port for DataPort {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        write_all(&self.0, bytes).map_err(|error| port_error(error, "writing"))
    }
}

/// The guest's control port, open.
pub(crate) struct ControlPort(OwnedFd);

impl ControlPort {
    /// Opens it.
    pub(crate) fn virtio() -> Result<Self, PortError> {
        let failed = |error: Errno| PortError {
            code: -error.raw_os_error(),
            text: "this machine has no virtio port `uchaos.control` that can be opened",
        };
        open_virtio_port(CONTROL_NAME, file::open).map(Self).map_err(failed)
    }
}

impl Control for ControlPort {
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError> {
        file::read_some(&self.0, place).map_err(|error| port_error(error, "reading commands"))
    }
}

fn port_error(error: Errno, text: &'static str) -> PortError {
    PortError { code: -error.raw_os_error(), text }
}

/// Opens the port that the host has given this name.
fn open_virtio_port(
    wanted: &str,
    open: impl Fn(&str) -> Result<OwnedFd, Errno>,
) -> Result<OwnedFd, Errno> {
    let folder = file::open(PORTS_PATH)?;
    let mut place = [core::mem::MaybeUninit::uninit(); 1024];
    let mut entries = RawDir::new(&folder, &mut place);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let Ok(device) = entry.file_name().to_str() else { continue };
        if device.starts_with('.') {
            continue;
        }
        let mut name = [0; 64];
        if with_path(&[PORTS_PATH, "/", device, "/name"], |path| read_text(path, &mut name))?
            .trim_end()
            == wanted
        {
            return with_path(&["/dev/", device], open);
        }
    }
    Err(Errno::NOENT)
}
