// SPDX-License-Identifier: GPL-2.0-or-later
//! The UEFI program: from the firmware's entry to the menu, the jobs of the stick, or the next boot of a series.
//!
//! # Design principles
//! * The firmware drives the devices; during a measurement it is not called, and no interrupt is taken.
//! * Nothing is written to the stick during a measurement, and a capture is either complete or absent.
//! * Only the volume from which the program was loaded is opened.
//! * The engine is the same object that the microkernel and the kernel module link, called through `chaos-ffi`.
#![no_std]
#![no_main]

extern crate alloc;

mod computer;
mod console;
mod facts;
mod failure;
mod jobs;
mod menu;
mod pages;
mod power;
mod recorded;
mod serial;
mod series;
mod stick;

// Compiled code and the engine object call memcpy and its like.
use freestanding as _;

use uchaos_uefi::load_options::Begin;
use uefi::proto::loaded_image::LoadedImage;
use uefi::{Status, boot};

use crate::computer::Computer;
use crate::menu::App;

#[uefi::entry]
fn main() -> Status {
    // The firmware's watchdog would reset the machine during a long job. Firmware that refuses has no watchdog.
    let _ = boot::set_watchdog_timer(0, 0x1_0000, None);
    let mut app = App::new(Computer::take());
    app.computer.say_ready();
    let begin = match load_options().as_deref().map_or(Ok(Begin::Menu), Begin::parse) {
        Ok(begin) => begin,
        Err(word) => {
            app.computer.error(&format_args!(
                "the load option `{word}` is not known (known: menu, run, recorded): showing the menu"
            ));
            app.computer.wait_for_enter();
            Begin::Menu
        }
    };
    app.run(begin);
    app.computer.give_back();
    Status::SUCCESS
}

/// The load options as text; empty if the firmware passed something else.
fn load_options() -> Option<alloc::string::String> {
    let image = boot::open_protocol_exclusive::<LoadedImage>(boot::image_handle()).ok()?;
    let options = image.load_options_as_cstr16().ok()?;
    Some(alloc::string::ToString::to_string(options))
}
