// SPDX-License-Identifier: GPL-2.0-or-later
//! The contents of a µChaos USB stick. Both machines write it, `uchaos collect` reads it.
//!
//! | path | what |
//! | --- | --- |
//! | [`CONF_PATH`] | the jobs, the number of boots, what to do afterwards: [`Conf`] |
//! | [`CAPTURES_PATH`] | captures, named by [`CaptureName`] |
//! | [`SERIES_PATH`] | exists during a series of restarts: [`Series`] |
//!
//! A series has no counter on the stick: the existing captures are counted, so a power cut costs at most one boot.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod conf;
mod fact;
mod name;
mod series;

pub use conf::{After, BOOTS_MAX, Conf, ConfError, ConfFault};
pub use fact::{FACT_BYTES, MachineFact, Signature, named, write_fact};
pub use name::{CaptureName, Machine, NUMBER_MAX, next_number};
pub use series::Series;

/// The FAT volume's label.
pub const VOLUME_LABEL: &str = "UCHAOS";
/// The configuration, from the root of the volume.
pub const CONF_PATH: &str = "/uchaos/uchaos.conf";
/// The folder of the captures.
pub const CAPTURES_PATH: &str = "/uchaos/captures";
/// The file that marks a series in progress.
pub const SERIES_PATH: &str = "/uchaos/series";
