// SPDX-License-Identifier: GPL-2.0-or-later
//! `peers` on this host: real sources, few samples.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use guest_build::log::StepLog;
use guest_build::sources::{self, Manifest};
use serde_json::Value;

use super::Rig;
use super::command::{ended, xtask};
use super::rig::Skip;

checks! {
    sources_on_this_host_are_measured_and_others_have_a_reason,
    file_that_is_not_the_library_is_named
}

/// The daemon that Debian builds with the library in it.
const SOURCE: &str = "jitterentropy-rngd";
const ROWS: [&str; 6] =
    ["host-user", "jitterentropy", "kernel-jitterentropy", "rand_jitter", "rdseed", "rdrand"];

/// Jitterentropy's source tree, unpacked in the check's folder.
fn tree(rig: &Rig) -> Result<PathBuf> {
    let context = rig.context()?;
    let manifest = Manifest::read(rig.root())?;
    let source = sources::obtain(&context, &manifest, manifest.source(SOURCE)?)
        .map_err(|error| Skip(format!("{SOURCE} is not available: {error:#}")))?;
    let tree = rig.scratch().join(SOURCE);
    let mut log = StepLog::create(&rig.scratch().join("logs"), SOURCE, SOURCE)?;
    sources::unpack::unpack(&source.path, &tree, &[], &mut log)?;
    log.finish();
    Ok(tree)
}

/// The record of a quick run; it is the one that was kept.
fn record(rig: &Rig, arguments: &[&str]) -> Result<Value> {
    let run = ended(&mut xtask(rig, &[&["peers", "--quick", "--json"], arguments].concat())?)?;
    run.expect(0, &["figures: "])?;
    let record: Value = serde_json::from_str(&run.stdout).context("parsing the record")?;
    let kept = run.stderr.lines().find_map(|line| line.strip_prefix("figures: "));
    let kept = std::fs::read_to_string(kept.context("the path of the record")?);
    let kept: Value = serde_json::from_str(&kept.context("reading the record")?)?;
    ensure!(kept == record, "another record was kept than was printed");
    Ok(record)
}

fn row<'a>(record: &'a Value, source: &str) -> Result<&'a Value> {
    let rows = record["comparison"]["rows"].as_array().context("rows")?;
    rows.iter().find(|row| row["source"] == source).with_context(|| format!("no row of {source}"))
}

fn expect_output(row: &Value) -> Result<()> {
    let rate = row["output_bytes_rate"]["per_cpu_s"]["median"].as_f64();
    ensure!(row["not_measured"].is_null() && rate.is_some_and(|rate| rate > 0.0), "{row}");
    Ok(())
}

fn sources_on_this_host_are_measured_and_others_have_a_reason(rig: &Rig) -> Result<()> {
    rig.images()?;
    let tree = tree(rig)?;
    let tree = tree.to_str().context("a path in UTF-8")?;
    let record = record(rig, &["--jitterentropy", tree])?;
    let rows = record["comparison"]["rows"].as_array().context("rows")?;
    let names: Vec<_> = rows.iter().filter_map(|row| row["source"].as_str()).collect();
    ensure!(names == ROWS, "{names:?}");
    for source in ["host-user", "jitterentropy", "rand_jitter"] {
        let row = row(&record, source)?;
        expect_output(row)?;
        let samples = row["samples_rate"]["per_s"]["median"].as_f64();
        ensure!(row["samples"] == 20_000 && samples.is_some_and(|rate| rate > 1_000.0), "{row}");
        ensure!(row["restarts"]["rows"] == 10 && row["restarts"]["columns"] == 1_000, "{row}");
        ensure!(row["h"].is_null(), "20,000 samples have no figure: {row}");
    }
    ensure!(row(&record, "jitterentropy")?["version"] == "3.4.1", "another jitterentropy");
    let flags = std::fs::read_to_string("/proc/cpuinfo").context("reading /proc/cpuinfo")?;
    for instruction in ["rdseed", "rdrand"] {
        let row = row(&record, instruction)?;
        if flags.split_whitespace().any(|flag| flag == instruction) {
            expect_output(row)?;
        } else {
            ensure!(row["not_measured"].is_string(), "{row}");
        }
        ensure!(row["samples"] == 0, "an instruction has no raw noise: {row}");
    }
    let kernel = row(&record, "kernel-jitterentropy")?;
    match kernel["not_measured"].as_str() {
        Some(why) => ensure!(why.contains("CONFIG_CRYPTO_USER_API"), "{kernel}"),
        None => expect_output(kernel)?,
    }
    let goals = record["comparison"]["goals"].as_array().context("goals")?;
    let known: Vec<bool> = goals.iter().map(|goal| goal["found"].is_number()).collect();
    ensure!(known == [false, false, true, true, false], "{goals:?}");
    Ok(())
}

fn file_that_is_not_the_library_is_named(rig: &Rig) -> Result<()> {
    rig.images()?;
    let place = rig.scratch().join("no-such-place");
    let place = place.to_str().context("a path in UTF-8")?;
    ended(&mut xtask(rig, &["peers", "--quick", "--jitterentropy", place])?)?
        .expect(2, &[place, "expected jitterentropy's library, or its source tree"])?;
    let text = rig.scratch().join("text.so");
    std::fs::write(&text, "not a library").context("writing a text")?;
    let text = text.to_str().context("a path in UTF-8")?;
    let record =
        record(rig, &["--samples", "2000", "--restarts", "2x10", "--jitterentropy", text])?;
    let row = row(&record, "jitterentropy")?;
    let why = row["not_measured"].as_str().unwrap_or_default();
    ensure!(why.contains(text) && why.contains("libjitterentropy3"), "{row}");
    expect_output(self::row(&record, "host-user")?)
}
