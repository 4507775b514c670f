// SPDX-License-Identifier: GPL-2.0-or-later
//! Every sample is timed over the same work, whatever its position in a block, a window or a chunk: in all forms of the
//! guests, for every workload. The rule is that of `sp800_90b::homogeneity::marks`: a position that deviates in one boot and
//! again in a fresh one. What another program on the host does to a boot meets other positions in the next.

use anyhow::{Context, Result, ensure};
use chaos_wire::{Target, Workload};
use guest_run::{Machine, Model};
use sp800_90b::homogeneity::{Deviation, Homogeneity, SAMPLES_PER_POSITION, marks};

use super::Rig;
use super::baremetal::capture;
use super::module::good;

checks! {
    no_position_stands_out_on_bare_metal,
    no_position_stands_out_in_the_module,
    no_position_stands_out_in_user_space,
    samples_of_a_guest_with_a_mark_fail
}

const SAMPLES: usize = 1_000_000;
/// The engine's block, which is the health tests' window and what the module takes at once; half of it, and twice that, as in
/// the startup test; a round of hashing; what the lag predictor looks back.
const LENGTHS: [usize; 5] = [512, 256, 1024, 128, 32];
/// The longest period of the sweep: 8 windows of the health tests.
const LONGEST_PERIOD: usize = 4096;

fn no_position_stands_out_on_bare_metal(rig: &Rig) -> Result<()> {
    each_workload(|workload| on_bare_metal(rig, workload))
}

fn no_position_stands_out_in_the_module(rig: &Rig) -> Result<()> {
    each_workload(|workload| in_linux(rig, Target::LinuxModule, workload))
}

fn no_position_stands_out_in_user_space(rig: &Rig) -> Result<()> {
    each_workload(|workload| in_linux(rig, Target::LinuxUser, workload))
}

/// The check itself must be able to fail: with what the module had when its lead-in ran in another loop.
fn samples_of_a_guest_with_a_mark_fail(rig: &Rig) -> Result<()> {
    let record = || {
        let mut samples = on_bare_metal(rig, "dram")?;
        let median = median(&samples);
        // 14 of 100 samples at position 1 of each block of 256 take one value more than they did.
        let marked = samples.iter_mut().skip(1).step_by(256).zip(0..);
        marked.filter(|(_, block)| block % 7 == 0).for_each(|(sample, _)| *sample = 2 * median);
        Ok(samples)
    };
    let found = look(record)?;
    let seen = found.deviations.iter().any(|it| (it.period, it.position) == (256, 1));
    ensure!(seen, "a mark of 14 points at position 1 of 256 was not seen: {}", text(&found));
    Ok(())
}

fn median(samples: &[u64]) -> u64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable();
    sorted[sorted.len() / 2]
}

fn each_workload(mut record: impl FnMut(&str) -> Result<Vec<u64>>) -> Result<()> {
    for workload in Workload::everywhere().map(Workload::word) {
        let mut found =
            look(|| record(workload)).with_context(|| format!("workload {workload}"))?;
        if !found.holds() {
            // `pause` under the emulator is a beat of a few samples, which once in some ten looks falls on the same phase in two
            // boots. What the engine does to a position, it does in every boot.
            let again =
                look(|| record(workload)).with_context(|| format!("workload {workload}"))?;
            let place = |it: &Deviation| (it.period, it.position, it.run);
            found
                .deviations
                .retain(|one| again.deviations.iter().any(|two| place(two) == place(one)));
        }
        ensure!(found.holds(), "workload {workload}, in two looks: {}", text(&found));
    }
    Ok(())
}

/// Looks at the lengths in the code, and, on fewer samples, at every period. A second boot is recorded only where something
/// deviates in the first, and both looks share it.
fn look(mut record: impl FnMut() -> Result<Vec<u64>>) -> Result<Homogeneity> {
    let mut boots: Vec<Vec<u64>> = Vec::new();
    let mut boot = |number: usize, samples: usize| {
        if boots.len() <= number {
            boots.push(record()?);
        }
        let recorded = &boots[number];
        ensure!(recorded.len() == SAMPLES, "{} samples were recorded", recorded.len());
        Ok(recorded[..samples].to_vec())
    };
    let sweep = LONGEST_PERIOD * SAMPLES_PER_POSITION;
    let mut found = marks(numbered(|number| boot(number, SAMPLES)), LENGTHS)?;
    let swept = marks(numbered(|number| boot(number, sweep)), 2..=LONGEST_PERIOD)?;
    found.positions_tested += swept.positions_tested;
    found.periods_untested.extend(swept.periods_untested);
    found.deviations.extend(swept.deviations);
    Ok(found)
}

/// Calls with 0, 1, 2 ...
fn numbered<T>(mut call: impl FnMut(usize) -> T) -> impl FnMut() -> T {
    let mut number = 0;
    move || {
        number += 1;
        call(number - 1)
    }
}

fn text(found: &Homogeneity) -> String {
    let worst = found.deviations.iter().take(5).map(|it| format!("\n{it:?}")).collect::<String>();
    format!("{} positions deviate in two boots:{worst}", found.deviations.len())
}

fn job(workload: &str) -> String {
    format!("uchaos.job=raw:{SAMPLES} uchaos.health=observe uchaos.workload={workload}")
}

fn on_bare_metal(rig: &Rig, workload: &str) -> Result<Vec<u64>> {
    let capture = capture(rig, &Machine::tcg(Model::Microvm, 64), &job(workload))?;
    Ok(capture.target(Target::BareMetal).context("nothing of bare metal")?.raw.clone())
}

fn in_linux(rig: &Rig, target: Target, workload: &str) -> Result<Vec<u64>> {
    let arguments = format!("{} uchaos.target={target}", job(workload));
    let (_, capture) = good(rig, &format!("positions-{workload}"), &arguments)?;
    Ok(capture.target(target).with_context(|| format!("nothing of {target}"))?.raw.clone())
}
