// SPDX-License-Identifier: GPL-2.0-or-later
//! The build system of the guests: source files, the Linux kernel, busybox, the module, the engine's object, the
//! microkernel and the images, one source file per product. Each build function takes the
//! [`CommandContext`](guest_run::CommandContext) and the paths of its inputs, and returns the path of its output.
//!
//! A [`step`] is skipped while its [`stamp`] is valid: the SHA-256 of its [`inputs`], and its outputs, are unchanged.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

pub mod baremetal;
pub mod cargo;
pub mod compiler;
pub mod disk;
pub mod engine;
pub mod images;
pub mod inputs;
pub mod kconfig;
pub mod kernel;
pub mod kernel_source;
pub mod launcher;
pub mod linux_image;
pub mod log;
pub mod module;
pub mod nested;
pub mod preflight;
pub mod profile;
pub mod repro;
pub mod sources;
pub mod stamp;
pub mod step;
pub mod stock;
mod toml_text;
pub mod tools;
pub mod uchaosbox;
pub mod uefi;
pub mod usb;
pub mod userland;
pub mod work_dir;
