// SPDX-License-Identifier: GPL-2.0-or-later
//! A virtio console on PCI, as the firmware has set it up. QEMU puts it on bus 0 unless told otherwise.

use virtio_drivers::transport::DeviceType;
use virtio_drivers::transport::pci::bus::{BarInfo, Command, DeviceFunction, PciRoot};
use virtio_drivers::transport::pci::{PciTransport, virtio_device_type};

use super::hal::MachineHal;
use crate::boot::physical::MAPPED;
use crate::devices::pci::PortAccess;
use crate::println;

/// The first virtio console on bus 0.
pub(super) fn find_console(access: PortAccess) -> Option<PciTransport> {
    let mut root = PciRoot::new(access);
    let is_console = |info: &_| virtio_device_type(info) == Some(DeviceType::Console);
    let (device, _) = root.enumerate_bus(0).find(|(_, info)| is_console(info))?;
    if !registers_reachable(&mut root, device) {
        println!("virtio console: its registers lie above 4 GiB; use less memory or -M microvm");
        return None;
    }
    let (_, command) = root.get_status_command(device);
    root.set_command(device, command | Command::MEMORY_SPACE | Command::BUS_MASTER);
    let transport = PciTransport::new::<MachineHal, _>(&mut root, device);
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
