// SPDX-License-Identifier: GPL-2.0-or-later
//! The data port and the control port: port 0 of the first and of the second virtio console, found on PCI (q35, pc)
//! or among the memory-mapped slots (microvm).

mod hal;
mod mmio;
mod pci;

use alloc::boxed::Box;

use chaos_wire::{Control, Port, PortError};
use virtio_drivers::device::console::VirtIOConsole;
use virtio_drivers::transport::Transport;

use self::hal::MachineHal;
use crate::devices::pci::PortAccess;
use crate::interrupts::pit;

/// Consoles that this kernel drives.
const PORTS: usize = 2;

/// Bytes per request to the device: more in one piece brings nothing, and QEMU copies each whole.
const PIECE_BYTES: usize = 64 * 1024;

/// A port in both directions.
pub(crate) trait Duplex: Port + Control {}

impl<T: Transport> Duplex for ConsolePort<T> {}

/// The data port, and the control port where there is one; `None` where the machine has no such virtio console, or
/// one that cannot be used (said on the console then). To be called once.
pub(crate) fn find_ports() -> [Option<Box<dyn Duplex>>; PORTS] {
    match PortAccess::find() {
        Some(access) => pci::find_consoles(access).map(|found| found.and_then(open)),
        None => mmio::find_consoles().map(|found| found.and_then(open)),
    }
}

fn open<T: Transport + 'static>(transport: T) -> Option<Box<dyn Duplex>> {
    match VirtIOConsole::new(transport) {
        Ok(console) => Some(Box::new(ConsolePort { console })),
        // The driver's own words for its errors would cost more of the image than they are worth: the device was
        // found, so that it is memory or the device itself that refuses.
        Err(_) => {
            crate::println!("the virtio console did not start");
            None
        }
    }
}

struct ConsolePort<T: Transport> {
    console: VirtIOConsole<MachineHal, T>,
}

impl<T: Transport> Port for ConsolePort<T> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), PortError> {
        bytes.chunks(PIECE_BYTES).try_for_each(|piece| {
            self.console
                .send_bytes(piece)
                .map_err(|_| PortError { code: 0, text: "the virtio console refused a buffer" })
        })
    }
}

impl<T: Transport> Control for ConsolePort<T> {
    /// Looks once in each tick of the interval timer, with the CPU halted between: the device's own interrupt would
    /// need the I/O APIC on microvm and the firmware's routing elsewhere. A console does not tell that the host has
    /// closed it, so that the wait is for bytes alone.
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError> {
        let mut count = 0;
        loop {
            while let Some(byte) = place.get_mut(count) {
                let come = self.console.recv(true);
                match come.map_err(|_| PortError { code: 0, text: "the control port failed" })? {
                    Some(given) => *byte = given,
                    None => break,
                }
                count += 1;
            }
            if count > 0 {
                return Ok(count);
            }
            pit::wait_for_tick();
        }
    }
}
