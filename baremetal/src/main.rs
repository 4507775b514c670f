// SPDX-License-Identifier: GPL-2.0-or-later
//! The microkernel: from the entry to the job runner or the monitor.
//!
//! # Design principles
//! * Nothing else runs during the measurement: one core, interrupts off, no timer unless requested.
//! * Whatever goes wrong is one line on COM1 and an exit status; nothing hangs in silence.
//! * The engine is the very object that the kernel module links, reached through `chaos-ffi`.
//!
//! Order of events: [`boot`] (32 to 64 bit, `BootInfo`), [`memory`], [`interrupts`], the initrd and the request,
//! then [`job`], [`serve`] or the monitor; [`stick`] on a PC that was started by its BIOS.
#![no_std]
#![no_main]

extern crate alloc;

mod boot;
mod checks;
mod console;
mod devices;
mod end;
mod facts;
mod fault;
mod interrupts;
mod job;
mod kernel;
mod memory;
mod request;
mod serve;
mod stick;

// Compiled code and the engine object call memcpy and its like.
use freestanding as _;

use baremetal::engine::WorkloadMemory;
use baremetal::monitor;
use bootloader_api::{BootInfo, BootloaderConfig, entry_point};
use chaos_wire::{GuestStatus, Marker, Request};

use crate::boot::bios;
use crate::devices::virtio;
use crate::kernel::Kernel;
use crate::memory::buffer;

static CONFIG: BootloaderConfig = BootloaderConfig::new_default();

entry_point!(kernel_main, config = &CONFIG);

fn kernel_main(boot_info: &'static mut BootInfo) -> ! {
    interrupts::init();
    memory::init(boot_info);
    if bios::is_bios() {
        stick::run(boot_info);
    }
    let request = request::read(boot_info);
    println!("{}", Marker::Ready);
    if !request.jobs.is_empty() {
        job::run(&request);
    }
    match virtio::find_ports() {
        [Some(data), Some(control)] => serve::run(request, data, control),
        _ => monitor(request),
    }
}

/// The monitor until `exit`, which ends QEMU.
fn monitor(request: Request) -> ! {
    // First the workload's share, then whatever is left.
    let mut memory = WorkloadMemory::reserved(&mut Kernel);
    let buffer = buffer::take(monitor::BUFFER_WORDS).unwrap_or_default();
    monitor::run(&mut Kernel, request, &mut memory, buffer);
    end::leave(GuestStatus::Success)
}
