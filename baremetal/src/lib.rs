// SPDX-License-Identifier: GPL-2.0-or-later
//! The part of the microkernel that needs no hardware, so that it is tested on the host: what PVH or a Multiboot2
//! loader hands over, memory bookkeeping, the initrd, the line editor and the monitor's commands. With the feature `engine` also what every
//! machine without an operating system does with the engine, over a [`platform::Platform`]: jobs, the monitor, the self
//! test; the UEFI program (`uefi/`) shares it.
//!
//! The machine itself is in the binary (`src/main.rs`, built with `--features bare`), which puts these pieces
//! between the boot protocol and the job runner.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "engine")]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod byte_queue;
pub mod command;
#[cfg(feature = "engine")]
pub mod cpu;
#[cfg(feature = "engine")]
pub mod engine;
pub mod frames;
pub mod initrd;
pub mod line_editor;
#[cfg(feature = "engine")]
pub mod machine;
pub mod memory_map;
#[cfg(feature = "engine")]
pub mod monitor;
pub mod multiboot;
#[cfg(feature = "engine")]
pub mod platform;
pub mod pvh;
pub mod range;
pub mod scancodes;
#[cfg(feature = "engine")]
pub mod selftest;
#[cfg(feature = "engine")]
pub mod smbios;
pub mod text_screen;
