// SPDX-License-Identifier: GPL-2.0-or-later
//! The build steps, one file per thing that is built. Each takes the [`Workshop`](crate::workshop::Workshop)
//! and the paths of what it needs, and returns the path of what it made.

pub(crate) mod archive;
pub(crate) mod baremetal;
pub(crate) mod busybox;
pub(crate) mod cargo;
pub(crate) mod engine;
pub(crate) mod kconfig;
pub(crate) mod kernel;
pub(crate) mod kernel_source;
pub(crate) mod linux_image;
pub(crate) mod module;
pub(crate) mod nested;
pub(crate) mod profile;
pub(crate) mod room;
pub(crate) mod sources;
pub(crate) mod stock;
pub(crate) mod uchaosbox;
