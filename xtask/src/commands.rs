// SPDX-License-Identifier: GPL-2.0-or-later
//! The subcommands, one file each: a clap `Args` struct with `run(self, &Workshop)`.

pub(crate) mod clean;
