// SPDX-License-Identifier: GPL-2.0-or-later
//! The single actions: each opens what it uses, and closes it.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{Mode, OFlags, SeekFrom};
use rustix::io::Errno;
use rustix::pipe::SpliceFlags;

use crate::machine::module;
use crate::machine::selftest::{Verdict, Wrong, during, expect};
use crate::run::file::{open, read_some};
use crate::run::map;
use crate::run::syscall::{self, monotonic_ns};

const PAGE_BYTES: usize = 4096;
/// What seeds are read of at most: a byte of them takes hundreds of samples.
const SEED_BYTES: usize = 256;
/// A random block of this length is all zeros in one of 2^256 cases.
const BLOCK_BYTES: usize = 32;
const STREAM: &str = "/dev/uchaos";
const SEED: &str = "/dev/uchaos-seed";
const RAW: &str = "/dev/uchaos-raw";
const STATUS: [&str; 4] = [
    "/proc/uchaos",
    "/proc/uchaos.json",
    "/sys/module/uchaos/parameters/claim",
    "/sys/module/uchaos/parameters/seed_crng",
];

/// What a user of the module has in its hands.
pub(super) struct Hands {
    state: u64,
    buffer: &'static mut [u8],
    /// Two pages, of which the second allows no access.
    half: &'static mut [u8],
    pipe: (OwnedFd, OwnedFd),
    /// Whether the module comes and goes meanwhile.
    module_goes: bool,
}

type Action = fn(&mut Hands) -> Verdict;

pub(super) const ACTIONS: &[(&str, Action)] = &[
    ("stream", stream),
    ("seed", seed),
    ("raw noise", raw_noise),
    ("without waiting", without_waiting),
    ("at a place", at_a_place),
    ("bad pointer", bad_pointer),
    ("half a bad buffer", half_a_bad_buffer),
    ("write", write),
    ("write from a bad pointer", write_from_a_bad_pointer),
    ("poll", polled),
    ("restart", restart),
    ("splice", splice),
    ("status", status),
    ("hardware generator", hardware_generator),
];

impl Hands {
    pub(super) fn new(number: u64, longest_bytes: usize) -> Result<Self, Errno> {
        let half = map::bytes(2 * PAGE_BYTES)?;
        map::protect_page(half, PAGE_BYTES)?;
        Ok(Self {
            state: monotonic_ns().wrapping_add(number) | 1,
            buffer: map::bytes(longest_bytes)?,
            half,
            pipe: rustix::pipe::pipe()?,
            module_goes: longest_bytes < super::LONGEST_BYTES,
        })
    }

    /// A number below `limit`: xorshift, which need not be any good.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state as usize % limit.max(1)
    }

    /// What may happen to any action.
    pub(super) fn forgives(&self, error: Errno) -> bool {
        let gone = matches!(error, Errno::NOENT | Errno::NODEV | Errno::NXIO);
        matches!(error, Errno::AGAIN | Errno::INTR) || gone && self.module_goes
    }

    /// The buffer, zeroed: mostly short, sometimes all of it.
    fn some(&mut self, most: usize) -> &mut [u8] {
        let limit = if self.below(8) == 0 { most } else { most.min(PAGE_BYTES) };
        let len = 1 + self.below(limit.min(self.buffer.len()));
        let some = self.buffer.get_mut(..len).unwrap_or_default();
        some.fill(0);
        some
    }

    fn node(&mut self) -> (&'static str, usize) {
        match self.below(3) {
            0 => (STREAM, usize::MAX),
            1 => (SEED, SEED_BYTES),
            _ => (RAW, usize::MAX),
        }
    }
}

fn opened(path: &str, flags: OFlags) -> Result<OwnedFd, Wrong> {
    rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty()).map_err(during("opening"))
}

fn no_zeros(bytes: &[u8]) -> Verdict {
    let good = |block: &[u8]| block.iter().any(|byte| *byte != 0);
    expect(bytes.chunks_exact(BLOCK_BYTES).all(good), "zeros were read")
}

fn read(hands: &mut Hands, path: &str, most: usize) -> Verdict {
    let node = opened(path, OFlags::RDONLY)?;
    let some = hands.some(most);
    let len = read_some(&node, some).map_err(during("reading"))?;
    expect(len > 0, "the end came")?;
    no_zeros(some.get(..len).unwrap_or_default())
}

fn stream(hands: &mut Hands) -> Verdict {
    read(hands, STREAM, usize::MAX)
}

fn seed(hands: &mut Hands) -> Verdict {
    read(hands, SEED, SEED_BYTES)
}

fn raw_noise(hands: &mut Hands) -> Verdict {
    let node = opened(RAW, OFlags::RDONLY)?;
    let some = hands.some(usize::MAX);
    let short = some.len() < size_of::<u64>();
    match read_some(&node, some) {
        Err(Errno::INVAL) if short => Ok(()),
        read => expect(read.map_err(during("reading"))? >= size_of::<u64>(), "no sample came"),
    }
}

fn without_waiting(hands: &mut Hands) -> Verdict {
    let (path, most) = hands.node();
    let node = opened(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    match rustix::io::read(&node, hands.some(most)) {
        Ok(_) | Err(Errno::AGAIN | Errno::INVAL) => Ok(()),
        Err(error) => Err(during("reading")(error)),
    }
}

fn at_a_place(hands: &mut Hands) -> Verdict {
    let node = opened(STREAM, OFlags::RDONLY)?;
    let place = hands.below(1 << 40) as u64;
    rustix::fs::seek(&node, SeekFrom::Start(place)).map_err(during("seeking"))?;
    let some = hands.some(PAGE_BYTES);
    let len = rustix::io::pread(&node, &mut *some, place).map_err(during("reading"))?;
    no_zeros(some.get(..len).unwrap_or_default())
}

fn bad_pointer(hands: &mut Hands) -> Verdict {
    let (path, _) = hands.node();
    let node = opened(path, OFlags::RDONLY)?;
    let len = 8 + hands.below(2 * PAGE_BYTES);
    match syscall::read_to_the_kernel(node.as_fd(), len) {
        Err(Errno::FAULT) => Ok(()),
        Err(error) => Err(during("reading")(error)),
        Ok(_) => Err("a read to the kernel's memory was taken".into()),
    }
}

fn half_a_bad_buffer(hands: &mut Hands) -> Verdict {
    let node = opened(STREAM, OFlags::RDONLY)?;
    match rustix::io::read(&node, &mut *hands.half) {
        Ok(len) => expect(len <= PAGE_BYTES, "more was read than there was room for"),
        Err(Errno::FAULT) => Ok(()),
        Err(error) => Err(during("reading")(error)),
    }
}

fn write(hands: &mut Hands) -> Verdict {
    let node = opened(STREAM, OFlags::WRONLY)?;
    let some = hands.some(usize::MAX);
    let len = rustix::io::write(&node, some).map_err(during("writing"))?;
    expect(len > 0, "nothing was written")
}

fn write_from_a_bad_pointer(_: &mut Hands) -> Verdict {
    let node = opened(STREAM, OFlags::WRONLY)?;
    match syscall::write_at(node.as_fd(), 0, PAGE_BYTES) {
        Err(Errno::FAULT) => Ok(()),
        Err(error) => Err(during("writing")(error)),
        Ok(_) => Err("a write from nowhere was taken".into()),
    }
}

fn polled(hands: &mut Hands) -> Verdict {
    let (path, _) = hands.node();
    let node = opened(path, OFlags::RDONLY | OFlags::NONBLOCK)?;
    let patience = Timespec { tv_sec: 0, tv_nsec: hands.below(5_000_000) as i64 };
    let mut wanted = [PollFd::new(&node, PollFlags::IN)];
    poll(&mut wanted, Some(&patience)).map(drop).map_err(during("polling"))
}

fn restart(_: &mut Hands) -> Verdict {
    let node = opened(RAW, OFlags::RDONLY)?;
    module::restart(&node).map_err(during("restarting"))
}

fn splice(hands: &mut Hands) -> Verdict {
    let node = opened(STREAM, OFlags::RDONLY)?;
    let (out, into) = &hands.pipe;
    let spliced = rustix::pipe::splice(&node, None, into, None, PAGE_BYTES, SpliceFlags::empty());
    let spliced = spliced.map_err(during("splicing"))?;
    let some = hands.buffer.get_mut(..spliced).unwrap_or_default();
    let len = read_some(out, some).map_err(during("reading the pipe"))?;
    no_zeros(some.get(..len).unwrap_or_default())
}

fn status(hands: &mut Hands) -> Verdict {
    let which = hands.below(STATUS.len());
    let file = open(STATUS.get(which).copied().unwrap_or_default()).map_err(during("opening"))?;
    let some = hands.buffer.get_mut(..PAGE_BYTES).unwrap_or_default();
    match read_some(&file, some) {
        // What /proc answers where the entry went since it was opened.
        Err(Errno::IO) if hands.module_goes => Ok(()),
        read => read.map(drop).map_err(during("reading")),
    }
}

fn hardware_generator(hands: &mut Hands) -> Verdict {
    let node = opened("/dev/hwrng", OFlags::RDONLY)?;
    let some = hands.some(64);
    read_some(&node, some).map(drop).map_err(during("reading"))
}
