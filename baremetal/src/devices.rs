// SPDX-License-Identifier: GPL-2.0-or-later
//! Devices: the serial ports, screen and keyboard of a PC, PCI, and the virtio console that carries frames.

pub(crate) mod keyboard;
pub(crate) mod pci;
pub(crate) mod reset;
pub(crate) mod screen;
pub(crate) mod serial;
pub(crate) mod virtio;
