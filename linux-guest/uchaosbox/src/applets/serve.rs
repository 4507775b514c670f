// SPDX-License-Identifier: GPL-2.0-or-later
//! `serve`: the guest's half of a live view. Lines of the control port say what to take from the module; each is
//! answered on the data port.

use chaos_wire::{
    CommandLines, EngineError, GuestStatus, Marker, PortError, Request, Sampler as _, Target,
    Timer, answer,
};
use rustix::io::Errno;

use crate::applets::port::{ControlPort, DataPort};
use crate::applets::{Stop, request};
use crate::machine::{Linux, loader};
use crate::run::map;

/// Words that are taken in one piece: a larger job is answered in more pieces.
const BUFFER_WORDS: usize = 1 << 16;

/// Serves until the host closes the control port.
pub(crate) fn run(options: &str) -> Result<(), Stop> {
    let broken = |error: PortError| Stop::new(GuestStatus::NoDataPort, error);
    let mut now = request(options)?;
    let mut port = DataPort::virtio().map_err(broken)?;
    let mut lines = CommandLines::new(ControlPort::virtio().map_err(broken)?);
    let buffer =
        map::words(BUFFER_WORDS).map_err(|error| Stop::new(GuestStatus::TooLittleMemory, error))?;
    let mut machine = Linux::closed();
    machine.mark(&Marker::Ready);
    let mut served = Err(EngineError::new("the module has not been opened"));
    while let Some(next) = lines
        .next_request(&now, can, &mut port, |marker| Linux::closed().mark(marker))
        .map_err(broken)?
    {
        if served.is_err() || !now.same_engine(&next) {
            served = open_module(&mut machine, &next);
        }
        if let Err(failure) = served {
            machine.mark(&Marker::Error { text: failure.text });
        }
        now = next;
        // A machine that is closed fails each job, and its answer says so.
        answer(&now, Target::LinuxModule, &mut machine, &mut port, buffer);
    }
    Ok(())
}

/// What the grammar allows and this guest does not have.
fn can(request: &Request) -> Result<(), &'static str> {
    if request.timer != Timer::Off {
        return Err("only the microkernel has uchaos.timer");
    }
    if request.targets.iter().any(|target| target != Target::LinuxModule) {
        return Err("what is served here is the target linux-module");
    }
    Ok(())
}

/// Opens the module, and reloads it if its parameters differ.
fn open_module(machine: &mut Linux, request: &Request) -> Result<(), EngineError> {
    if machine.open(Target::LinuxModule, request).is_ok() {
        return Ok(());
    }
    // An open node would keep the module where it is.
    *machine = Linux::closed();
    let failed = |text| move |error: Errno| EngineError { code: -error.raw_os_error(), text };
    match loader::unload() {
        // It is not there after parameters that it refused.
        Ok(()) | Err(Errno::NOENT) => {}
        Err(error) => return Err(failed("unloading the module")(error)),
    }
    loader::load(loader::MODULE_PATH, request).map_err(failed("loading the module"))?;
    machine.open(Target::LinuxModule, request)
}
