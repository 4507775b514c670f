// SPDX-License-Identifier: GPL-2.0-or-later
//! What one reader and one writer may rely on.

use chaos_wire::Request;
use rustix::fd::AsFd as _;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pipe::SpliceFlags;

use super::{Verdict, Wrong, during, expect};
use crate::machine::module;
use crate::run::file::{open, read_full};
use crate::run::{map, syscall};

const PAGE_BYTES: usize = 4096;

pub(super) fn any_length(_: &Request) -> Verdict {
    let node = open("/dev/uchaos").map_err(during("opening /dev/uchaos"))?;
    let buffer = map::bytes(1_000_003).map_err(during("mapping a buffer"))?;
    for len in [0, 1, 2, 3, 7, 8, 9, 63, 4095, 4096, 4097, 65_537, 1_000_003] {
        buffer.fill(0);
        let wanted = buffer.get_mut(..len).unwrap_or_default();
        let read = rustix::io::read(&node, &mut *wanted).map_err(during("reading"))?;
        expect(read == len, "a read came back short with no signal")?;
        // Among 32 good bytes one in 2^128 times there is none but zeros.
        expect(
            wanted.chunks_exact(32).all(|bytes| bytes.iter().any(|byte| *byte != 0)),
            "zeros were read",
        )?;
        expect(
            buffer.get(len..).unwrap_or_default().iter().all(|byte| *byte == 0),
            "more was written than asked for",
        )?;
    }
    Ok(())
}

pub(super) fn whole_samples(_: &Request) -> Verdict {
    let node = open("/dev/uchaos-raw").map_err(during("opening /dev/uchaos-raw"))?;
    let mut bytes = [0; 20];
    expect(
        rustix::io::read(&node, bytes.get_mut(..7).unwrap_or_default()) == Err(Errno::INVAL),
        "7 bytes were given",
    )?;
    expect(rustix::io::read(&node, &mut bytes) == Ok(16), "20 bytes did not give two samples")?;
    expect(bytes.get(..8).is_some_and(|sample| sample != [0; 8]), "the first sample is 0 ticks")
}

pub(super) fn faults(_: &Request) -> Verdict {
    let node = open("/dev/uchaos").map_err(during("opening /dev/uchaos"))?;
    let pages = map::bytes(2 * PAGE_BYTES).map_err(during("mapping two pages"))?;
    map::protect_page(pages, PAGE_BYTES).map_err(during("protecting a page"))?;
    let start = pages.as_mut_ptr() as usize;
    // SAFETY: the two pages belong to this function; the second allows no access.
    let (none, half) = unsafe {
        (
            syscall::read_at(node.as_fd(), start + PAGE_BYTES, 64),
            syscall::read_at(node.as_fd(), start, 2 * PAGE_BYTES),
        )
    };
    expect(none == Err(Errno::FAULT), "a read into a protected page did not say EFAULT")?;
    expect(
        half == Ok(PAGE_BYTES),
        "a read into one good page and one bad one did not fill the good one",
    )?;
    let mut next = [0; PAGE_BYTES];
    read_full(&node, &mut next).map_err(during("reading"))?;
    let given = pages.get(..PAGE_BYTES).unwrap_or_default();
    expect(
        !next.chunks_exact(16).any(|block| given.chunks_exact(16).any(|old| old == block)),
        "bytes were given twice",
    )
}

/// `splice()` moves bytes from the node into a pipe without a copy in the program.
pub(super) fn splices(_: &Request) -> Verdict {
    let node = open("/dev/uchaos").map_err(during("opening /dev/uchaos"))?;
    let (out, into) = rustix::pipe::pipe().map_err(during("making a pipe"))?;
    let mut bytes = [0; 4096];
    let spliced = rustix::pipe::splice(&node, None, &into, None, bytes.len(), SpliceFlags::empty())
        .map_err(during("splicing from /dev/uchaos"))?;
    expect(spliced == bytes.len(), "fewer bytes were spliced than asked for")?;
    read_full(&out, &mut bytes).map_err(during("reading the pipe"))?;
    expect(
        bytes.chunks_exact(32).all(|bytes| bytes.iter().any(|byte| *byte != 0)),
        "zeros were spliced",
    )
}

/// Memory of the program's that the kernel may read and not write.
static CONSTANT: [u8; 9001] = [0x5a; 9001];

pub(super) fn writes(_: &Request) -> Verdict {
    let node = rustix::fs::open("/dev/uchaos", OFlags::RDWR, Mode::empty())
        .map_err(during("opening for writing"))?;
    let own = map::bytes(CONSTANT.len()).map_err(during("mapping a buffer"))?;
    own.copy_from_slice(&CONSTANT);
    for source in [&CONSTANT, &*own] {
        expect(
            rustix::io::write(&node, source) == Ok(CONSTANT.len()),
            "a write was not taken whole",
        )?;
        expect(source == CONSTANT, "a write changed the writer's memory")?;
    }
    expect(
        syscall::write_at(node.as_fd(), 0, 64) == Err(Errno::FAULT),
        "a write from nowhere did not say EFAULT",
    )?;
    let mut after = [0; 64];
    expect(read_full(&node, &mut after).is_ok_and(|(len, _)| len == 64), "no bytes after a write")
}

pub(super) fn restarts(_: &Request) -> Verdict {
    let node = open("/dev/uchaos-raw").map_err(during("opening /dev/uchaos-raw"))?;
    let mut deltas = [0; 8 * 8192];
    read_full(&node, &mut deltas).map_err(during("reading"))?;
    let before = samples()?;
    module::restart(&node).map_err(during("restarting"))?;
    let after = samples()?;
    // The startup test of SP 800-90B §4.3 takes 1,024 samples at least.
    expect(before >= 8192 && (1024..8192).contains(&after), "the counts were not reset")
}

fn samples() -> Result<u64, Wrong> {
    let mut place = [0; module::STATUS_BYTES];
    let status = crate::run::file::read_text(module::STATUS_PATH, &mut place)
        .map_err(during("reading /proc/uchaos"))?;
    uchaosbox::field(status, '=', "samples")
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| "no count of samples".into())
}
