// SPDX-License-Identifier: GPL-2.0-or-later
//! QEMU guests with a probe, a deadline and an honest exit status.

pub mod interrupt;
