// SPDX-License-Identifier: GPL-2.0-or-later
//! The kernel's copy of jitterentropy, through a socket of its crypto interface (`AF_ALG`).

use std::fs::{self, File};
use std::io::Read as _;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use anyhow::{Context, Result};
use nix::sys::socket::{AddressFamily, AlgAddr, SockFlag, SockType, accept, bind, socket};

use crate::source::{Description, Source};

/// Maximum bytes of one read (`MAXSIZE` in `crypto/algif_rng.c`).
const READ_BYTES: usize = 128;
const NO_RAW: &str = "the kernel provides its raw noise only if built with CONFIG_CRYPTO_JITTERENTROPY_TESTINTERFACE, \
     which distributions leave out";

pub(crate) struct Kernel(File);

impl Kernel {
    /// Opens a separate generator in the kernel.
    pub(crate) fn open() -> Result<Self> {
        let socket = socket(AddressFamily::Alg, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC, None)
            .context("opening a socket of the kernel's crypto interface, which needs CONFIG_CRYPTO_USER_API")?;
        bind(socket.as_raw_fd(), &AlgAddr::new("rng", "jitterentropy_rng")).context(
            "asking the kernel for jitterentropy_rng, which needs CONFIG_CRYPTO_USER_API_RNG (module algif_rng) and \
             CONFIG_CRYPTO_JITTERENTROPY",
        )?;
        let number =
            accept(socket.as_raw_fd()).context("opening the kernel's jitterentropy_rng")?;
        // SAFETY: accept(2) has just made this descriptor, and nothing else has its number.
        #[allow(unsafe_code)]
        let generator = unsafe { OwnedFd::from_raw_fd(number) };
        Ok(Self(generator.into()))
    }
}

impl Source for Kernel {
    fn description(&mut self) -> Result<Description> {
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        Ok(Description {
            version: release.trim().to_owned(),
            claim: "1/osr bit per sample; osr is CONFIG_CRYPTO_JITTERENTROPY_OSR, 1 to 15"
                .to_owned(),
            claim_bits_per_sample: None,
            no_raw: Some(NO_RAW.to_owned()),
        })
    }

    fn output(&mut self, bytes: &mut [u8]) -> Result<()> {
        for piece in bytes.chunks_mut(READ_BYTES) {
            self.0.read_exact(piece).context("reading the kernel's jitterentropy_rng")?;
        }
        Ok(())
    }
}
