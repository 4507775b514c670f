// SPDX-License-Identifier: GPL-2.0-or-later
//! `clone`: one saved machine, restored twice.

use std::fs;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::Rig;
use super::command::{Running, ended, is_gone, xtask};

checks! {
    clones_of_the_microkernel_repeat_in_isolation_only,
    a_machine_that_cannot_have_the_device_is_refused_or_reported,
    ctrl_c_ends_the_clone_and_leaves_nothing;
    long:
    clones_of_linux_repeat_in_isolation_and_noise_differs_otherwise
}

/// The pairs of `clone` with these arguments.
fn pairs(rig: &Rig, arguments: &[&str]) -> Result<Vec<Value>> {
    let arguments = [&["clone", "--accel", "tcg", "--json"], arguments].concat();
    let cloned = ended(&mut xtask(rig, &arguments)?)?;
    cloned.expect(0, &[])?;
    let record: Value = serde_json::from_str(&cloned.stdout).context("the JSON of clone")?;
    let run = record["provenance"]["run"].as_str().context("the run's name")?;
    let kept = fs::read_to_string(rig.runs().join(run).join("clones.json"))?;
    ensure!(kept.trim() == cloned.stdout.trim(), "clones.json is not what was printed");
    let left_out = &record["clones"]["not_measured"][0];
    ensure!(left_out["what"] == "clones under KVM", "{left_out}");
    record["clones"]["pairs"].as_array().cloned().context("no pairs")
}

/// Each output of a pair with what it came to.
fn outputs(pair: &Value) -> Vec<(&str, bool, u64)> {
    let outputs = pair["outputs"].as_array().into_iter().flatten();
    outputs
        .map(|output| {
            let name = output["name"].as_str().unwrap_or_default();
            let given = output["given_bytes"][0].as_u64().unwrap_or_default();
            (name, output["identical"] == true, given)
        })
        .collect()
}

fn clones_of_the_microkernel_repeat_in_isolation_only(rig: &Rig) -> Result<()> {
    let pairs = pairs(rig, &["--target", "bare", "--turns", "2"])?;
    ensure!(pairs.len() == 4, "{} pairs", pairs.len());
    for pair in &pairs {
        ensure!(pair["saved_bytes"].as_u64() > Some(100_000), "{pair}");
        let restored = pair["commands"][1].as_str().context("a command")?;
        ensure!(restored.contains("uchaos.turns=2"), "{restored}");
        let device = restored.contains("vmgenid");
        ensure!(pair["generation_id"] == device, "{restored}");
        let isolated = pair["isolated"] == true;
        // A source that fails its health tests, as an isolated one does, gives no seed.
        let seed = if isolated { ("seed", false, 0) } else { ("seed", false, 32) };
        let expected = [("stream", isolated, 1024), seed, ("raw noise", isolated, 4096)];
        ensure!(outputs(pair) == expected, "{:?}", outputs(pair));
        let refusal = pair["outputs"][1]["refusal"].as_str().unwrap_or_default();
        ensure!(isolated == refusal.contains("test failed"), "{refusal}");
    }
    Ok(())
}

fn a_machine_that_cannot_have_the_device_is_refused_or_reported(rig: &Rig) -> Result<()> {
    let arguments = ["clone", "--target", "bare", "--machine", "microvm", "--accel", "tcg"];
    let with = [&arguments[..], &["--vmgenid", "with"]].concat();
    ended(&mut xtask(rig, &with)?)?.expect(2, &["a microvm has no ACPI"])?;
    let both = ended(&mut xtask(rig, &arguments)?)?;
    both.expect(0, &[])?;
    ensure!(both.stdout.contains("Not measured: clones with a vmgenid device"), "{}", both.stdout);
    let shown = [&arguments[..], &["--dry-run"]].concat();
    let shown = ended(&mut xtask(rig, &shown)?)?;
    shown.expect(0, &[])?;
    ensure!(shown.stdout.matches("qemu-system").count() == 2, "{}", shown.stdout);
    Ok(())
}

fn ctrl_c_ends_the_clone_and_leaves_nothing(rig: &Rig) -> Result<()> {
    // The images are built by now, so that the first step is a pair of clones.
    rig.images()?;
    let temporary = rig.scratch().join("tmp");
    fs::create_dir(&temporary).context("creating a folder for temporary files")?;
    let mut command = xtask(rig, &["clone", "--target", "bare", "--accel", "tcg"])?;
    let mut running = Running::start(command.env("TMPDIR", &temporary))?;
    running.wait_for("clones …")?;
    let qemu = loop {
        // It is started right after the line.
        if let Ok(qemu) = running.qemu() {
            break qemu;
        }
    };
    running.signal(Signal::SIGINT)?;
    running.finish()?.expect(130, &[])?;
    ensure!(is_gone(qemu), "QEMU ({qemu}) outlived the interrupted command");
    let left: Vec<_> = fs::read_dir(&temporary)?.flatten().map(|entry| entry.path()).collect();
    ensure!(left.is_empty(), "it left {left:?}");
    let runs: Vec<_> = fs::read_dir(rig.runs())?.flatten().map(|entry| entry.path()).collect();
    let finished = |path: &std::path::PathBuf| path.join("clones.json").exists();
    ensure!(!runs.iter().any(finished), "an interrupted command left {runs:?}");
    Ok(())
}

fn clones_of_linux_repeat_in_isolation_and_noise_differs_otherwise(rig: &Rig) -> Result<()> {
    let pairs = pairs(rig, &["--target", "linux", "--vmgenid", "without"])?;
    let [ordinary, isolated] = pairs.as_slice() else { anyhow::bail!("{} pairs", pairs.len()) };
    for pair in [ordinary, isolated] {
        ensure!(pair["acpi"] == false, "the kernel has ACPI now: {pair}");
        ensure!(pair["reseedings"] == serde_json::json!([0, 0]), "{pair}");
    }
    // Whether the two agree in getrandom is a matter of when the generator is reseeded.
    let noise: Vec<_> = outputs(ordinary).into_iter().skip(2).take(3).collect();
    ensure!(
        noise == [("stream", false, 1024), ("seed", false, 32), ("raw noise", false, 4096)],
        "{noise:?}"
    );
    ensure!(outputs(ordinary).len() == 6, "{ordinary}");
    for (name, same, bytes) in outputs(isolated) {
        ensure!((name == "seed") != same, "isolated clones: {name}, {bytes} bytes");
    }
    Ok(())
}
