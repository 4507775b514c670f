// SPDX-License-Identifier: GPL-2.0-or-later
//! Profiles other than the one under test. They share a kernel of their own, so these checks are long.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::linux::{DEADLINE, PROMPT, Setting, interactive};
use super::{Bench, Check};
use guest_build::linux_image::{self, LinuxOptions};
use guest_run::{CommandContext, LinuxImage, Network};

/// Kernel and initramfs of a guest with a network, as they ship: of Linux 5.15, and of later ones.
const IMAGE_BYTES_AT_MOST: (u64, u64) = (1_500_000, 1_600_000);

/// The checks of this area.
pub(crate) const CHECKS: &[Check] = &[
    Check {
        name: "osso is ONLINE by its network card, and OFFLINE with a silent one and without",
        long: true,
        run: osso,
    },
    Check { name: "lab has a network, the module and more tools", long: true, run: lab },
];

fn osso(bench: &Bench) -> Result<()> {
    let image = build(bench, "osso")?;
    let together = fs::metadata(&image.bzimage).context("looking at bzImage")?.len()
        + fs::metadata(&image.initramfs).context("looking at the initramfs")?.len();
    for (network, said) in [
        (Some(Network::User), "ONLINE: 10.0.2.15/24 by way of 10.0.2.2"),
        (Some(Network::Silent), "OFFLINE: the gateway 10.0.2.2 does not answer"),
        (None, "OFFLINE: there is no network card"),
    ] {
        let mut session = interactive(bench, "osso", &setting(&image, network))?;
        session.expect(said, DEADLINE)?;
        session.expect(PROMPT, DEADLINE)?;
        session.send("exit");
        let outcome = session.finish()?;
        let old = outcome.lines.iter().any(|line| line.text.contains("Linux version 5.15."));
        let at_most = if old { IMAGE_BYTES_AT_MOST.0 } else { IMAGE_BYTES_AT_MOST.1 };
        ensure!(together <= at_most, "osso has {together} bytes, and {at_most} are allowed");
    }
    Ok(())
}

fn lab(bench: &Bench) -> Result<()> {
    let image = build(bench, "lab")?;
    let mut session = interactive(bench, "lab", &setting(&image, Some(Network::User)))?;
    session.expect("ONLINE", DEADLINE)?;
    session.expect(PROMPT, DEADLINE)?;
    session.send("ping -c 1 10.0.2.2 | awk '/transmitted/ { print \"got-\" $4 }'");
    session.expect("got-1", DEADLINE)?;
    session.send("uchaosbox health && echo healthy-$((6 * 7))");
    session.expect("healthy-42", DEADLINE)?;
    session.send("exit");
    session.finish()?;
    Ok(())
}

fn build(bench: &Bench, profile: &str) -> Result<LinuxImage> {
    let context = CommandContext::open(false, false, false)?;
    let options = LinuxOptions { profile: profile.to_owned(), ..bench.linux_options.clone() };
    linux_image::build(&context, &options, &bench.images.engine.object)
}

fn setting(image: &LinuxImage, network: Option<Network>) -> Setting<'_> {
    Setting {
        network,
        kernel: Some(image.kernel()),
        initramfs: Some(&image.initramfs),
        ..Setting::default()
    }
}
