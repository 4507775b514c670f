// SPDX-License-Identifier: GPL-2.0-or-later
//! `seed --credit`: gives seed material to the kernel's own generator and has it credited in full.

use core::fmt::Write as _;

use chaos_wire::{GuestStatus, Request, Sampler as _};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::ioctl;
use uchaosbox::Applet;

use crate::applets::show::{failed, open, wanted};
use crate::applets::{Stop, system};
use crate::run::output::Stdout;

/// Bytes that go with one call.
const PIECE_BYTES: usize = 32;

/// `struct rand_pool_info` of linux/random.h with room for one piece.
#[repr(C)]
struct PoolInfo {
    entropy_count_bits: i32,
    buf_size_bytes: i32,
    buf: [u8; PIECE_BYTES],
}

/// `RNDADDENTROPY`: `_IOW('R', 0x03, int[2])`.
const ADD_ENTROPY: ioctl::Opcode = ioctl::opcode::write::<[i32; 2]>(b'R', 3);

pub(crate) fn credit(request: &Request, operand: Option<&str>) -> Result<(), Stop> {
    let len_bytes = wanted(Applet::Seed, operand)?.len_bytes();
    let mut machine = open(request)?;
    let random = rustix::fs::open("/dev/random", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
        .map_err(system("opening /dev/random"))?;
    for _ in 0..len_bytes.div_ceil(PIECE_BYTES as u64) {
        let mut pool = PoolInfo {
            entropy_count_bits: PIECE_BYTES as i32 * 8,
            buf_size_bytes: PIECE_BYTES as i32,
            buf: [0; PIECE_BYTES],
        };
        machine.seed(&mut pool.buf).map_err(failed)?;
        // SAFETY: the call reads a `struct rand_pool_info` of which `buf_size_bytes` says how long it is.
        unsafe { ioctl::ioctl(&random, ioctl::Setter::<ADD_ENTROPY, PoolInfo>::new(pool)) }
            .map_err(|error| {
                let why = if error == Errno::PERM { ": only root may credit entropy" } else { "" };
                Stop::new(
                    GuestStatus::JobFailed,
                    format_args!("crediting a seed to the kernel: {error}{why}"),
                )
            })?;
    }
    // The seed is credited whether or not this line can be written.
    let _ = writeln!(
        Stdout,
        "credited {} bits to the kernel's generator",
        len_bytes.div_ceil(32) * 256
    );
    Ok(())
}
