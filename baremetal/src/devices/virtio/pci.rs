// SPDX-License-Identifier: GPL-2.0-or-later
//! A virtio console on PCI, as the firmware has set it up. QEMU puts it on bus 0 unless told otherwise.

use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::pci::bus::{BarInfo, Command, DeviceFunction, PciRoot};
use virtio_drivers::transport::pci::{PciTransport, virtio_device_type};

use super::hal::MachineHal;
use crate::boot::physical::MAPPED;
use crate::devices::pci::PortAccess;
use crate::println;

/// The first virtio consoles on bus 0.
pub(super) fn find_consoles<const N: usize>(access: PortAccess) -> [Option<PciTransport>; N] {
    let mut root = PciRoot::new(access);
    let is_console = |info: &_| virtio_device_type(info) == Some(DeviceType::Console);
    let mut devices = root.enumerate_bus(0).filter(|(_, info)| is_console(info));
    let devices: [_; N] = core::array::from_fn(|_| devices.next());
    devices.map(|found| found.and_then(|(device, _)| open(&mut root, device)))
}

fn open(root: &mut PciRoot<PortAccess>, device: DeviceFunction) -> Option<PciTransport> {
    if !registers_reachable(root, device) {
        println!("virtio console: its registers lie above 4 GiB; use less memory or -M microvm");
        return None;
    }
    let (_, command) = root.get_status_command(device);
    root.set_command(device, command | Command::MEMORY_SPACE | Command::BUS_MASTER);
    let transport = PciTransport::new::<MachineHal, _>(root, device);
    if transport.is_err() {
        println!("virtio console: no virtio 1.0 registers; do not start it with disable-modern=on");
    }
    transport.ok()
}

fn registers_reachable(root: &mut PciRoot<PortAccess>, device: DeviceFunction) -> bool {
    let Ok(bars) = root.bars(device) else { return false };
    bars.iter().flatten().all(|bar| match bar {
        BarInfo::Memory { address, size, .. } => address.saturating_add(*size) <= MAPPED.end,
        BarInfo::IO { .. } => true,
    })
}
