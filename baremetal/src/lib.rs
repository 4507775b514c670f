// SPDX-License-Identifier: GPL-2.0-or-later
//! The part of the microkernel that needs no hardware, so that it is tested on the host: what PVH hands over,
//! memory bookkeeping, the initrd, the line editor and the monitor's commands.
//!
//! The machine itself is in the binary (`src/main.rs`, built with `--features bare`), which puts these pieces
//! between the boot protocol and the job runner.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod byte_queue;
pub mod command;
pub mod frames;
pub mod initrd;
pub mod line_editor;
pub mod memory_map;
pub mod pvh;
pub mod range;
