// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs QEMU guests with an accelerator probe, deadlines and reliable exit statuses.
//!
//! [`Qemu`] is found once, [`probe`] checks which accelerator really runs guests, [`Machine`] and [`Guest`] become
//! a command line that can be copied, and a [`Session`] runs it: console lines with their times, a log, and an
//! [`Outcome`] or a [`RunError`] that says what happened, to what, and what to do.
//!
//! # Design principles
//! * Nothing is trusted until it has run: an accelerator that opens may still not work.
//! * Nothing hangs: every guest has a deadline, and every wait ends by an event, never by a poll.
//! * No guest outlives its runner, however the runner ends: return, error, panic, Ctrl-C or SIGKILL.
//! * A guest that ends silently has failed.
#![deny(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

pub mod archive;
mod attached;
mod console;
mod context;
mod disk;
mod error;
pub mod exit;
mod first_output;
mod images;
pub mod interrupt;
mod kvm;
mod limits;
mod live;
mod machine;
mod outcome;
pub mod output;
mod output_port;
mod panic_watch;
mod probe;
pub mod process;
pub mod progress;
mod qemu;
mod qmp;
mod session;
mod sha256;
mod shell;
mod snapshot;
mod terminal;
#[cfg(test)]
mod test_program;
pub mod tiny_guest;
pub mod tools;

pub use attached::{Attached, COMMAND_KERNEL_ARGUMENT, Drive, Forward};
pub use console::ConsoleLine;
pub use context::{CommandContext, program};
pub use disk::free_bytes;
pub use error::{RunError, Scene};
pub use exit::ExitKind;
pub use images::{BUNDLED_IMAGES, BareImage, DiskImage, EngineObject, Images, LinuxImage, Server};
pub use limits::{FIRST_OUTPUT, Limits};
pub use live::Live;
pub use machine::{
    Accelerator, DataPort, Guest, ISOLATED_KERNEL_ARGUMENTS, LivePorts, Machine, Model, Network,
    PortKind,
};
pub use outcome::Outcome;
pub use output_port::{Forwarding, OutputPort};
pub use probe::{KvmState, Probe, probe};
pub use qemu::{Qemu, QemuError};
pub use qmp::QmpError;
pub use session::{Session, run};
pub use sha256::{file_sha256, hex};
pub use shell::quoted;
pub use snapshot::{Monitored, PAUSED_INPUT_BYTES};
pub use terminal::{interactive, is_terminal};
