// SPDX-License-Identifier: GPL-2.0-or-later
//! The applets, and what they have in common: where the request comes from, and how an error leaves.

mod bench;
mod crng;
mod job;
mod port;
mod serve;
mod show;
#[cfg(feature = "stick")]
mod stick;
mod view;
mod views;

use core::fmt::{self, Write as _};

use chaos_wire::{DEFAULTS_PATH, GuestStatus, Request, Source, TextBuffer};
use rustix::io::Errno;
use uchaosbox::{Applet, Command};

use crate::machine::loader::{self, MODULE_PATH};
use crate::run::file::read_text;

/// Bytes of the longest kernel command line that Linux takes on this architecture, and one.
const COMMAND_LINE_BYTES: usize = 2049;
/// Bytes that `/etc/uchaos.conf` may have.
const DEFAULTS_BYTES: usize = 4096;
/// Bytes of an error's text; a longer one is cut.
const TEXT_BYTES: usize = 300;

/// Why an applet ended early.
pub(crate) struct Stop {
    status: GuestStatus,
    text: [u8; TEXT_BYTES],
    len_bytes: usize,
}

impl Stop {
    /// An error that is still to be said.
    pub(crate) fn new(status: GuestStatus, error: impl fmt::Display) -> Self {
        let mut stop = Self::said(status);
        let mut text = TextBuffer::new(&mut stop.text);
        // A text that is cut is still the best there is to say.
        let _ = write!(text, "{error}");
        stop.len_bytes = text.as_bytes().len();
        stop
    }

    /// An error that was printed already.
    pub(crate) const fn said(status: GuestStatus) -> Self {
        Self { status, text: [0; TEXT_BYTES], len_bytes: 0 }
    }

    /// What is still to be said.
    pub(crate) fn unsaid(&self) -> Option<&str> {
        let text = self.text.get(..self.len_bytes)?;
        core::str::from_utf8(text).ok().filter(|text| !text.is_empty())
    }

    pub(crate) const fn exit_status(&self) -> i32 {
        self.status.number()
    }

    #[cfg(feature = "stick")]
    pub(crate) const fn status(&self) -> GuestStatus {
        self.status
    }
}

/// An error of the system's while doing `what`.
fn system(what: &'static str) -> impl Fn(Errno) -> Stop {
    move |error| Stop::new(GuestStatus::JobFailed, format_args!("{what}: {error}"))
}

/// Does what the command says. `options` are those of its options that belong to the job grammar.
pub(crate) fn run(command: &Command<'_>, options: &str) -> Result<(), Stop> {
    let &Command::Run { applet, operand, output, view, credit } = command else {
        if let Command::Help(applet) = command {
            crate::help(*applet);
        }
        return Ok(());
    };
    match applet {
        Applet::Job => job::run(options, output),
        Applet::Serve => serve::run(options),
        #[cfg(feature = "stick")]
        Applet::Stick => stick::run(),
        #[cfg(feature = "selftest")]
        Applet::Stress => stress(operand),
        Applet::Load => load(&request(options)?, operand, credit),
        Applet::Seed if credit => crng::credit(&request(options)?, operand),
        Applet::Stream | Applet::Raw | Applet::Seed => {
            show::output(applet, &request(options)?, operand, view)
        }
        Applet::View => view::run(operand, view),
        Applet::Health => show::health(&request(options)?),
        Applet::Bench => bench::run(&request(options)?),
    }
}

/// `stress`: both of its parts for so many seconds each.
#[cfg(feature = "selftest")]
fn stress(operand: Option<&str>) -> Result<(), Stop> {
    let seconds = operand.and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
    let seconds = seconds.ok_or_else(|| {
        Stop::new(GuestStatus::BadCommandLine, "stress: give a number of seconds, 1 or more")
    })?;
    crate::machine::selftest::stress::run(seconds)
        .map_err(|what| Stop::new(GuestStatus::JobFailed, what))
}

/// `load`: loads the kernel module with the parameters of the request, so that one grammar serves both.
fn load(request: &Request, path: Option<&str>, credit: bool) -> Result<(), Stop> {
    let path = path.unwrap_or(MODULE_PATH);
    let failed = |error: Errno| {
        let reason = match error {
            Errno::EXIST => "it is loaded already (`rmmod uchaos` unloads it)",
            Errno::INVAL | Errno::IO => "the kernel's log says why (`dmesg`)",
            Errno::NOENT => "there is no such file",
            Errno::PERM => "only root may load modules",
            Errno::NOEXEC => "it was built for another kernel",
            _ => "see the kernel's log (`dmesg`)",
        };
        Stop::new(GuestStatus::JobFailed, format_args!("loading {path}: {error}: {reason}"))
    };
    let load = if credit { loader::load_crediting } else { loader::load };
    load(path, request).map_err(failed)
}

/// The request: the options where there are any, else the kernel command line, each over [`DEFAULTS_PATH`].
fn request(options: &str) -> Result<Request, Stop> {
    let bad = |error: &dyn fmt::Display| Stop::new(GuestStatus::BadCommandLine, error);
    let unreadable = |path: &'static str| {
        move |error| Stop::new(GuestStatus::BadCommandLine, format_args!("reading {path}: {error}"))
    };
    let mut defaults_place = [0; DEFAULTS_BYTES];
    let defaults = match read_text(DEFAULTS_PATH, &mut defaults_place) {
        Err(Errno::NOENT) => "",
        defaults => defaults.map_err(unreadable(DEFAULTS_PATH))?,
    };
    let mut line_place = [0; COMMAND_LINE_BYTES];
    let line = if options.is_empty() {
        read_text("/proc/cmdline", &mut line_place).map_err(unreadable("/proc/cmdline"))?
    } else {
        options
    };
    Request::parse_over(defaults, line).map_err(|error| match error.source {
        // Options stand where the kernel command line would, and that is not where they came from.
        Source::CommandLine if !options.is_empty() => match error.problem.nearest() {
            Some(nearest) => bad(&format_args!("{}; did you mean `{nearest}`?", error.problem)),
            None => bad(&error.problem),
        },
        _ => bad(&error),
    })
}
