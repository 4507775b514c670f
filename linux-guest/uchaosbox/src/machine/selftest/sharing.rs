// SPDX-License-Identifier: GPL-2.0-or-later
//! What readers may rely on that share the engine, and who may read what.

use chaos_wire::Request;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Signal, WaitOptions};
use rustix::thread::{Gid, Uid};

use super::process::Child;
use super::{Verdict, Wrong, during, expect};
use crate::run::file::{open, read_full};
use crate::run::map;

/// Bytes that take the engine a second or more under an emulator.
const LONG_READ_BYTES: usize = 48 << 20;
const READERS: usize = 4;
const READER_BYTES: usize = 1 << 20;
/// A user who is not root.
const NOBODY: u32 = 65_534;

const SOON: Timespec = Timespec { tv_sec: 0, tv_nsec: 0 };
/// Longer than any piece takes; who waits for so long has been forgotten.
const LATE: Timespec = Timespec { tv_sec: 60, tv_nsec: 0 };

fn readable(node: impl AsFd, patience: &Timespec) -> Result<bool, Wrong> {
    let mut wanted = [PollFd::new(&node, PollFlags::IN)];
    poll(&mut wanted, Some(patience)).map_err(during("polling"))?;
    let [answer] = &wanted;
    Ok(answer.revents().contains(PollFlags::IN))
}

/// Waits until `reader` has the engine.
fn until_busy(node: &OwnedFd, reader: &Child) -> Verdict {
    while readable(node, &SOON)? {
        expect(reader.runs(), "the engine never looked busy while it was read")?;
        rustix::thread::sched_yield();
    }
    Ok(())
}

pub(super) fn polls(_: &Request) -> Verdict {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK;
    let node = rustix::fs::open("/dev/uchaos", flags, Mode::empty())
        .map_err(during("opening with O_NONBLOCK"))?;
    let mut bytes = [0; 64];
    expect(readable(&node, &SOON)?, "a free engine is not readable")?;
    expect(rustix::io::read(&node, &mut bytes) == Ok(64), "a free engine gave nothing")?;

    let raw = open("/dev/uchaos-raw").map_err(during("opening /dev/uchaos-raw"))?;
    // A piece of raw noise holds the engine from its first sample to its last.
    let piece = map::bytes(8 << 20).map_err(during("mapping a buffer"))?;
    let reader = Child::start(|| read_full(&raw, piece).is_ok())?;
    until_busy(&node, &reader)?;
    expect(
        rustix::io::read(&node, &mut bytes) == Err(Errno::AGAIN),
        "a busy engine did not say EAGAIN",
    )?;
    expect(readable(&node, &LATE)?, "the poller was not woken")?;
    reader.finish("the other reader failed")
}

pub(super) fn signals(_: &Request) -> Verdict {
    let node = open("/dev/uchaos").map_err(during("opening /dev/uchaos"))?;
    let buffer = map::bytes(LONG_READ_BYTES).map_err(during("mapping a buffer"))?;
    let reader = Child::start(|| {
        rustix::io::read(&node, &mut *buffer).is_ok_and(|len| (1..LONG_READ_BYTES).contains(&len))
    })?;
    until_busy(&node, &reader)?;
    reader.signal(Signal::STOP)?;
    expect(reader.wait(WaitOptions::UNTRACED)?.stopped(), "the read was not interrupted")?;
    reader.signal(Signal::CONT)?;
    reader.finish("the read gave all or nothing")?;

    let reader = Child::start(|| rustix::io::read(&node, &mut *buffer).is_ok())?;
    until_busy(&node, &reader)?;
    reader.signal(Signal::TERM)?;
    let status = reader.wait(WaitOptions::empty())?;
    expect(
        status.terminating_signal() == Some(Signal::TERM.as_raw()),
        "a reader could not be ended",
    )
}

pub(super) fn readers(_: &Request) -> Verdict {
    let words =
        map::shared_words(READERS * READER_BYTES / 8).map_err(during("mapping shared memory"))?;
    let mut children = [const { None }; READERS];
    for (child, share) in children.iter_mut().zip(words.chunks_mut(READER_BYTES / 8)) {
        *child = Some(Child::start(|| {
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(share);
            // Of different lengths, so that the readers get out of step.
            open("/dev/uchaos").is_ok_and(|node| {
                bytes.chunks_mut(12_345).all(|part| read_full(&node, part).is_ok())
            })
        })?);
    }
    for child in children.into_iter().flatten() {
        child.finish("a reader failed")?;
    }
    // Two of 2^18 random blocks of 128 bits are the same one in 2^93 times.
    let blocks: &mut [[u64; 2]] = bytemuck::cast_slice_mut(words);
    blocks.sort_unstable();
    expect(blocks.array_windows().all(|[block, next]| block != next), "16 bytes were given twice")
}

pub(super) fn permissions(_: &Request) -> Verdict {
    Child::start(|| {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        let unprivileged = rustix::thread::set_thread_res_gid(group, group, group).is_ok()
            && rustix::thread::set_thread_res_uid(user, user, user).is_ok();
        let denied = |path, flags| {
            matches!(rustix::fs::open(path, flags, Mode::empty()), Err(Errno::ACCESS))
        };
        unprivileged
            && denied("/dev/uchaos-raw", OFlags::RDONLY)
            && denied("/dev/uchaos", OFlags::WRONLY)
            && open("/dev/uchaos").is_ok()
            && open("/dev/uchaos-seed").is_ok()
    })?
    .finish("a user who is not root may do too much, or too little")
}
