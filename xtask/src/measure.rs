// SPDX-License-Identifier: GPL-2.0-or-later
//! Taking measurements: which boots there are, how one is run, and how its capture becomes files and a
//! [`TakenRun`](entropy_report::TakenRun). Nothing here judges.

pub(crate) mod boot;
pub(crate) mod files;
pub(crate) mod host;
pub(crate) mod init_clock;
pub(crate) mod settings;
pub(crate) mod synthetic;
pub(crate) mod taken;
