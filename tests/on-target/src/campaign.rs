// SPDX-License-Identifier: GPL-2.0-or-later
//! Campaigns of real boots: killed and resumed here, and on a Slurm that is made for the check.

mod cluster;
mod collected;
mod slurm;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::Rig;
use super::command::{Running, ended, is_gone, xtask};

checks! {
    killed_sweep_resumes_without_repeating_a_cell,
    collected::copied_cells_are_brought_once_and_damaged_ones_stay_out,
    collected::page_on_all_cells_leads_to_each_run;
    long:
    slurm::sixty_four_cells_survive_a_dead_node,
    slurm::drained_restarted_cancelled_campaign_is_whole,
    slurm::killed_controller_loses_and_repeats_no_cell,
    slurm::full_disk_leaves_cells_open
}

/// Eight isolated cells, which must repeat, and two of a processor that QEMU does not have.
const PLAN: &str = r#"
boots = 2
samples = 3000
stream = "4K"
restarts = "none"
deadline_s = 120
[grid]
cpu = ["default", "no-such-cpu"]
condition = "isolated"
workload = ["pause", "dram"]
[[exclude]]
cpu = "no-such-cpu"
guest = "linux"
[[exclude]]
cpu = "no-such-cpu"
workload = "dram"
"#;

/// A command on campaigns in the check's folder.
fn on_campaigns(rig: &Rig, arguments: &[&str]) -> Result<Command> {
    let mut command = xtask(rig, arguments)?;
    command.env("UCHAOS_CAMPAIGNS", campaigns(rig));
    Ok(command)
}

fn campaigns(rig: &Rig) -> PathBuf {
    rig.scratch().join("campaigns")
}

/// The records of finished cells, by the name of their folder.
fn records(campaign: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut records = BTreeMap::new();
    for entry in fs::read_dir(campaign.join("cells")).context("reading the cells")? {
        let entry = entry.context("reading the cells")?;
        let record = fs::read(entry.path().join("cell.json")).context("a cell without a record")?;
        records.insert(entry.file_name().to_string_lossy().into_owned(), record);
    }
    Ok(records)
}

/// Holds that every cell is finished, once, and that nothing else is left.
fn expect_whole(campaign: &Path, cells: usize, failed: usize) -> Result<()> {
    let records = records(campaign)?;
    ensure!(records.len() == cells, "{} cells of {cells} are there", records.len());
    let mut seen_failed = 0;
    for (number, (name, record)) in records.iter().enumerate() {
        ensure!(*name == format!("{number:05}"), "{name} is in the place of {number}");
        let record: Value = serde_json::from_slice(record).context("parsing a record")?;
        ensure!(record["cell"] == number, "{name} holds {record}");
        seen_failed += usize::from(record["state"] == "failed");
    }
    ensure!(seen_failed == failed, "{seen_failed} cells failed, and {failed} should have");
    let left = fs::read_dir(campaign.join("attempts")).context("reading the attempts")?.count();
    ensure!(left == 0, "{left} attempts are left");
    Ok(())
}

fn killed_sweep_resumes_without_repeating_a_cell(rig: &Rig) -> Result<()> {
    rig.images()?;
    let plan = rig.scratch().join("plan.toml");
    fs::write(&plan, PLAN).context("writing the plan")?;
    let plan = plan.to_str().context("a path in UTF-8")?;
    let mut sweep = Running::start(&mut on_campaigns(rig, &["sweep", plan, "--name", "killed"])?)?;
    // Two cells are finished and a third is under way.
    sweep.wait_for("[3/10]")?;
    let killed = campaigns(rig).join("killed");
    let qemu = loop {
        // The label comes before QEMU is started; there is no event between.
        if let Ok(qemu) = sweep.qemu() {
            break qemu;
        }
        std::thread::yield_now();
    };
    sweep.signal(Signal::SIGKILL)?;
    sweep.finish()?;
    ensure!(is_gone(qemu), "QEMU outlived the sweep");
    let before = records(&killed)?;
    ensure!((2..10).contains(&before.len()), "{} cells were finished", before.len());
    let resumed = ended(&mut on_campaigns(rig, &["sweep", plan, "--name", "killed"])?)?;
    resumed.expect(0, &["[10/10]"])?;
    expect_whole(&killed, 10, 2)?;
    let after = records(&killed)?;
    ensure!(
        before.iter().all(|(name, record)| after.get(name) == Some(record)),
        "a finished cell was repeated"
    );
    let table = ended(&mut on_campaigns(rig, &["campaign", "table", "killed", "--json"])?)?;
    table.expect(0, &[])?;
    let table: Value = serde_json::from_str(&table.stdout).context("parsing the table")?;
    ensure!(table["done"] == 8 && table["failed"] == 2 && table["unfinished"] == 0, "{table}");
    let rows = table["rows"].as_array().context("rows")?;
    let why = rows.iter().filter_map(|row| row["fails"].as_str());
    let why: Vec<_> = why.filter(|why| why.contains("2 of 2 boots failed")).collect();
    ensure!(why.len() == 1 && why[0].contains("no-such-cpu"), "{why:?}");
    for row in rows {
        let hashes = row["raw_sha256"].as_array().map(Vec::as_slice).unwrap_or_default();
        ensure!(
            hashes.windows(2).all(|pair| pair[0] == pair[1]),
            "an isolated boot differs: {row}"
        );
    }
    let changed = rig.scratch().join("changed.toml");
    fs::write(&changed, PLAN.replace("boots = 2", "boots = 3")).context("changing the plan")?;
    let changed = changed.to_str().context("a path in UTF-8")?;
    ended(&mut on_campaigns(rig, &["sweep", changed, "--name", "killed"])?)?
        .expect(2, &["was started with another plan", "boots: 2 became 3"])
}
