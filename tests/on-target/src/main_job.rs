// SPDX-License-Identifier: GPL-2.0-or-later
//! The main job, small: a whole `compare` on real guests, its files, and what its result must say.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::command::{ended, xtask};
use super::{Bench, Check};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "a small compare runs to its report, and says what it must",
        long: false,
        run: small_compare,
    },
    Check {
        name: "a report is made anew, and runs already taken stand side by side",
        long: false,
        run: side_by_side,
    },
    Check {
        name: "a run already taken is assessed again, and a flipped bit in it is seen",
        long: false,
        run: again,
    },
];

const FEW: [&str; 9] = [
    "compare",
    "--json",
    "--samples",
    "20000",
    "--stream",
    "256K",
    "--restarts",
    "20x100",
    "--accel",
];

fn small_compare(bench: &Bench) -> Result<()> {
    let words: Vec<&str> = FEW.into_iter().chain(["tcg"]).collect();
    let ended = ended(&mut xtask(bench, &words)?)?;
    ended.expect(0, &["report.html", "timing here reflects the emulator"])?;
    let result: Value =
        serde_json::from_str(&ended.stdout).context("reading the result as JSON")?;
    check_result(&result)?;
    let run = latest(bench)?;
    for name in ["result.json", "manifest.json", "report.html", "report.md"] {
        ensure!(
            run.join(name).metadata().is_ok_and(|data| data.len() > 100),
            "{name} is missing or empty"
        );
    }
    for target in ["baremetal", "linux-module", "linux-user"] {
        for condition in ["ordinary-1", "ordinary-2", "isolated-1", "isolated-2"] {
            check_files(&run.join(target).join(condition))?;
        }
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

/// The made-up clock: it looks random, and is no part of any comparison of boots.
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

fn side_by_side(bench: &Bench) -> Result<()> {
    let run = latest(bench)?;
    let page = run.join("report.html");
    let before = fs::read(&page).context("reading the report")?;
    fs::remove_file(&page).context("removing the report")?;
    ended(&mut xtask(bench, &["report"])?)?.expect(0, &["report.html"])?;
    ensure!(fs::read(&page).context("reading the new report")? == before, "the report changed");
    let (runs_before, name) = (count_runs(bench)?, run.display().to_string());
    let words = ["compare", "--json", &name, &name];
    let both = ended(&mut xtask(bench, &words)?)?;
    both.expect(0, &[])?;
    let result: Value = serde_json::from_str(&both.stdout).context("reading the result as JSON")?;
    let across = result["across"].as_array().context("runs compared")?;
    ensure!(
        across.len() == 4 && across.iter().all(|c| c["identical"] == true && c["run"] == "A, B"),
        "a run is not the same as itself in isolation: {across:?}"
    );
    let letters = |name: &str| -> Vec<&str> {
        let targets = result["targets"].as_array().into_iter().flatten();
        let named = targets.filter(|t| t["name"] == name && t["isolated"] == false);
        named.filter_map(|t| t["run"].as_str()).collect()
    };
    ensure!(
        letters("baremetal") == ["A", "B"],
        "baremetal stands there as {:?}",
        letters("baremetal")
    );
    ensure!(count_runs(bench)? == runs_before + 1, "comparing two runs gives one run");
    let missing = ended(&mut xtask(bench, &["compare", "no-such-run"])?)?;
    missing.expect(2, &["there is no run no-such-run"])?;
    // What was put together has no samples of its own, and says so.
    ended(&mut xtask(bench, &["compare", "latest"])?)?.expect(1, &["holds no boots"])?;
    let whole = latest(bench)?.join("result.json");
    let text = fs::read(&whole).context("reading the result")?;
    fs::write(&whole, &text[..text.len() / 2]).context("cutting the result")?;
    ended(&mut xtask(bench, &["report"])?)?.expect(1, &["understanding", "result.json"])?;
    // The next check wants a run with samples as the latest one.
    let link = bench.scratch().join("runs/latest");
    fs::remove_file(&link).context("removing a link")?;
    std::os::unix::fs::symlink(&run, &link).context("pointing back at the run with samples")
}

fn check_files(folder: &Path) -> Result<()> {
    let expected =
        [("raw.u64le", 20_000 * 8), ("stream.bin", 256 << 10), ("restarts.u64le", 20 * 100 * 8)];
    for (name, len_bytes) in expected {
        let path = folder.join(name);
        let found =
            fs::metadata(&path).with_context(|| format!("reading {}", path.display()))?.len();
        ensure!(
            found == len_bytes,
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

fn again(bench: &Bench) -> Result<()> {
    let run = latest(bench)?;
    let taken = run.display().to_string();
    let first = ended(&mut xtask(bench, &["compare", "--json", &taken])?)?;
    first.expect(0, &[])?;
    check_result(&serde_json::from_str(&first.stdout).context("reading the result as JSON")?)?;
    let raw = run.join("baremetal/ordinary-1/raw.u64le");
    let mut bytes = fs::read(&raw).context("reading samples")?;
    bytes[4096] ^= 1;
    fs::write(&raw, bytes).context("flipping a bit")?;
    let runs_before = count_runs(bench)?;
    ended(&mut xtask(bench, &["compare", &taken])?)?.expect(1, &["raw.u64le", "cut or changed"])?;
    ensure!(count_runs(bench)? == runs_before, "a refused run left a folder");
    Ok(())
}

fn latest(bench: &Bench) -> Result<PathBuf> {
    let link = bench.scratch().join("runs/latest");
    match fs::canonicalize(&link) {
        Ok(run) => Ok(run),
        Err(error) => bail!("{} does not lead to a run: {error}", link.display()),
    }
}

fn count_runs(bench: &Bench) -> Result<usize> {
    Ok(fs::read_dir(bench.scratch().join("runs")).context("listing runs")?.count())
}
