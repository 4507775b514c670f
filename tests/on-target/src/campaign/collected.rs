// SPDX-License-Identifier: GPL-2.0-or-later
//! Cells that were measured elsewhere: another copy of the campaign's folder, whole or damaged; and the page on all of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{campaigns, expect_whole, on_campaigns, records};
use crate::command::ended;
use crate::rig::Rig;

const CELLS: usize = 4;
const PLAN: &str = r#"
boots = 2
samples = 3000
stream = "4K"
restarts = "none"
deadline_s = 120
[grid]
guest = "baremetal"
condition = "isolated"
workload = ["pause", "dram"]
"#;

/// Measures the plan as the campaign `whole`.
fn measured(rig: &Rig) -> Result<PathBuf> {
    rig.images()?;
    let plan = rig.scratch().join("plan.toml");
    fs::write(&plan, PLAN).context("writing the plan")?;
    let plan = plan.to_str().context("a path in UTF-8")?;
    ended(&mut on_campaigns(rig, &["sweep", plan, "--name", "whole"])?)?.expect(0, &[])?;
    let whole = campaigns(rig).join("whole");
    expect_whole(&whole, CELLS, 0)?;
    Ok(whole)
}

/// A copy of a campaign, as from another disk.
fn copied(rig: &Rig, whole: &Path, name: &str) -> Result<PathBuf> {
    let copy = campaigns(rig).join(name);
    let status = Command::new("cp").arg("-a").args([whole, &copy]).status();
    ensure!(status.context("running cp")?.success(), "copying {} failed", whole.display());
    Ok(copy)
}

fn without(campaign: &Path, cell: &str) -> Result<()> {
    fs::remove_dir_all(campaign.join("cells").join(cell))
        .with_context(|| format!("removing {cell}"))
}

pub(super) fn copied_cells_are_brought_once_and_damaged_ones_stay_out(rig: &Rig) -> Result<()> {
    let whole = measured(rig)?;
    let from = whole.to_str().context("a path in UTF-8")?;
    let part = copied(rig, &whole, "part")?;
    without(&part, "00001")?;
    without(&part, "00003")?;
    let collect =
        |from: &str| ended(&mut on_campaigns(rig, &["campaign", "collect", "part", from])?);
    collect(from)?.expect(0, &["2 cells copied, 2 already existed"])?;
    expect_whole(&part, CELLS, 0)?;
    ensure!(records(&part)? == records(&whole)?, "a record changed on its way");
    collect(from)?.expect(0, &["0 cells copied, 4 already existed"])?;
    let equal = ["campaign", "table", "part", "--against", "whole"];
    ended(&mut on_campaigns(rig, &equal)?)?.expect(0, &[])?;

    let damaged = copied(rig, &whole, "damaged")?;
    fs::write(damaged.join("cells/00002/cell.json"), "{").context("damaging a record")?;
    let samples = damaged.join("cells/00003/run");
    fs::remove_dir_all(&samples).context("removing a cell's samples")?;
    without(&part, "00002")?;
    without(&part, "00003")?;
    let damaged = damaged.to_str().context("a path in UTF-8")?;
    collect(damaged)?.expect(
        1,
        &["0 cells copied, 2 already existed", "damaged cells were left out", "00002", "00003"],
    )?;
    ensure!(records(&part)?.len() == 2, "a damaged cell was brought");
    collect(from)?.expect(0, &["2 cells copied, 2 already existed"])?;
    expect_whole(&part, CELLS, 0)
}

pub(super) fn page_on_all_cells_leads_to_each_run(rig: &Rig) -> Result<()> {
    let whole = measured(rig)?;
    ended(&mut on_campaigns(rig, &["campaign", "report", "whole"])?)?
        .expect(0, &["report.html"])?;
    let page = fs::read_to_string(whole.join("report.html")).context("reading the page")?;
    for (cell, record) in records(&whole)? {
        let link = format!("cells/{cell}/run/report.html");
        ensure!(page.contains(&format!("href=\"{link}\"")), "no link to {link}");
        ensure!(whole.join(&link).is_file(), "{link} leads nowhere: {record:?}");
    }
    let to = rig.scratch().join("elsewhere.html");
    let to = to.to_str().context("a path in UTF-8")?;
    ended(&mut on_campaigns(rig, &["campaign", "report", "whole", "--to", to])?)?
        .expect(0, &["elsewhere.html"])?;
    let elsewhere = fs::read_to_string(to).context("reading the other page")?;
    ensure!(elsewhere.contains("whole/cells/00000/run/report.html"), "its links lead nowhere");
    ended(&mut on_campaigns(rig, &["campaign", "report", "no-such"])?)?.expect(2, &["no-such"])
}
