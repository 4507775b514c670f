// SPDX-License-Identifier: GPL-2.0-or-later
//! `--smp`: the Linux guest on two processors. Its kernel is a separate build, so what boots it is long.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use guest_build::linux_image::{self, LinuxOptions};
use guest_run::LinuxImage;

use super::Rig;
use super::command::{ended, xtask};
use super::linux::{Setting, line_after, shell_output};

checks! {
    several_processors_are_refused_where_one_is_used;
    long:
    eight_readers_use_the_engines_of_both_processors
}

const READERS: usize = 8;
/// What one reader takes alone, and eight take together.
const TOGETHER_BYTES: usize = 8_000_000;
/// A word of the stream has 8 bytes and takes a sample at least.
const SAMPLES: u64 = TOGETHER_BYTES as u64 / 8;
/// How often both are timed, alternating; the fastest of each are compared.
const ROUNDS: usize = 3;

fn several_processors_are_refused_where_one_is_used(rig: &Rig) -> Result<()> {
    for arguments in [
        &["run-bare", "--smp", "2"][..],
        &["watch", "--smp", "2"],
        &["clone", "--target", "bare", "--smp", "2"],
    ] {
        ended(&mut xtask(rig, arguments)?)?.expect(2, &["--smp", "runs on one processor"])?;
    }
    let isolated = ["run-linux", "--isolated", "--smp", "2"];
    ended(&mut xtask(rig, &isolated)?)?.expect(2, &["an isolated machine has one processor"])?;
    Ok(())
}

fn eight_readers_use_the_engines_of_both_processors(rig: &Rig) -> Result<()> {
    let image = build(rig)?;
    let two = Setting {
        memory_mib: 128,
        cpus: 2,
        kernel: Some(image.kernel()),
        initramfs: Some(&image.initramfs),
        command_line: Some(&image.command_line),
        ..Setting::default()
    };
    let each = TOGETHER_BYTES / READERS;
    let numbers = "1 2 3 4 5 6 7 8";
    let rounds = (1..=ROUNDS).map(|round| round.to_string()).collect::<Vec<_>>().join(" ");
    let line = format!(
        "echo processors-$((1 + 1)) $(grep -c ^processor /proc/cpuinfo); now() {{ read -r up _ </proc/uptime; echo $up; }}; \
         for i in {numbers}; do head -c 4096 /dev/uchaos >/r$i & done; wait; sha256sum /r?; \
         for round in {rounds}; do a=$(now); head -c {TOGETHER_BYTES} /dev/uchaos >/dev/null; b=$(now); \
         for i in {numbers}; do head -c {each} /dev/uchaos >/dev/null & done; wait; echo times-$((1 + 1)) $a $b $(now); done; \
         grep -o '\"samples\": [0-9]*' /proc/uchaos.json"
    );
    let outcome = shell_output(rig, "smp", &two, &line)?;
    let processors = line_after(&outcome, "processors-2 ")?;
    ensure!(processors == "2", "the guest has {processors} processors\n{}", outcome.scene);

    let sums: BTreeSet<&str> = outcome
        .lines
        .iter()
        .filter(|line| line.text.contains("  /r"))
        .filter_map(|line| line.text.split(' ').next())
        .collect();
    ensure!(sums.len() == READERS, "{} of {READERS} readers differ: {sums:?}", sums.len());

    let times = outcome.lines.iter().filter_map(|line| line.text.strip_prefix("times-2 "));
    let times = times.map(alone_and_together_s).collect::<Result<Vec<_>>>()?;
    ensure!(times.len() == ROUNDS, "{} of {ROUNDS} rounds\n{}", times.len(), outcome.scene);
    let fastest = |which: fn(&(f64, f64)) -> f64| times.iter().map(which).fold(f64::MAX, f64::min);
    let faster = fastest(|times| times.0) / fastest(|times| times.1);
    // A busy host decides how much; that both engines work is certain.
    eprintln!("{READERS} readers take {faster:.2} times what one takes: {times:.2?} s");

    let samples: Vec<u64> = outcome
        .lines
        .iter()
        .filter_map(|line| line.text.strip_prefix("\"samples\": ")?.parse().ok())
        .collect();
    let [first, second] = samples[..] else { bail!("samples of two engines: {samples:?}") };
    // The engine of the processor that the shell runs on has what is read alone as well.
    let least = SAMPLES * ROUNDS as u64 / 4;
    ensure!(first > least && second > least, "one engine did the work of both: {samples:?}");
    Ok(())
}

/// The times of a round, from three readings of the guest's clock.
fn alone_and_together_s(text: &str) -> Result<(f64, f64)> {
    let times: Vec<f64> = text.split(' ').filter_map(|time| time.parse().ok()).collect();
    let [begun, between, ended] = times[..] else { bail!("'{text}' is not three times") };
    Ok((between - begun, ended - between))
}

fn build(rig: &Rig) -> Result<LinuxImage> {
    let options = LinuxOptions { smp: true, ..rig.linux_options().clone() };
    linux_image::build(&rig.context()?, &options, &rig.images()?.engine.object)
}
