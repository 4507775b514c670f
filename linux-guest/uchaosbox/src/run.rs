// SPDX-License-Identifier: GPL-2.0-or-later
//! What a C library would do: start, system calls, memory, files.

pub(crate) mod file;
pub(crate) mod map;
pub(crate) mod output;
pub(crate) mod start;
pub(crate) mod syscall;
