// SPDX-License-Identifier: GPL-2.0-or-later
//! The host's generator as /dev/hwrng. The module is a hardware generator as well, and the kernel prefers it: so
//! virtio-rng is chosen by its name.

use chaos_ffi::EngineError;
use rustix::fd::OwnedFd;

use super::system;
use crate::run::file::{self, read_text, write_all};

pub(super) const PATH: &str = "/dev/hwrng";
/// Names of all hardware generators, on one line.
const AVAILABLE: &str = "/sys/class/misc/hw_random/rng_available";
/// The one that is read.
const CURRENT: &str = "/sys/class/misc/hw_random/rng_current";
/// As the driver names its devices: `virtio_rng.0`.
const VIRTIO: &str = "virtio_rng";

/// Opens it after virtio-rng was chosen.
///
/// # Errors
/// Returns an error if there is no virtio-rng, or it cannot be chosen.
pub(super) fn open() -> Result<OwnedFd, EngineError> {
    let mut place = [0; 256];
    let available = read_text(AVAILABLE, &mut place).map_err(system("listing generators"))?;
    let name = available.split_whitespace().find(|name| name.starts_with(VIRTIO));
    let name = name.ok_or(EngineError::new("this machine has no virtio-rng"))?;
    file::open_device(CURRENT)
        .and_then(|current| write_all(current, name.as_bytes()))
        .map_err(system("choosing virtio-rng"))?;
    file::open(PATH).map_err(system("opening /dev/hwrng"))
}
