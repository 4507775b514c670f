// SPDX-License-Identifier: GPL-2.0-or-later
//! The subcommands, one file each: a clap `Args` struct with `run(self, &CommandContext)`. Those of crate `uchaos` are
//! in [`product`].

pub(crate) mod dist;
pub(crate) mod image;
pub(crate) mod module;
pub(crate) mod product;
pub(crate) mod repro;
pub(crate) mod setup;
pub(crate) mod sources;
pub(crate) mod test;
pub(crate) mod usb;
