// SPDX-License-Identifier: GPL-2.0-or-later
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]
//! Samples and bytes as text, as both guests show them on a serial console: at most 80 columns, without allocation. Nothing
//! here assesses what it shows.

pub mod bits;
pub mod dump;
pub mod histogram;
