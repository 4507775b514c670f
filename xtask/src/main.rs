// SPDX-License-Identifier: GPL-2.0-or-later
//! µChaos: build both machines, run them, compare what comes out of them.

mod build;
mod inputs;
mod log;
mod stamp;
mod workshop;

fn main() {}
