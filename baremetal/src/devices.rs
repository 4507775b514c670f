// SPDX-License-Identifier: GPL-2.0-or-later
//! Devices: the serial port, QEMU's exit port, and the virtio console that carries frames.

pub(crate) mod debug_exit;
pub(crate) mod pci;
pub(crate) mod reset;
pub(crate) mod serial;
pub(crate) mod virtio;
