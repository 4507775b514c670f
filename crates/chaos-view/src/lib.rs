// SPDX-License-Identifier: GPL-2.0-or-later
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
//! Samples and bytes for people, as both guests show them on a serial console: text of at most 80 columns, made without
//! memory of its own. Nothing here judges what it shows.

pub mod bits;
pub mod dump;
pub mod histogram;
