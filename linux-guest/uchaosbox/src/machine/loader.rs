// SPDX-License-Identifier: GPL-2.0-or-later
//! Loads the kernel module with the parameters of a request: they have the names and words of the job grammar.

use core::ffi::CStr;
use core::fmt::Write as _;

use chaos_wire::{Request, TextBuffer};
use rustix::io::Errno;

use crate::run::file;

/// Where the image has the module.
pub(crate) const MODULE_PATH: &str = "/lib/modules/uchaos.ko";

/// Loads it with the request's parameters. The kernel's generator gets seeds that credit no entropy.
pub(crate) fn load(path: &str, request: &Request) -> Result<(), Errno> {
    load_after("", path, request)
}

/// Loads it with the request's parameters, and has its seeds credited in full to the kernel's generator.
pub(crate) fn load_crediting(path: &str, request: &Request) -> Result<(), Errno> {
    load_after("seed_crng=credit ", path, request)
}

fn load_after(first: &str, path: &str, request: &Request) -> Result<(), Errno> {
    let mut place = [0; 192];
    let mut text = TextBuffer::new(&mut place);
    text.write_str(first).map_err(|_| Errno::TOOBIG)?;
    for (parameter, number) in request.params.iter() {
        write!(text, "{}={} ", parameter.key(), parameter.value(number))
            .map_err(|_| Errno::TOOBIG)?;
    }
    text.write_char('\0').map_err(|_| Errno::TOOBIG)?;
    let parameters = CStr::from_bytes_with_nul(text.as_bytes()).map_err(|_| Errno::INVAL)?;
    load_with(path, parameters)
}

/// Takes the module out.
pub(crate) fn unload() -> Result<(), Errno> {
    rustix::system::delete_module(c"uchaos", 0)
}

/// Loads it with any parameters.
pub(crate) fn load_with(path: &str, parameters: &CStr) -> Result<(), Errno> {
    rustix::system::finit_module(file::open(path)?, parameters, 0)
}
