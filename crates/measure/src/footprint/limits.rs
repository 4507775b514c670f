// SPDX-License-Identifier: GPL-2.0-or-later
//! Limits for the Linux guest by kernel series. `size` shows these limits, and the on-target checks enforce them.

use anyhow::{Context, Result};
use guest_run::LinuxImage;
use serde::Serialize;

/// The limits of a guest. KB are 1,000 bytes, kB the kernel's 1,024.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// The first kernel series that they apply to, up to the next one in the table.
    pub since: &'static str,
    /// Kernel and initramfs together, as they ship.
    pub image_bytes_at_most: u64,
    /// `MemAvailable` in the shell of a guest with 32 MB.
    pub available_kb_at_least: u64,
    /// The memory with which the shell must start.
    pub memory_mib_at_most: u32,
    /// From reset to the first instruction of /init, firmware included.
    pub instructions_at_most: u64,
    /// The reason for these limits.
    pub reason: &'static str,
}

/// One series: without a network, and with one.
struct Row {
    since: (u32, u32),
    plain: Limits,
    network: Limits,
}

const fn limits(
    since: &'static str,
    image_bytes_at_most: u64,
    available_kb_at_least: u64,
    memory_mib_at_most: u32,
    instructions_at_most: u64,
    reason: &'static str,
) -> Limits {
    Limits {
        since,
        image_bytes_at_most,
        available_kb_at_least,
        memory_mib_at_most,
        instructions_at_most,
        reason,
    }
}

/// Oldest first.
const TABLE: [Row; 4] = [
    Row {
        since: (5, 15),
        plain: limits("5.15", 1_150_000, 21_500, 14, 50_000_000, SMALLEST),
        network: limits("5.15", 1_500_000, 21_500, 14, 54_000_000, SMALLEST_NETWORK),
    },
    Row {
        since: (6, 1),
        plain: limits("6.1", 1_150_000, 21_500, 14, 50_000_000, GROWN),
        network: limits("6.1", 1_600_000, 20_000, 14, 54_000_000, GROWN_NETWORK),
    },
    Row {
        since: (6, 12),
        plain: limits("6.12", 1_175_000, 21_500, 14, 52_000_000, LARGER),
        network: limits("6.12", 1_600_000, 20_000, 14, 56_000_000, LARGER_NETWORK),
    },
    Row {
        since: (6, 18),
        plain: limits("6.18", 1_150_000, 21_500, 11, 50_000_000, CUT),
        network: limits("6.18", 1_600_000, 20_000, 11, 50_000_000, CUT),
    },
];
const SMALLEST: &str = "well below the 1,808 KB that uChaoSys publishes for this series, and above its 18,856 kB of memory left";
const SMALLEST_NETWORK: &str = "as without a network, with 350 KB for its code; starting it takes 3 M of the 52.5 M instructions";
const GROWN: &str = "as for 5.15";
const GROWN_NETWORK: &str =
    "as for 5.15; its network code is 50 KB larger, and takes its tables from memory";
const LARGER: &str = "as for 6.1, with 2 % more code from the same options and 1.3 M instructions more than its limits";
const LARGER_NETWORK: &str =
    "as for 6.1, with 2 % more code from the same options and 1.7 M instructions more, 54.5 M";
const CUT: &str = "as for 6.1: only what the module uses is exported, its pages are ordinary ones, and the code for specific processor vendors is left out";

/// The limits of an image, by its kernel and by whether it has a network.
pub fn of(image: &LinuxImage) -> Result<Limits> {
    of_release(&image.release, image.network)
}

fn of_release(release: &str, network: bool) -> Result<Limits> {
    let mut numbers = release.split(['.', '-']).map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        anyhow::bail!("'{release}' is not a kernel's release such as 6.1.192-uchaos");
    };
    let row = TABLE.iter().rev().find(|row| row.since <= (major, minor));
    let Row { plain, network: with_network, .. } =
        row.with_context(|| format!("there are no limits for Linux {release}"))?;
    Ok(if network { with_network } else { plain }.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_the_limits_of_its_series() {
        let since = |release| of_release(release, false).map(|limits| limits.since);
        for (release, expected) in [
            ("5.15.200-uchaos", "5.15"),
            ("6.1.192-uchaos", "6.1"),
            ("6.6.1", "6.1"),
            ("6.12.117-uchaos", "6.12"),
            ("6.18.9-uchaos", "6.18"),
        ] {
            assert_eq!(since(release).unwrap(), expected, "{release}");
        }
        assert!(since("5.14.3").is_err() && since("next").is_err());
        assert!(TABLE.is_sorted_by_key(|row| row.since));
        let row = |network| of_release("5.15.200", network).unwrap().image_bytes_at_most;
        assert!(row(false) < row(true));
    }
}
