// SPDX-License-Identifier: GPL-2.0-or-later
//! The engine in userland, and the job runner of the Linux guest: the parts that need no machine, and are tested
//! on the host. The program itself is `main.rs` and the files beside it (feature `guest`).
//!
//! Data flow: words of the command line -> [`Command`] -> a `chaos_wire::Request` -> the shared job loop -> frames.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod applet;
mod command;
mod fields;
mod help;
mod view;

pub use applet::{APPLETS, Applet};
pub use command::{Command, Misuse};
pub use fields::field;
pub use help::{EXIT_HELP, USAGE, write_engine_help};
pub use view::View;
