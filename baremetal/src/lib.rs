// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel that runs the engine directly on the virtual machine
