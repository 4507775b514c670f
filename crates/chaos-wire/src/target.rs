// SPDX-License-Identifier: GPL-2.0-or-later
//! What is measured: the names and numbers of the targets.

use core::fmt;

use crate::job::{Job, JobKind};
use crate::problem::{Place, Problem};
use crate::text::Excerpt;

pub(crate) const TARGET_KEY: &str = "uchaos.target";

chaos_vocab::words! {
    /// One noise source in one environment.
    Target {
        /// Frames that belong to the capture as a whole, such as `done`.
        None = 0 "none",
        /// The engine in the microkernel.
        BareMetal = 1 "baremetal",
        /// The engine in the kernel module, read through /dev/uchaos.
        LinuxModule = 2 "linux-module",
        /// The engine in a userland tool of the Linux guest.
        LinuxUser = 3 "linux-user",
        /// The Linux guest's own /dev/urandom, as the reference.
        LinuxCrng = 4 "linux-crng",
        /// The userland tool on the host itself.
        HostUser = 5 "host-user",
        /// The host's generator, which QEMU hands to the Linux guest by virtio-rng, as the reference.
        LinuxHwrng = 6 "linux-hwrng",
    }
}

impl Target {
    /// Whether the target can do a job: the generators of the Linux kernel and of the host have an output stream and no
    /// more.
    #[must_use]
    pub const fn can(self, job: Job) -> bool {
        !matches!(
            (self, job.kind()),
            (
                Self::LinuxCrng | Self::LinuxHwrng,
                JobKind::Raw | JobKind::Restart | JobKind::Seed | JobKind::SelfTest
            )
        )
    }
}

/// A set of targets, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Targets {
    bits: u8,
}

impl Targets {
    /// No target: the guest's own default holds.
    pub const EMPTY: Self = Self { bits: 0 };

    /// Parses names joined with `+`.
    ///
    /// # Errors
    /// Returns an error for an unknown target and one that is given twice.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let mut targets = Self::EMPTY;
        for word in text.split('+') {
            let target = Target::from_word(word).filter(|target| *target != Target::None).ok_or(
                Problem::Unknown {
                    place: Place::Value(TARGET_KEY),
                    given: Excerpt::new(word),
                    known: Target::WORDS.get(1..).unwrap_or_default(),
                },
            )?;
            if targets.contains(target) {
                return Err(Problem::Twice { what: Excerpt::new(word) });
            }
            targets = targets.with(target);
        }
        Ok(targets)
    }

    /// The set with `target` in it; [`Target::None`] is not a target to run and changes nothing.
    #[must_use]
    pub const fn with(self, target: Target) -> Self {
        Self { bits: (self.bits | 1 << target as u8) & !1 }
    }

    #[must_use]
    pub const fn contains(self, target: Target) -> bool {
        self.bits & (1 << target as u8) != 0
    }

    /// The targets that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self { bits: self.bits & other.bits }
    }

    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// How many targets are in the set.
    #[must_use]
    pub const fn len(self) -> usize {
        self.bits.count_ones() as usize
    }

    /// The targets of the set, or `default` alone where the set is empty.
    pub fn or(self, default: Target) -> impl Iterator<Item = Target> {
        let set = if self.is_empty() { Self::EMPTY.with(default) } else { self };
        set.iter()
    }

    pub fn iter(self) -> impl Iterator<Item = Target> {
        Target::ALL.iter().copied().filter(move |target| self.contains(*target))
    }
}

/// As in the grammar: joined with `+`.
impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, target) in self.iter().enumerate() {
            if index > 0 {
                f.write_str("+")?;
            }
            f.write_str(target.word())?;
        }
        Ok(())
    }
}
