// SPDX-License-Identifier: GPL-2.0-or-later
//! A series: the same measurement after each of many real restarts of a machine.

use core::fmt;

use crate::conf::BOOTS_MAX;
use crate::name::{CaptureName, Machine, NUMBER_MAX};

/// The content of [`SERIES_PATH`](crate::SERIES_PATH) during the series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series {
    /// The number of the measurement.
    pub number: u32,
    pub machine: Machine,
    /// The planned number of boots.
    pub boots: u32,
}

impl Series {
    /// Parses the file; `None` for anything not written by [`Display`](fmt::Display).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let mut value = |key: &str| words.next()?.strip_prefix(key)?.strip_prefix('=');
        let number = value("series")?.parse().ok()?;
        let machine = Machine::from_word(value("machine")?)?;
        let boots = value("boots")?.parse().ok()?;
        let valid = (1..=NUMBER_MAX).contains(&number) && (2..=BOOTS_MAX).contains(&boots);
        (valid && words.next().is_none()).then_some(Self { number, machine, boots })
    }

    /// The first boot without a capture; `None` when the series is complete.
    pub fn next_boot(self, mut exists: impl FnMut(CaptureName) -> bool) -> Option<u32> {
        (1..=self.boots).find(|boot| !exists(self.capture(*boot)))
    }

    /// The name of the capture of one boot.
    #[must_use]
    pub const fn capture(self, boot: u32) -> CaptureName {
        CaptureName { number: self.number, machine: self.machine, boot: Some(boot) }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, machine, boots } = self;
        // One per line: GRUB reads the file as assignments, one per line.
        write!(f, "series={number}\nmachine={machine}\nboots={boots}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERIES: Series = Series { number: 7, machine: Machine::Linux, boots: 3 };

    #[test]
    fn it_reads_back_and_nothing_else_does() {
        assert_eq!(SERIES.to_string(), "series=7\nmachine=linux\nboots=3\n");
        assert_eq!(Series::parse(&SERIES.to_string()), Some(SERIES));
        for bad in [
            "",
            "\0\0\0\0",
            "series=7",
            "series=0 machine=linux boots=3",
            "series=7 machine=both boots=3",
            "series=7 machine=linux boots=1",
            "series=7 machine=linux boots=3 more",
            "machine=linux series=7 boots=3",
        ] {
            assert_eq!(Series::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_captures_are_the_count() {
        assert_eq!(SERIES.next_boot(|_| false), Some(1));
        let done = [SERIES.capture(1), SERIES.capture(3)];
        assert_eq!(SERIES.next_boot(|name| done.contains(&name)), Some(2));
        let other = Series { number: 8, ..SERIES };
        assert_eq!(other.next_boot(|name| done.contains(&name)), Some(1));
        let all = [SERIES.capture(2), SERIES.capture(1), SERIES.capture(3)];
        assert_eq!(SERIES.next_boot(|name| all.contains(&name)), None);
    }
}
