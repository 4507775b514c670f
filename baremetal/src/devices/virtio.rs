// SPDX-License-Identifier: GPL-2.0-or-later
//! The data port: port 0 of a virtio console, found on PCI (q35, pc) or among the memory-mapped slots (microvm).

mod hal;
mod mmio;
mod pci;

use alloc::boxed::Box;

use chaos_wire::{Port, PortError};
use virtio_drivers::device::console::VirtIOConsole;
use virtio_drivers::transport::Transport;

use self::hal::MachineHal;
use crate::devices::pci::PortAccess;

/// Bytes per request to the device: more in one piece brings nothing, and QEMU copies each whole.
const PIECE_BYTES: usize = 64 * 1024;

/// The data port; `None` where the machine has no virtio console, or one that cannot be used (said on the
/// console then).
pub(crate) fn find_port() -> Option<Box<dyn Port>> {
    match PortAccess::find() {
        Some(access) => open(pci::find_console(access)?),
        None => open(mmio::find_console()?),
    }
}

fn open<T: Transport + 'static>(transport: T) -> Option<Box<dyn Port>> {
    match VirtIOConsole::new(transport) {
        Ok(console) => Some(Box::new(DataPort { console })),
        // The driver's own words for its errors would cost more of the image than they are worth: the device was
        // found, so that it is memory or the device itself that refuses.
        Err(_) => {
            crate::println!("the virtio console did not start");
            None
        }
    }
}

struct DataPort<T: Transport> {
    console: VirtIOConsole<MachineHal, T>,
}

impl<T: Transport> Port for DataPort<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
            self.console
                .send_bytes(piece)
                .map_err(|_| PortError { code: 0, text: "the virtio console refused a buffer" })
        })
    }
}
