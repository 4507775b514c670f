// SPDX-License-Identifier: GPL-2.0-or-later
//! The main job, small: a whole `compare` on real guests, its files, and what its result must say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::Rig;
use super::command::{Ended, ended, xtask};

checks! {
    small_compare_gives_its_report,
    runs_are_reported_again_and_compared,
    existing_run_is_assessed_again,
    flipped_bit_in_a_run_is_seen
}

/// A small `compare` that was run once, for several checks to read.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// Its folder.
    pub(crate) run: PathBuf,
    /// Its result, as it was printed.
    result: Value,
    _runs: TempDir,
}

pub(crate) fn record(rig: &Rig) -> Result<Recorded> {
    let runs = tempfile::tempdir().context("creating a folder for the run")?;
    let words = ["compare", "--json", "--accel", "tcg", "--samples", "20000", "--stream", "256K"];
    let mut command = xtask(rig, &words)?;
    command.args(["--restarts", "20x100"]).env("UCHAOS_RUNS", runs.path());
    let ended = ended(&mut command)?;
    ended.expect(0, &["report.html", "timing here reflects the emulator"])?;
    Ok(Recorded { run: latest(runs.path())?, result: json(&ended)?, _runs: runs })
}

fn small_compare_gives_its_report(rig: &Rig) -> Result<()> {
    let Recorded { run, result, .. } = rig.recorded()?;
    check_result(result)?;
    for name in ["result.json", "manifest.json", "report.html", "report.md"] {
        ensure!(
            run.join(name).metadata().is_ok_and(|data| data.len() > 100),
            "{name} is missing or empty"
        );
    }
    for target in ["baremetal", "linux-module", "linux-user"] {
        for condition in ["ordinary-1", "isolated-1", "isolated-2"] {
            check_files(&run.join(target).join(condition), FILES)?;
        }
        // A boot after the first shows how far figures spread, and has no restarts.
        let second = run.join(target).join("ordinary-2");
        check_files(&second, &FILES[..2])?;
        ensure!(!second.join(FILES[2].0).exists(), "{} has restarts", second.display());
    }
    Ok(())
}

fn check_result(result: &Value) -> Result<()> {
    let entry = |list: &str, name: &str| -> Result<&Value> {
        let key = if list == "targets" { "name" } else { "target" };
        result[list]
            .as_array()
            .and_then(|entries| entries.iter().find(|entry| entry[key] == name))
            .with_context(|| format!("{list} has no {name}"))
    };
    for name in ["baremetal", "linux-module", "linux-user", "linux-crng"] {
        let isolated = entry("isolation", name)?;
        ensure!(
            isolated["boots"] == 2 && isolated["identical"] == true,
            "in isolation {name} differs: {isolated}"
        );
        let ordinary = entry("ordinary", name)?;
        ensure!(
            ordinary["identical"] == false,
            "ordinary boots of {name} are the same: {ordinary}"
        );
        if name != "linux-crng" {
            let bits =
                isolated["min_entropy_bits_per_sample"].as_f64().context("an isolation figure")?;
            ensure!(
                bits < 0.01,
                "{name} in isolation is assessed at {bits} bits/sample for a second boot"
            );
            ensure!(
                entry("targets", name)?["raw"]["samples"] == 20_000,
                "{name} has another number of samples"
            );
        }
        ensure!(
            entry("targets", name)?["stream"]["bytes"] == 256 << 10,
            "{name} has another length of stream"
        );
    }
    entry("targets", "host-user")?;
    check_lesson(result, entry("targets", "synthetic-period-16")?)?;
    let hash = result["engine_object_sha256"].as_str().context("the engine's hash")?;
    ensure!(hash.len() == 64, "the engine's hash is {hash:?}");
    Ok(())
}

/// The made-up clock: it looks random, and no comparison of boots includes it.
fn check_lesson(result: &Value, lesson: &Value) -> Result<()> {
    ensure!(lesson["accel"] == "synthetic", "the made-up clock is not called one: {lesson}");
    for list in ["isolation", "ordinary"] {
        let entries = result[list].as_array().context("boots compared")?;
        ensure!(
            entries.iter().all(|entry| entry["target"] != lesson["name"]),
            "the made-up clock is compared in {list}"
        );
    }
    let tests = lesson["stream"]["output_tests"].as_array().context("its output tests")?;
    // The stream of a small compare is too short for pairs of bytes, and says so.
    let looks_random = |test: &Value| {
        test["status"] == "passed"
            || (test["status"] == "invalid" && test["name"] == "pairs of bytes")
    };
    ensure!(
        !tests.is_empty() && tests.iter().all(looks_random),
        "its stream should look random: {tests:?}"
    );
    Ok(())
}

fn runs_are_reported_again_and_compared(rig: &Rig) -> Result<()> {
    let run = rig.copy_of_recorded()?;
    let page = run.join("report.html");
    let before = fs::read(&page).context("reading the report")?;
    fs::remove_file(&page).context("removing the report")?;
    ended(&mut xtask(rig, &["report"])?)?.expect(0, &["report.html"])?;
    ensure!(fs::read(&page).context("reading the new report")? == before, "the report changed");
    let (runs_before, name) = (count_runs(rig)?, run.display().to_string());
    let both = ended(&mut xtask(rig, &["compare", "--json", &name, &name])?)?;
    both.expect(0, &[])?;
    let result = json(&both)?;
    let across = result["across"].as_array().context("runs compared")?;
    ensure!(
        across.len() == 4 && across.iter().all(|c| c["identical"] == true && c["run"] == "A, B"),
        "a run is not the same as itself in isolation: {across:?}"
    );
    let targets = result["targets"].as_array().context("targets")?;
    let letters: Vec<&str> = targets
        .iter()
        .filter(|target| target["name"] == "baremetal" && target["isolated"] == false)
        .filter_map(|target| target["run"].as_str())
        .collect();
    ensure!(letters == ["A", "B"], "the runs of baremetal are {letters:?}");
    ensure!(count_runs(rig)? == runs_before + 1, "comparing two runs gives one run");
    let missing = ended(&mut xtask(rig, &["compare", "no-such-run"])?)?;
    missing.expect(2, &["there is no run no-such-run"])?;
    // A comparison of runs holds no samples, and `latest` does not become one.
    ensure!(
        latest(&rig.runs())? == fs::canonicalize(&run).context("finding the run")?,
        "`latest` leads to a run without samples"
    );
    let comparison = newest_run(rig)?.display().to_string();
    ended(&mut xtask(rig, &["compare", &comparison])?)?.expect(1, &["holds no samples"])?;
    let whole = run.join("result.json");
    let text = fs::read(&whole).context("reading the result")?;
    fs::write(&whole, &text[..text.len() / 2]).context("cutting the result")?;
    ended(&mut xtask(rig, &["report"])?)?.expect(1, &["parsing", "result.json"])
}

/// Files of a boot, with their lengths in bytes.
const FILES: &[(&str, u64)] =
    &[("raw.u64le", 20_000 * 8), ("stream.bin", 256 << 10), ("restarts.u64le", 20 * 100 * 8)];

fn check_files(folder: &Path, expected: &[(&str, u64)]) -> Result<()> {
    for (name, len_bytes) in expected {
        let path = folder.join(name);
        let found =
            fs::metadata(&path).with_context(|| format!("reading {}", path.display()))?.len();
        ensure!(
            found == *len_bytes,
            "{} holds {found} bytes instead of {len_bytes}",
            path.display()
        );
    }
    let log = fs::read_to_string(folder.join("console.log")).context("reading the console log")?;
    ensure!(
        log.contains("[uchaos] done status=0"),
        "the console log has no `done` in {}",
        folder.display()
    );
    Ok(())
}

fn existing_run_is_assessed_again(rig: &Rig) -> Result<()> {
    let run = rig.copy_of_recorded()?;
    let name = run.display().to_string();
    let again = ended(&mut xtask(rig, &["compare", "--json", &name])?)?;
    again.expect(0, &[])?;
    check_result(&json(&again)?)
}

fn flipped_bit_in_a_run_is_seen(rig: &Rig) -> Result<()> {
    let run = rig.copy_of_recorded()?;
    let raw = run.join("baremetal/ordinary-1/raw.u64le");
    let mut bytes = fs::read(&raw).context("reading samples")?;
    bytes[4096] ^= 1;
    fs::write(&raw, bytes).context("flipping a bit")?;
    let (runs_before, name) = (count_runs(rig)?, run.display().to_string());
    ended(&mut xtask(rig, &["compare", &name])?)?
        .expect(1, &["raw.u64le", "truncated or changed"])?;
    ensure!(count_runs(rig)? == runs_before, "a refused run left a folder");
    Ok(())
}

fn json(ended: &Ended) -> Result<Value> {
    serde_json::from_str(&ended.stdout).context("reading the result as JSON")
}

fn latest(runs: &Path) -> Result<PathBuf> {
    let link = runs.join("latest");
    fs::canonicalize(&link).with_context(|| format!("{} does not lead to a run", link.display()))
}

/// The run whose name is the last: names begin with the time.
fn newest_run(rig: &Rig) -> Result<PathBuf> {
    let runs = rig.runs();
    let entries = fs::read_dir(&runs).context("reading the runs")?.flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).max().context("there are no runs")
}

fn count_runs(rig: &Rig) -> Result<usize> {
    Ok(fs::read_dir(rig.runs()).context("listing runs")?.count())
}
