// SPDX-License-Identifier: GPL-2.0-or-later
//! A PC whose BIOS started this kernel from a USB stick: the configuration comes with the kernel, the capture leaves by a
//! serial line, since nothing here can write to the stick.

use bootloader_api::BootInfo;
use chaos_stick::{After, Conf, Machine};
use chaos_wire::{GuestStatus, Job, Marker, Request};

use crate::devices::reset;
use crate::devices::serial::{self, DataLine};
use crate::end::{fail, leave};
use crate::{job, monitor, println, request};

/// Bytes that a line of 115,200 baud carries in a second, with start and stop bits.
const BYTES_PER_S: u64 = 11_520;

/// Measures as the configuration says, or shows the monitor if there is none.
pub(crate) fn run(boot_info: &BootInfo) -> ! {
    println!("{}", Marker::Ready);
    let Some(text) = request::module_text(boot_info) else { monitor(Request::default()) };
    let conf = match Conf::parse(text) {
        Ok(conf) => conf,
        Err(error) => fail(GuestStatus::BadCommandLine, &error),
    };
    let request = conf.request_for(Machine::Bare);
    if request.jobs.is_empty() {
        println!("uchaos.conf has no job: here is the monitor");
        monitor(request);
    }
    let Some(mut line) = DataLine::open() else {
        println!(
            "This PC has no serial port. Without UEFI nothing else can carry a capture: here is the monitor."
        );
        monitor(request);
    };
    let bytes: u64 = request.jobs.iter().map(Job::len_bytes).sum();
    println!(
        "\nIn BIOS mode nothing can be written to the stick. The capture leaves by {},",
        line.name()
    );
    println!("115200 baud, 8N1: {bytes} bytes, about {} s.", bytes.div_ceil(BYTES_PER_S));
    println!(
        "Record it on a computer at the other end of the line: README.TXT on the stick explains how."
    );
    if conf.boots > 1 {
        println!("A series of restarts needs UEFI or Linux: this is one boot.");
    }
    println!("\nStart recording, then press Enter to measure.");
    while serial::receive() != b'\r' {}
    let status = job::measure(&request, &mut line);
    match conf.after {
        After::Reboot => reset::reset(),
        After::PowerOff => leave(status),
        After::Menu => monitor(request),
    }
}
