// SPDX-License-Identifier: GPL-2.0-or-later
//! The part of the UEFI program that needs no firmware and is therefore tested on the host: the terminal's escape
//! sequences, SMBIOS tables, the menu's state, load options, and summaries of captures.
//!
//! The program itself is in the binary (`src/main.rs`, built with `--features program`). Jobs, monitor and self test are
//! the microkernel's, over its trait `Platform`.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

pub mod escape;
pub mod load_options;
pub mod selection;
pub mod summary;
