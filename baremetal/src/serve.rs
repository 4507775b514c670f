// SPDX-License-Identifier: GPL-2.0-or-later
//! Serving commands: if there is no job and the machine has a control port, its lines are the requests.

use alloc::boxed::Box;

use baremetal::engine::{self, WorkloadMemory};
use baremetal::machine::Machine;
use chaos_ffi::Place;
use chaos_wire::{Control, GuestStatus, PortError, Request, SMALLEST_BUFFER_WORDS, Target, answer};

use crate::devices::virtio::Duplex;
use crate::end::{fail, leave};
use crate::kernel::Kernel;
use crate::memory::buffer;
use crate::println;

/// Words that are taken in one piece, where the memory is there: a larger job is answered in more pieces.
const BUFFER_WORDS: usize = 1 << 20;

/// The control port as the reader of lines wants it.
struct Commands(Box<dyn Duplex>);

impl Control for Commands {
    fn read(&mut self, place: &mut [u8]) -> Result<usize, PortError> {
        self.0.read(place)
    }
}

/// Serves commands until the machine ends. A change of the engine's parameters starts a new engine; otherwise it continues.
pub(crate) fn run(mut request: Request, mut data: Box<dyn Duplex>, control: Box<dyn Duplex>) -> ! {
    // First the workload's share, then the samples'.
    let mut memory = WorkloadMemory::reserved(&mut Kernel);
    let buffer = buffer::take(BUFFER_WORDS).filter(|words| words.len() >= SMALLEST_BUFFER_WORDS);
    let Some(buffer) = buffer else {
        fail(
            GuestStatus::TooLittleMemory,
            &"too little memory to buffer samples; give QEMU a larger -m",
        );
    };
    let mut lines = chaos_wire::CommandLines::new(Commands(control));
    let mut next = |now: &Request, data: &mut Box<dyn Duplex>| match lines.next_request(
        now,
        can,
        &mut **data,
        |marker| println!("{marker}"),
    ) {
        Ok(Some(request)) => request,
        Ok(None) => leave(GuestStatus::Success),
        Err(error) => fail(GuestStatus::NoDataPort, &error),
    };
    request = next(&request, &mut data);
    loop {
        let mut place = Place::new();
        let engine = engine::start(&request.params, &mut place, &mut memory, &mut Kernel);
        let mut machine =
            Machine { engine, timer: request.timer, params: request.params, platform: &mut Kernel };
        loop {
            answer(&request, Target::BareMetal, &mut machine, &mut *data, buffer);
            let changed = next(&request, &mut data);
            let goes_on = machine.engine.is_ok() && request.same_engine(&changed);
            request = changed;
            if !goes_on {
                break;
            }
            machine.timer = request.timer;
        }
    }
}

/// What the grammar allows and this machine does not have. The engine itself refuses what it cannot run with.
fn can(request: &Request) -> Result<(), &'static str> {
    if request.targets.iter().all(|target| target == Target::BareMetal) {
        Ok(())
    } else {
        Err("this kernel has the target baremetal and no other")
    }
}
