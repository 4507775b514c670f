// SPDX-License-Identifier: GPL-2.0-or-later
//! Devices: the serial port, PCI, and the virtio console that carries frames.

pub(crate) mod pci;
pub(crate) mod reset;
pub(crate) mod serial;
pub(crate) mod virtio;
