// SPDX-License-Identifier: GPL-2.0-or-later
#![no_std]
//! The one reader of the hardware counter: the same code in the kernel module, in userland and on bare metal. What is
//! unsafe about timing is in here and nowhere else.

mod real_time_clock;
mod tsc;

pub use real_time_clock::FastTicks;
pub use tsc::TscClock;
