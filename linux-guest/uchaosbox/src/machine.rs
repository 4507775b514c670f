// SPDX-License-Identifier: GPL-2.0-or-later
//! The targets that a Linux system has, as the machine of the shared job loop: an engine in this process, the kernel
//! module, and as references the kernel's own generator and the host's.

mod engine;
#[cfg(feature = "stick")]
mod facts;
#[cfg(feature = "hwrng")]
mod hwrng;
pub(crate) mod loader;
mod module;
#[cfg(feature = "selftest")]
pub(crate) mod selftest;

use core::fmt::{self, Write as _};

use chaos_ffi::{Engine, EngineError};
use chaos_wire::{Marker, Request, Sampler, Target};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use crate::run::file::{self, read_full, read_text};
use crate::run::output::Stdout;
use engine::OwnEngine;
use module::Module;

/// Where the kernel's own generator is read.
const CRNG_PATH: &str = "/dev/urandom";

/// A Linux system with one target open.
pub(crate) struct Linux {
    source: Source,
    /// Whether it is a PC, of which a capture says what it is.
    #[cfg(feature = "stick")]
    is_pc: bool,
}

enum Source {
    Closed,
    Engine(OwnEngine),
    Module(Module),
    /// A generator of bytes, and where it is read.
    Bytes(OwnedFd, &'static str),
}

/// What a target answers that does not have the output in question.
const NO_SUCH_OUTPUT: EngineError = EngineError::new("this target has no such output");

const NO_SUCH_TARGET: EngineError = EngineError::new("this system does not have this target");

impl Linux {
    /// No target yet.
    pub(crate) const fn closed() -> Self {
        Self {
            source: Source::Closed,
            #[cfg(feature = "stick")]
            is_pc: false,
        }
    }

    /// The same on a PC that was started from a stick.
    #[cfg(feature = "stick")]
    pub(crate) const fn on_stick() -> Self {
        Self { source: Source::Closed, is_pc: true }
    }

    /// Opens a target instead of the one that was open.
    ///
    /// # Errors
    /// Returns an error if it is not there, or its engine does not start.
    pub(crate) fn open(&mut self, target: Target, request: &Request) -> Result<(), EngineError> {
        self.source = match target {
            Target::LinuxModule => Source::Module(Module::open(request)?),
            Target::LinuxUser | Target::HostUser => Source::Engine(OwnEngine::start(request)?),
            Target::LinuxCrng => {
                let urandom = file::open(CRNG_PATH).map_err(system("opening /dev/urandom"))?;
                Source::Bytes(urandom, CRNG_PATH)
            }
            #[cfg(feature = "hwrng")]
            Target::LinuxHwrng => Source::Bytes(hwrng::open()?, hwrng::PATH),
            #[cfg(not(feature = "hwrng"))]
            Target::LinuxHwrng => return Err(NO_SUCH_TARGET),
            Target::None | Target::BareMetal => return Err(NO_SUCH_TARGET),
        };
        Ok(())
    }
}

#[cfg(feature = "selftest")]
use selftest::run as self_test_of_module;

#[cfg(not(feature = "selftest"))]
fn self_test_of_module(_: &Request, _: &mut dyn fmt::Write) -> Result<(), EngineError> {
    Err(EngineError::new("this uchaosbox was built without the module's self test"))
}

/// An error of the system's while doing `what`.
fn system(what: &'static str) -> impl Fn(Errno) -> EngineError {
    move |error| EngineError { code: -error.raw_os_error(), text: what }
}

/// The kernel, the processor and the counter that is read.
fn system_facts(lines: &mut dyn fmt::Write) -> fmt::Result {
    let uname = rustix::system::uname();
    let text = |text: &core::ffi::CStr, lines: &mut dyn fmt::Write| {
        text.to_bytes().iter().try_for_each(|byte| lines.write_char(char::from(*byte)))
    };
    lines.write_str("kernel=")?;
    text(uname.sysname(), lines)?;
    lines.write_char(' ')?;
    text(uname.release(), lines)?;
    lines.write_char(' ')?;
    text(uname.version(), lines)?;
    let mut place = [0; 4096];
    // With many processors the text is longer than what is read of it; the first one's lines come first.
    let cpuinfo = file::read_head("/proc/cpuinfo", &mut place).unwrap_or_default();
    let cpu = uchaosbox::field(cpuinfo, ':', "model name").unwrap_or("unknown");
    let mut place = [0; 64];
    let clock =
        read_text("/sys/devices/system/clocksource/clocksource0/current_clocksource", &mut place);
    let clock = clock.unwrap_or("unknown").trim_end();
    writeln!(lines, "\ncpu={cpu}\nclock=lfence;rdtsc\nkernel_clock={clock}")
}

impl Sampler for Linux {
    fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        match &mut self.source {
            Source::Engine(engine) => engine.raw(delta_ticks),
            Source::Module(module) => module.raw(delta_ticks),
            Source::Closed | Source::Bytes(..) => Err(NO_SUCH_OUTPUT),
        }
    }

    fn stream(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        match &mut self.source {
            Source::Engine(engine) => engine.stream(out),
            Source::Module(module) => module.stream(out),
            Source::Bytes(generator, _) => match read_full(generator, out) {
                Ok((len, _)) if len == out.len() => Ok(()),
                Ok(_) => Err(EngineError::new("the generator's device came to an end")),
                Err(error) => Err(system("reading the generator's device")(error)),
            },
            Source::Closed => Err(NO_SUCH_OUTPUT),
        }
    }

    fn seed(&mut self, out: &mut [u8]) -> Result<(), EngineError> {
        match &mut self.source {
            Source::Engine(engine) => engine.seed(out),
            Source::Module(module) => module.seed(out),
            Source::Closed | Source::Bytes(..) => Err(NO_SUCH_OUTPUT),
        }
    }

    fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        match &mut self.source {
            Source::Engine(engine) => engine.restart_row(delta_ticks),
            Source::Module(module) => module.restart_row(delta_ticks),
            Source::Closed | Source::Bytes(..) => Err(NO_SUCH_OUTPUT),
        }
    }

    fn self_test(&mut self, lines: &mut dyn fmt::Write) -> Result<(), EngineError> {
        match &mut self.source {
            Source::Engine(engine) => engine.self_test(lines),
            Source::Module(module) => {
                let request = *module.request();
                // The tests unload the module, which an open node would not let happen.
                self.source = Source::Closed;
                let verdict = self_test_of_module(&request, lines);
                self.open(Target::LinuxModule, &request).and(verdict)
            }
            Source::Closed | Source::Bytes(..) => Err(NO_SUCH_OUTPUT),
        }
    }

    fn health(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result {
        match &self.source {
            Source::Engine(engine) => engine.health(lines),
            Source::Module(module) => module.health(lines),
            Source::Closed | Source::Bytes(..) => lines.write_str("state=unknown\n"),
        }
    }

    fn meta(&mut self, lines: &mut dyn fmt::Write) -> fmt::Result {
        system_facts(lines)?;
        #[cfg(feature = "stick")]
        if self.is_pc {
            facts::write(lines)?;
        }
        match &self.source {
            Source::Engine(engine) => engine.meta(lines),
            Source::Module(module) => module.meta(lines),
            Source::Bytes(_, path) => writeln!(lines, "source={path}"),
            Source::Closed => Ok(()),
        }
    }

    fn ticks(&mut self) -> u64 {
        Engine::ticks()
    }

    fn mark(&mut self, marker: &Marker<'_>) {
        // A console that is gone does not stop the frames.
        let _ = writeln!(Stdout, "{marker}");
    }
}
