// SPDX-License-Identifier: GPL-2.0-or-later
//! Names of captures: `0007-bare.cap`, and `0007-bare-r0017.cap` for the 17th boot of a series.

use core::fmt;

use chaos_wire::{Target, Targets};

/// The highest number of a measurement.
pub const NUMBER_MAX: u32 = 9_999;

chaos_vocab::words! {
    /// The machine that wrote a capture.
    Machine {
        /// the microkernel, started by firmware
        Bare = 0 "bare",
        /// the Linux guest, started by firmware
        Linux = 1 "linux",
    }
}

impl Machine {
    /// The targets that this machine has.
    #[must_use]
    pub const fn targets(self) -> Targets {
        let none = Targets::EMPTY;
        match self {
            Self::Bare => none.with(Target::BareMetal),
            Self::Linux => {
                none.with(Target::LinuxModule).with(Target::LinuxUser).with(Target::LinuxCrng)
            }
        }
    }
}

/// The name of a capture file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CaptureName {
    /// The measurement's number on this stick, from 1 to [`NUMBER_MAX`].
    pub number: u32,
    pub machine: Machine,
    /// The boot of a series, from 1.
    pub boot: Option<u32>,
}

impl PartialOrd for Machine {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Machine {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.number().cmp(&other.number())
    }
}

impl CaptureName {
    /// Parses a name. FAT does not preserve case, so capital letters are accepted.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (stem, extension) = name.split_at_checked(name.len().checked_sub(4)?)?;
        if !extension.eq_ignore_ascii_case(".cap") {
            return None;
        }
        let mut parts = stem.split('-');
        let number = digits(parts.next()?, 4..=4)?;
        let word = parts.next()?;
        let machine =
            *Machine::ALL.iter().find(|machine| machine.word().eq_ignore_ascii_case(word))?;
        let boot = match parts.next() {
            None => None,
            Some(part) => Some(digits(part.strip_prefix(['r', 'R'])?, 4..=5)?),
        };
        if parts.next().is_some() {
            return None;
        }
        Some(Self { number, machine, boot })
    }

    /// The temporary name under which the file is written until it is complete.
    #[must_use]
    pub fn temporary(self) -> impl fmt::Display {
        struct Temporary(CaptureName);
        impl fmt::Display for Temporary {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.write_stem(f)?;
                f.write_str(".tmp")
            }
        }
        Temporary(self)
    }

    fn write_stem(self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{}", self.number, self.machine)?;
        self.boot.map_or(Ok(()), |boot| write!(f, "-r{boot:04}"))
    }
}

impl fmt::Display for CaptureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_stem(f)?;
        f.write_str(".cap")
    }
}

/// The number of the next measurement on a stick with these captures; `None` when all are used.
pub fn next_number(names: impl IntoIterator<Item = CaptureName>) -> Option<u32> {
    let last = names.into_iter().map(|name| name.number).max().unwrap_or(0);
    (last < NUMBER_MAX).then_some(last + 1)
}

fn digits(text: &str, length: core::ops::RangeInclusive<usize>) -> Option<u32> {
    let plain = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| plain && *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_in_either_case() {
        let series = CaptureName { number: 7, machine: Machine::Bare, boot: Some(17) };
        assert_eq!(series.to_string(), "0007-bare-r0017.cap");
        assert_eq!(series.temporary().to_string(), "0007-bare-r0017.tmp");
        assert_eq!(CaptureName::parse("0007-BARE-R0017.CAP"), Some(series));
        let single = CaptureName { number: 12, machine: Machine::Linux, boot: None };
        assert_eq!(CaptureName::parse("0012-linux.cap"), Some(single));
    }

    #[test]
    fn other_files_are_not_captures() {
        for other in [
            "",
            ".cap",
            "é.cap",
            "0007-bare.tmp",
            "7-bare.cap",
            "0000-bare.cap",
            "00007-bare.cap",
            "0007-both.cap",
            "0007-bare-17.cap",
            "0007-bare-r0000.cap",
            "0007-bare-r0001-x.cap",
            "+007-bare.cap",
            "._0007-bare.cap",
        ] {
            assert_eq!(CaptureName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_number_is_one_more_than_the_highest() {
        let name = |number| CaptureName { number, machine: Machine::Bare, boot: None };
        assert_eq!(next_number([]), Some(1));
        assert_eq!(next_number([name(3), name(41), name(7)]), Some(42));
        assert_eq!(next_number([name(NUMBER_MAX)]), None);
    }

    proptest! {
        #[test]
        fn a_name_reads_back(number in 1..=NUMBER_MAX, boot in proptest::option::of(1..=99_999u32), bare: bool) {
            let machine = if bare { Machine::Bare } else { Machine::Linux };
            let name = CaptureName { number, machine, boot };
            prop_assert_eq!(CaptureName::parse(&name.to_string()), Some(name));
        }

        #[test]
        fn no_name_makes_it_panic(name: String) {
            let _ = CaptureName::parse(&name);
        }
    }
}
