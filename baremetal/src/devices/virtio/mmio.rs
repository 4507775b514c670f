// SPDX-License-Identifier: GPL-2.0-or-later
//! microvm's virtio devices: 24 slots of registers at a fixed address (QEMU, `hw/i386/microvm.c`), which an
//! empty slot fills as well, with device number 0.

use core::ptr::NonNull;

use virtio_drivers::transport::mmio::{MmioTransport, VirtIOHeader};
use virtio_drivers::transport::{DeviceType, Transport as _};

const FIRST_SLOT: usize = 0xfeb0_0000;
const SLOT_BYTES: usize = 512;
const SLOTS: usize = 24;

/// The consoles in the first slots that have one.
pub(super) fn find_consoles<const N: usize>() -> [Option<MmioTransport<'static>>; N] {
    let mut consoles = (0..SLOTS).filter_map(|slot| {
        let header = NonNull::new((FIRST_SLOT + slot * SLOT_BYTES) as *mut VirtIOHeader)?;
        // SAFETY: on a machine without PCI these are the registers of a virtio slot, or nothing that
        // answers; each slot is looked at once.
        let transport = unsafe { MmioTransport::new(header, SLOT_BYTES) }.ok()?;
        (transport.device_type() == DeviceType::Console).then_some(transport)
    });
    core::array::from_fn(|_| consoles.next())
}
