// SPDX-License-Identifier: GPL-2.0-or-later
//! Campaigns on a real Slurm, whose parts are killed, drained, restarted and filled while real guests boot.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::cluster::Cluster;
use super::{campaigns, expect_whole, records};
use crate::command::{Ended, ended};
use crate::rig::{Rig, Skip};

/// Two guests, four workloads, two machine models, two processors, two boots.
const SIXTY_FOUR: &str = r#"
boots = 2
samples = 3000
stream = "4K"
restarts = "none"
[grid]
machine = ["q35", "pc"]
cpu = ["qemu64", "max"]
condition = "isolated"
workload = ["pause", "dram", "flush", "hash-branchy"]
"#;
/// The same with eight cells.
const EIGHT: &str = r#"
boots = 2
samples = 3000
stream = "4K"
restarts = "none"
[grid]
condition = "isolated"
workload = ["pause", "dram"]
"#;
/// Eight cells of 4 MB each.
const LARGE: &str = r#"
boots = 8
samples = 500000
stream = "none"
restarts = "none"
[grid]
guest = "baremetal"
"#;

/// The program under test on the cluster, and the campaign `name` of a plan.
struct Fleet<'a> {
    rig: &'a Rig,
    cluster: Cluster,
    program: PathBuf,
    folder: PathBuf,
    plan: PathBuf,
    cells: usize,
}

impl<'a> Fleet<'a> {
    fn start(rig: &'a Rig, campaigns: &Path, plan: &str, cells: usize) -> Result<Self> {
        let cluster = Cluster::start(&rig.scratch().join("slurm"))?;
        rig.images()?;
        let built = Command::new("cargo")
            .args(["build", "--quiet", "--package", "uchaos", "--bin", "uchaos"])
            .current_dir(rig.root())
            .status();
        ensure!(built.context("running cargo")?.success(), "building uchaos failed");
        let file = rig.scratch().join("plan.toml");
        fs::write(&file, plan).context("writing the plan")?;
        let program = rig.context()?.out.with_file_name("debug").join("uchaos");
        Ok(Self { rig, cluster, program, folder: campaigns.join("fleet"), plan: file, cells })
    }

    fn uchaos(&self, campaigns: &Path, arguments: &[&str]) -> Result<Ended> {
        let mut command = Command::new(&self.program);
        command
            .arg("--images")
            .arg(self.rig.context()?.out.join("images.json"))
            .args(arguments)
            .env("UCHAOS_CAMPAIGNS", campaigns)
            .env("SLURM_CONF", self.cluster.conf())
            .current_dir(self.rig.scratch())
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped());
        ended(&mut command)
    }

    fn here(&self, arguments: &[&str]) -> Result<Ended> {
        self.uchaos(self.folder.parent().context("a parent")?, arguments)
    }

    fn submit(&self) -> Result<()> {
        let plan = self.plan.to_str().context("a path in UTF-8")?;
        self.here(&["sweep", plan, "--name", "fleet", "--on", "slurm"])?.expect(0, &[])
    }

    fn resume(&self) -> Result<()> {
        self.here(&["campaign", "resume", "fleet", "--on", "slurm"])?.expect(0, &[])
    }

    fn status(&self) -> Result<Value> {
        let status = self.here(&["campaign", "status", "fleet", "--json"])?;
        status.expect(0, &[])?;
        let status: Value = serde_json::from_str(&status.stdout).context("parsing a status")?;
        let states = ["done", "failed", "running", "open", "damaged"];
        let sum: u64 = states.iter().filter_map(|state| status[state].as_u64()).sum();
        ensure!(
            sum == self.cells as u64,
            "{sum} of {} cells are accounted for: {status}",
            self.cells
        );
        Ok(status)
    }

    fn until_finished(&self, cells: usize) -> Result<()> {
        self.cluster.until(&format!("{cells} cells are finished"), || {
            Ok(records(&self.folder)?.len() >= cells)
        })
    }

    fn until_queue_is_empty(&self) -> Result<()> {
        self.cluster.until("the queue is empty", || Ok(self.cluster.queue()?.trim().is_empty()))
    }
}

pub(super) fn sixty_four_cells_survive_a_dead_node(rig: &Rig) -> Result<()> {
    let mut fleet = Fleet::start(rig, &campaigns(rig), SIXTY_FOUR, 64)?;
    fleet.submit()?;
    fleet.until_finished(8)?;
    fleet.cluster.until("n2 has a task", || Ok(fleet.cluster.queue()?.contains("RUNNING n2")))?;
    let killed = fleet.cluster.kill_node("n2")?;
    ensure!(killed > 0, "nothing ran on the node that was killed");
    let before = records(&fleet.folder)?;
    ensure!(before.len() < 64, "all cells were finished before the node died");
    fleet.status()?;
    fleet.until_queue_is_empty()?;
    expect_whole(&fleet.folder, 64, 0)?;
    let after = records(&fleet.folder)?;
    ensure!(
        before.iter().all(|(name, record)| after.get(name) == Some(record)),
        "a cell was repeated"
    );
    ensure!(fleet.status()?["done"] == 64, "{}", fleet.status()?);
    let hosts = |host: &str| {
        let text = format!("\"host\": \"{host}\"");
        after.values().filter(|record| String::from_utf8_lossy(record).contains(&text)).count()
    };
    let (one, two) = (hosts("n1"), hosts("n2"));
    ensure!(one + two == 64 && two > 0, "{one} cells of n1 and {two} of n2");
    let plan = fleet.plan.to_str().context("a path in UTF-8")?;
    fleet.here(&["sweep", plan, "--name", "local"])?.expect(0, &["[64/64]"])?;
    expect_whole(&campaigns(rig).join("local"), 64, 0)?;
    let compared = fleet.here(&["campaign", "table", "fleet", "--against", "local"])?;
    compared.expect(0, &[])?;
    ensure!(compared.stdout.starts_with("equal: 64 cells"), "{}", compared.stdout);
    eprintln!(
        "{one} cells on n1, {two} on n2, {killed} processes killed with it; {}",
        compared.stdout.trim()
    );
    Ok(())
}

pub(super) fn drained_restarted_cancelled_campaign_is_whole(rig: &Rig) -> Result<()> {
    let mut fleet = Fleet::start(rig, &campaigns(rig), EIGHT, 8)?;
    fleet.submit()?;
    fleet.until_finished(1)?;
    // A second job next to the first is refused.
    fleet.here(&["campaign", "resume", "fleet", "--on", "slurm"])?.expect(2, &["still queued"])?;
    fleet.cluster.slurm("scontrol", &["update", "nodename=n1", "state=drain", "reason=check"])?;
    fleet.until_finished(2)?;
    fleet.cluster.stop_controller()?;
    fleet.cluster.start_controller()?;
    fleet.cluster.until("the controller answers", || fleet.cluster.queue().map(|_| true))?;
    fleet.until_finished(3)?;
    let cancelled = fleet.here(&["campaign", "cancel", "fleet"])?;
    cancelled.expect(0, &[])?;
    ensure!(cancelled.stdout.contains("cancelled jobs"), "{}", cancelled.stdout);
    fleet.until_queue_is_empty()?;
    let status = fleet.status()?;
    ensure!(status["running"] == 0 && status["failed"] == 0, "{status}");
    let left = fs::read_dir(fleet.folder.join("attempts")).context("reading the attempts")?.count();
    ensure!(left == 0, "a cancelled task left {left} attempts");
    let before = records(&fleet.folder)?;
    ensure!(before.len() < 8, "all cells were finished before the campaign was cancelled");
    fleet.cluster.slurm("scontrol", &["update", "nodename=n1", "state=resume"])?;
    resumed_is_whole(&fleet, &before)?;
    let again = fleet.here(&["campaign", "resume", "fleet", "--on", "slurm"])?;
    again.expect(0, &[])?;
    ensure!(again.stdout.contains("all 8 cells are finished"), "{}", again.stdout);
    Ok(())
}

/// Resumes a campaign of 8 cells, of which `before` were finished: all are there then, and none of those was done again.
fn resumed_is_whole(fleet: &Fleet<'_>, before: &BTreeMap<String, Vec<u8>>) -> Result<()> {
    fleet.resume()?;
    fleet.until_queue_is_empty()?;
    expect_whole(&fleet.folder, 8, 0)?;
    let after = records(&fleet.folder)?;
    ensure!(
        before.iter().all(|(name, record)| after.get(name) == Some(record)),
        "a cell was repeated"
    );
    Ok(())
}

/// What the controller forgot costs time and no cell: the owner cancels what hangs, and resumes.
pub(super) fn killed_controller_loses_and_repeats_no_cell(rig: &Rig) -> Result<()> {
    let mut fleet = Fleet::start(rig, &campaigns(rig), EIGHT, 8)?;
    fleet.submit()?;
    fleet.until_finished(2)?;
    fleet.cluster.kill_controller()?;
    fleet.cluster.start_controller()?;
    fleet.cluster.until("the controller answers", || fleet.cluster.queue().map(|_| true))?;
    fleet.here(&["campaign", "cancel", "fleet"])?.expect(0, &[])?;
    fleet.until_queue_is_empty()?;
    let before = records(&fleet.folder)?;
    resumed_is_whole(&fleet, &before)
}

/// A file system of a given size, unmounted when this is dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: PathBuf) -> Result<Self> {
        if !nix::unistd::geteuid().is_root() {
            return Err(Skip("mounting a small disk takes root".to_owned()).into());
        }
        fs::create_dir_all(&at).context("creating a folder")?;
        ensure!(mount(&["-t", "tmpfs", "-o", "size=24M", "tmpfs"], &at)?, "mount failed");
        Ok(Self(at))
    }

    fn enlarge(&self) -> Result<()> {
        ensure!(mount(&["-o", "remount,size=256M"], &self.0)?, "mount failed");
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> Result<bool> {
    let status = Command::new("mount").args(arguments).arg(at).status();
    Ok(status.context("running mount")?.success())
}

pub(super) fn full_disk_leaves_cells_open(rig: &Rig) -> Result<()> {
    let disk = SmallDisk::mount(rig.scratch().join("disk"))?;
    let fleet = Fleet::start(rig, &disk.0, LARGE, 8)?;
    fleet.submit()?;
    fleet.until_queue_is_empty()?;
    let status = fleet.status()?;
    let open = status["open"].as_u64().unwrap_or_default();
    ensure!(open > 0 && status["failed"] == 0 && status["damaged"] == 0, "{status}");
    let before = records(&fleet.folder)?;
    disk.enlarge()?;
    resumed_is_whole(&fleet, &before)
}
