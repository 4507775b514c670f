// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel module, through its three nodes and /proc/uchaos: the target `linux-module`.

use core::fmt;

use chaos_wire::{EngineError, Parameter, Request};
use rustix::fd::OwnedFd;
use rustix::io::Errno;
use rustix::ioctl;
use uchaosbox::field;

use super::system;
use crate::run::file::{self, read_full, read_text};

/// Where the module shows its parameters and health.
pub(super) const STATUS_PATH: &str = "/proc/uchaos";
/// More than [`STATUS_PATH`] ever has.
pub(super) const STATUS_BYTES: usize = 2048;

/// `UCHAOS_RESTART` of linux-guest/uchaos/uchaos.h: `_IO('C', 0xa0)`.
const RESTART: ioctl::Opcode = ioctl::opcode::none(b'C', 0xa0);

/// The module's nodes, open.
pub(crate) struct Module {
    stream: OwnedFd,
    seed: OwnedFd,
    raw: OwnedFd,
    /// Reads that the last raw job took; each is one piece without a break.
    raw_reads: u64,
    request: Request,
}

impl Module {
    /// Opens the nodes, and sees to it that the module runs with the parameters of the request.
    pub(crate) fn open(request: &Request) -> Result<Self, EngineError> {
        let open = |path| {
            file::open(path).map_err(|error| EngineError {
                code: -error.raw_os_error(),
                text: match error {
                    Errno::NOENT => "the module is not loaded (`uchaosbox load` does it)",
                    Errno::ACCESS => "only root may read raw noise from the module",
                    _ => "opening the module's nodes",
                },
            })
        };
        let module = Self {
            stream: open("/dev/uchaos")?,
            seed: open("/dev/uchaos-seed")?,
            raw: open("/dev/uchaos-raw")?,
            raw_reads: 0,
            request: *request,
        };
        let mut place = [0; STATUS_BYTES];
        let status = read_text(STATUS_PATH, &mut place).map_err(system("reading /proc/uchaos"))?;
        let mut wanted = [0; 256];
        let mut wanted = chaos_wire::TextBuffer::new(&mut wanted);
        // The buffer is longer than any such text.
        let _ = request.params.write(&mut wanted);
        let wanted = core::str::from_utf8(wanted.as_bytes()).unwrap_or_default();
        let differs = |line: &str| {
            line.split_once('=').is_some_and(|(key, value)| field(status, '=', key) != Some(value))
        };
        if wanted.lines().any(differs) {
            return Err(EngineError::new(
                "the module was loaded with other parameters than the job asks for (see /proc/uchaos)",
            ));
        }
        Ok(module)
    }

    pub(crate) fn raw(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        self.raw_reads =
            read(&self.raw, bytemuck::cast_slice_mut(delta_ticks), "reading /dev/uchaos-raw")?;
        Ok(())
    }

    pub(crate) fn stream(&self, out: &mut [u8]) -> Result<(), EngineError> {
        read(&self.stream, out, "reading /dev/uchaos").map(|_| ())
    }

    pub(crate) fn seed(&self, out: &mut [u8]) -> Result<(), EngineError> {
        read(&self.seed, out, "reading /dev/uchaos-seed").map(|_| ())
    }

    pub(crate) fn restart_row(&mut self, delta_ticks: &mut [u64]) -> Result<(), EngineError> {
        restart(&self.raw)
            .map_err(|error| engine_failure(error, "restarting the module's engine"))?;
        self.raw(delta_ticks)
    }

    pub(crate) const fn request(&self) -> &Request {
        &self.request
    }

    pub(crate) fn health(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        let mut place = [0; STATUS_BYTES];
        lines.write_str(read_text(STATUS_PATH, &mut place).unwrap_or("state=unknown\n"))?;
        writeln!(lines, "raw_reads={}", self.raw_reads)
    }

    pub(crate) fn meta(&self, lines: &mut dyn fmt::Write) -> fmt::Result {
        let mut place = [0; STATUS_BYTES];
        let status = read_text(STATUS_PATH, &mut place).unwrap_or_default();
        for key in Parameter::ALL.iter().map(|parameter| parameter.report_key()) {
            writeln!(lines, "{key}={}", field(status, '=', key).unwrap_or("unknown"))?;
        }
        Ok(())
    }
}

/// Restarts the engine behind an open /dev/uchaos-raw.
pub(super) fn restart(raw: &OwnedFd) -> Result<(), Errno> {
    // SAFETY: the module's RESTART takes no argument and touches no memory of this process.
    unsafe { ioctl::ioctl(raw, ioctl::NoArg::<RESTART>::new()) }
}

fn read(node: &OwnedFd, out: &mut [u8], what: &'static str) -> Result<u64, EngineError> {
    match read_full(node, out) {
        Ok((len, reads)) if len == out.len() => Ok(reads),
        Ok(_) => Err(EngineError::new("a node of the module came to an end")),
        Err(error) => Err(engine_failure(error, what)),
    }
}

/// An I/O error is the engine's: /proc/uchaos knows which.
fn engine_failure(error: Errno, what: &'static str) -> EngineError {
    let mut place = [0; STATUS_BYTES];
    let status = read_text(STATUS_PATH, &mut place).unwrap_or_default();
    let code = field(status, '=', "last_error")
        .and_then(|code| code.parse().ok())
        .filter(|code| *code != 0);
    match code {
        Some(code) if error == Errno::IO => EngineError::of_code(code),
        _ => system(what)(error),
    }
}
