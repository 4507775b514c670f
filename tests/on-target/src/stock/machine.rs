// SPDX-License-Identifier: GPL-2.0-or-later
//! What the module does with parts of a kernel that the guest's own is without: the list of hardware generators, and
//! suspend to memory, on two processors.

use anyhow::{Result, ensure};
use guest_build::stock;
use guest_build::stock::debian::{DebianKernel, Series};
use guest_run::{Machine, Monitored, Qemu};

use super::guest::{DEADLINE, guest, limits, machine};
use super::read;
use crate::Rig;
use crate::instance::{SHOW_INSTANCE, instances};
use crate::linux::{PROMPT, line_after};

const GENERATORS: &str = "/sys/class/misc/hw_random";

pub(super) fn module_is_a_hardware_generator_and_starts_over_after_a_resume(
    rig: &Rig,
) -> Result<()> {
    let context = rig.context()?;
    let debian = DebianKernel::obtain(&context, Series::V6_1)?;
    let module = stock::build(&context, &debian.headers, &rig.images()?.engine.object, None)?;
    let machine = Machine { cpus: 2, ..machine() };
    let guest = guest(rig, &debian, "resume", &read(&module)?, "")?;
    let mut monitored = Monitored::start(&Qemu::find()?, &machine, &guest, &limits(rig, "resume"))?;
    let session = &mut monitored.session;
    session.expect(PROMPT, DEADLINE)?;
    // /init asks for credit; then the module is loaded as it is by default.
    session.send(&format!(
        "echo credit-$((1 + 1)) $(cat {GENERATORS}/rng_available {GENERATORS}/rng_quality); rmmod uchaos; \
         echo without-$((1 + 1)) $(cat {GENERATORS}/rng_available).; \
         insmod /lib/modules/uchaos.ko; echo uchaos >{GENERATORS}/rng_current; \
         echo default-$((1 + 1)) $(cat {GENERATORS}/rng_available {GENERATORS}/rng_current {GENERATORS}/rng_quality); \
         echo read-$((1 + 1)) $(head -c 512 /dev/hwrng | wc -c)"
    ));
    session.expect("read-2 ", DEADLINE)?;
    session.send(&format!(
        "{SHOW_INSTANCE}; echo mem >/sys/power/state; head -c 1 /dev/uchaos >/dev/null; {SHOW_INSTANCE}; \
         echo engines-$((1 + 1)) $(grep -c '\"samples\"' /proc/uchaos.json)"
    ));
    monitored.wake_suspended()?;
    monitored.session.expect("engines-2 ", DEADLINE)?;
    monitored.session.send("exit");
    let outcome = monitored.session.finish()?;

    for (text, wanted) in [
        ("credit-2 ", "uchaos 1024"),
        ("without-2 ", "."),
        // Before Linux 6.2 a quality of 0 means that nothing is credited.
        ("default-2 ", "uchaos uchaos 0"),
        ("read-2 ", "512"),
        ("engines-2 ", "2"),
    ] {
        let found = line_after(&outcome, text)?;
        ensure!(found == wanted, "expected `{text}{wanted}`, and it is `{found}`");
    }
    line_after(&outcome, "uchaos: this machine was resumed: the engines start over")?;
    let shown = instances(&outcome);
    let [(before, "0"), (after, "1")] = shown[..] else {
        anyhow::bail!("instances and generations: {shown:?}\n{}", outcome.scene)
    };
    ensure!(before != after, "after the resume it still is instance {after}");
    Ok(())
}
