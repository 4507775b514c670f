// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel: from the PVH entry to the job runner or the monitor.
//!
//! # Design principles
//! * Nothing else runs during the measurement: one core, interrupts off, no timer unless it is asked for.
//! * Whatever goes wrong is one line on COM1 and an exit status; nothing hangs in silence.
//! * The engine is the very object that the kernel module links, reached through `chaos-ffi`.
//!
//! Order of events: [`boot`] (32 to 64 bit, `BootInfo`), [`memory`], [`interrupts`], the initrd and the request,
//! then [`job`], [`serve`] or [`monitor`].
#![no_std]
#![no_main]

extern crate alloc;

mod boot;
mod console;
mod devices;
mod end;
mod engine;
mod facts;
mod interrupts;
mod job;
mod memory;
mod monitor;
mod request;
mod selftest;
mod serve;

// Compiled code and the engine object call memcpy and its like.
use freestanding as _;

use bootloader_api::{BootInfo, BootloaderConfig, entry_point};
use chaos_wire::Marker;

use crate::devices::virtio;

static CONFIG: BootloaderConfig = BootloaderConfig::new_default();

entry_point!(kernel_main, config = &CONFIG);

fn kernel_main(boot_info: &'static mut BootInfo) -> ! {
    interrupts::init();
    memory::init(boot_info);
    let request = request::read(boot_info);
    println!("{}", Marker::Ready);
    if !request.jobs.is_empty() {
        job::run(&request);
    }
    match virtio::find_ports() {
        [Some(data), Some(control)] => serve::run(request, data, control),
        _ => monitor::run(request),
    }
}
