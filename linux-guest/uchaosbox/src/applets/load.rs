// SPDX-License-Identifier: GPL-2.0-or-later
//! `load`: loads the kernel module with the parameters of the request, so that one grammar serves both.

use chaos_wire::{GuestStatus, Request};
use rustix::io::Errno;

use crate::applets::Stop;
use crate::machine::loader::{self, MODULE_PATH};

pub(crate) fn run(request: &Request, path: Option<&str>) -> Result<(), Stop> {
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
    loader::load(path, request).map_err(failed)
}
