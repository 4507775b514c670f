// SPDX-License-Identifier: GPL-2.0-or-later
//! PCI configuration space through ports 0xcf8 and 0xcfc, which q35 and pc have, and microvm has not.

use virtio_drivers::transport::pci::bus::{ConfigurationAccess, DeviceFunction};
use x86_64::instructions::port::Port;

const ADDRESS: u16 = 0xcf8;
const DATA: u16 = 0xcfc;
const ENABLE: u32 = 1 << 31;

/// Configuration mechanism #1 (PCI Local Bus Specification 3.0, §3.2.2.3.2).
#[derive(Debug)]
pub(crate) struct PortAccess;

impl PortAccess {
    /// The mechanism, where the machine has it: the address register reads back what was written.
    pub(crate) fn find() -> Option<Self> {
        let mut address = Port::<u32>::new(ADDRESS);
        // SAFETY: selecting a register has no effect by itself.
        let read_back = unsafe {
            address.write(ENABLE);
            address.read()
        };
        (read_back == ENABLE).then_some(Self)
    }

    fn select(device: DeviceFunction, register_offset: u8) {
        let function = u32::from(device.bus) << 16
            | u32::from(device.device) << 11
            | u32::from(device.function) << 8;
        // SAFETY: selecting a register has no effect by itself.
        unsafe { Port::new(ADDRESS).write(ENABLE | function | u32::from(register_offset & !3)) }
    }
}

impl ConfigurationAccess for PortAccess {
    fn read_word(&self, device: DeviceFunction, register_offset: u8) -> u32 {
        Self::select(device, register_offset);
        // SAFETY: reads of configuration space have no side effects.
        unsafe { Port::new(DATA).read() }
    }

    fn write_word(&mut self, device: DeviceFunction, register_offset: u8, data: u32) {
        Self::select(device, register_offset);
        // SAFETY: only the virtio transport writes: command registers, and BARs while it sizes them.
        unsafe { Port::new(DATA).write(data) }
    }

    unsafe fn unsafe_clone(&self) -> Self {
        Self
    }
}
