// SPDX-License-Identifier: GPL-2.0-or-later
//! The host's generator in the guest, by virtio-rng: a source that is compared where it is named. It has its own kernel,
//! so these checks are long.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Rig;
use super::command::{ended, xtask};

checks! {
    long:
    compare_shows_the_hosts_generator_as_a_source_that_isolation_does_not_reach,
    every_model_hands_over_the_hosts_bytes
}

fn compare_shows_the_hosts_generator_as_a_source_that_isolation_does_not_reach(
    rig: &Rig,
) -> Result<()> {
    let arguments =
        ["compare", "--targets", "linux-crng+linux-hwrng", "--json", "--accel", "tcg", "--boots"];
    let small = ["2", "--samples", "2000", "--stream", "64K", "--restarts", "20x20"];
    let compared = ended(&mut xtask(rig, &[&arguments[..], &small].concat())?)?;
    compared.expect(0, &["linux with virtio-rng, isolated, boot 2"])?;
    let result: Value = serde_json::from_str(&compared.stdout).context("the result's JSON")?;
    let list = |name: &str| result[name].as_array().with_context(|| format!("no {name}"));
    let names: Vec<_> = list("targets")?.iter().map(|target| &target["name"]).collect();
    ensure!(
        names == ["linux-crng", "linux-hwrng", "synthetic-period-16", "linux-crng", "linux-hwrng"],
        "{names:?}"
    );
    for (target, repeats, status) in [(0, true, "passed"), (1, false, "stated")] {
        let (isolated, ordinary) = (&list("isolation")?[target], &list("ordinary")?[target]);
        ensure!(isolated["identical"] == repeats, "{isolated}");
        ensure!(isolated["verdict"]["status"] == status, "{isolated}");
        ensure!(ordinary["all_differ"] == true, "{ordinary}");
    }
    let hwrng = &list("targets")?[1];
    ensure!(hwrng["raw"].is_null() && hwrng["stream"]["bytes"] == 64 << 10, "{hwrng}");
    ensure!(hwrng["meta"]["source"] == "/dev/hwrng", "{hwrng}");
    let artifacts = result["provenance"]["artifacts"].to_string();
    ensure!(artifacts.contains("linux bzImage (hwrng)"), "{artifacts}");
    let page = fs::read_to_string(rig.runs().join("latest/report.html"))?;
    ensure!(page.contains("isolation does not reach it"), "the report does not say whose it is");
    ensure!(!page.contains("CONTROL FAILED"), "the report takes it for a control");
    Ok(())
}

fn every_model_hands_over_the_hosts_bytes(rig: &Rig) -> Result<()> {
    let mut streams = Vec::new();
    for model in ["q35", "pc", "microvm"] {
        let output = rig.scratch().join(model);
        let output_text = output.to_str().context("the scratch folder's name")?;
        let asked = ["--job", "stream:4K", "--target", "linux-hwrng", "--output", output_text];
        let machine = ["run-linux", "--profile", "hwrng", "--accel", "tcg", "--machine", model];
        ended(&mut xtask(rig, &[&machine[..], &asked].concat())?)?.expect(0, &[])?;
        let stream = output.join("linux-hwrng/ordinary-1/stream.bin");
        streams.push(fs::read(&stream).with_context(|| format!("reading {}", stream.display()))?);
    }
    ensure!(streams.iter().all(|stream| stream.len() == 4 << 10), "a stream is short");
    streams.sort();
    streams.dedup();
    ensure!(streams.len() == 3, "two machines got the same bytes");
    Ok(())
}
