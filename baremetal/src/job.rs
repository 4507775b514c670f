// SPDX-License-Identifier: GPL-2.0-or-later
//! Doing a request's jobs: the buffer, the data port, and the way out.

use baremetal::engine::{self, WorkloadMemory};
use baremetal::machine::{Machine, words_wanted};
use chaos_ffi::Place;
use chaos_wire::{
    FrameWriter, GuestStatus, Port, Request, SMALLEST_BUFFER_WORDS, Target, finish, run_jobs,
};

use crate::devices::virtio;
use crate::end::{fail, leave};
use crate::kernel::Kernel;
use crate::memory::buffer;

/// Does every job of the request, hands the frames to the data port, and ends QEMU.
pub(crate) fn run(request: &Request) -> ! {
    let [Some(mut port), _] = virtio::find_ports() else {
        fail(
            GuestStatus::NoDataPort,
            &"no data port: the machine has no virtio console (-device virtio-serial-device or -pci, and virtconsole)",
        );
    };
    leave(measure(request, &mut *port))
}

/// Does every job of the request, and hands the frames to `port`.
pub(crate) fn measure<P: Port + ?Sized>(request: &Request, port: &mut P) -> GuestStatus {
    let mut memory = WorkloadMemory::default();
    let mut place = Place::new();
    let engine = engine::start(&request.params, &mut place, &mut memory, &mut Kernel);
    let Some(buffer) =
        buffer::take(words_wanted(request)).filter(|words| words.len() >= SMALLEST_BUFFER_WORDS)
    else {
        fail(
            GuestStatus::TooLittleMemory,
            &"too little memory to buffer samples; give QEMU a larger -m",
        );
    };
    let mut machine =
        Machine { engine, timer: request.timer, params: request.params, platform: &mut Kernel };
    let mut frames = FrameWriter::new(port);
    let result = run_jobs(request, Target::BareMetal, &mut machine, &mut frames, buffer);
    finish(result, &mut machine, &mut frames)
}
