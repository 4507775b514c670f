// SPDX-License-Identifier: GPL-2.0-or-later
//! Profiles other than the one under test. They share a kernel of their own, so these checks are long.

use std::fs;

use anyhow::{Context, Result, ensure};

use super::Rig;
use super::linux::{DEADLINE, PROMPT, Setting, interactive};
use guest_build::linux_image::{self, LinuxOptions};
use guest_run::{LinuxImage, Network};

/// Kernel and initramfs of a guest with a network, as they ship: of Linux 5.15, and of later ones.
const IMAGE_BYTES_AT_MOST: (u64, u64) = (1_500_000, 1_600_000);

checks! {
    long:
    osso_is_online_and_offline,
    lab_has_network_module_and_tools
}

fn osso_is_online_and_offline(rig: &Rig) -> Result<()> {
    let image = build(rig, "osso")?;
    let together = fs::metadata(&image.bzimage).context("looking at bzImage")?.len()
        + fs::metadata(&image.initramfs).context("looking at the initramfs")?.len();
    for (network, said) in [
        (Some(Network::User), "ONLINE: 10.0.2.15/24 by way of 10.0.2.2"),
        (Some(Network::Silent), "OFFLINE: the gateway 10.0.2.2 does not answer"),
        (None, "OFFLINE: there is no network card"),
    ] {
        let mut session = interactive(rig, "osso", &setting(&image, network))?;
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

fn lab_has_network_module_and_tools(rig: &Rig) -> Result<()> {
    let image = build(rig, "lab")?;
    let mut session = interactive(rig, "lab", &setting(&image, Some(Network::User)))?;
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

fn build(rig: &Rig, profile: &str) -> Result<LinuxImage> {
    let context = rig.context()?;
    let options = LinuxOptions { profile: profile.to_owned(), ..rig.linux_options().clone() };
    linux_image::build(&context, &options, &rig.images()?.engine.object)
}

fn setting(image: &LinuxImage, network: Option<Network>) -> Setting<'_> {
    Setting {
        network,
        kernel: Some(image.kernel()),
        initramfs: Some(&image.initramfs),
        ..Setting::default()
    }
}
