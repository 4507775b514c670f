// SPDX-License-Identifier: GPL-2.0-or-later
//! Reads rows from a folder. Of `result.json` only the figures are read: its plots are most of its bytes.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use chaos_vocab::Parameter;
use entropy_report::Provenance;
use entropy_report::result::{BootFigures, RestartResult, SCHEMA_VERSION, Spread};
use guest_run::hex;
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::cell::{Cell, CellState};
use crate::column::{Row, Utc};
use crate::place::Place;

/// The parts of a result that are read.
#[derive(Deserialize)]
struct Figures {
    schema_version: u32,
    targets: Vec<Target>,
    #[serde(default)]
    isolation: Vec<Isolation>,
    provenance: Provenance,
    #[serde(default)]
    runs: Vec<Provenance>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    #[serde(default)]
    run: String,
    accel: String,
    isolated: bool,
    boot: u32,
    kernel: String,
    boot_us: Option<u64>,
    raw: Option<Raw>,
    stream: Option<Stream>,
    restarts: Option<RestartResult>,
    starts: Option<RestartResult>,
    #[serde(default)]
    health: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    meta: BTreeMap<String, String>,
    #[serde(default)]
    paths: BTreeMap<String, String>,
    #[serde(default)]
    command: String,
    informed: Option<Informed>,
    #[serde(default)]
    boots: Vec<BootFigures>,
}

#[derive(Deserialize)]
struct Raw {
    samples: u64,
    sha256: String,
    median_delta_ticks: u64,
    min_entropy_bits_per_sample: Option<f64>,
    verdict: Text,
}

#[derive(Deserialize)]
struct Stream {
    sha256: String,
    mb_per_s: Option<f64>,
}

#[derive(Deserialize)]
struct Informed {
    min_entropy_bits_per_sample: f64,
}

#[derive(Deserialize)]
struct Isolation {
    target: String,
    #[serde(default)]
    run: String,
    accel: String,
    identical: bool,
}

#[derive(Deserialize)]
struct Text {
    text: String,
}

/// The rows of a place: one per target, or one for a cell without a run.
///
/// # Errors
/// Returns an error if a file there was truncated, is not a result, or has another schema version.
pub fn rows(place: &Place) -> Result<Vec<Row>> {
    let mut base = Row {
        path: Some(place.path.clone()),
        result_bytes: Some(place.stamp.bytes),
        result_mtime_ns: Some(place.stamp.mtime_ns),
        state: Some("done".into()),
        run: place.folder.file_name().map(|name| name.to_string_lossy().into_owned()),
        ..Row::default()
    };
    if let Some(of) = &place.cell {
        let cell = Cell::read(&of.folder)?;
        base.run = Some(format!("{}/{:05}", of.campaign, cell.cell));
        base.campaign = Some(of.campaign.clone());
        base.cell = Some(cell.cell);
        base.coordinates = serde_json::to_string(&cell.coordinates).ok();
        base.plan_sha256 = some(&cell.plan_sha256);
        base.host.clone_from(&cell.host);
        base.recorded_utc =
            cell.ended_utc.as_deref().or(cell.started_utc.as_deref()).and_then(moment);
        let no_result = !place.folder.join("result.json").is_file();
        if cell.state == CellState::Failed || no_result {
            return Ok(vec![failed(base, &cell, no_result)]);
        }
    }
    let path = place.folder.join("result.json");
    let bytes = fs_err::read(&path)?;
    let parsing = || format!("parsing {}", path.display());
    let result: Figures = serde_json::from_slice(&bytes).with_context(parsing)?;
    ensure!(
        result.schema_version == SCHEMA_VERSION,
        "{} has schema {}, and this program reads schema {SCHEMA_VERSION}",
        path.display(),
        result.schema_version
    );
    base.result_sha256 = Some(hex(&Sha256::digest(&bytes)));
    Ok(of_result(&base, &result))
}

fn failed(base: Row, cell: &Cell, no_result: bool) -> Row {
    let lost = (no_result && cell.state == CellState::Done)
        .then(|| "the cell is done, but run/result.json does not exist".to_owned());
    let at = format!("{}/{}", base.campaign.as_deref().unwrap_or_default(), cell.cell);
    let one_of = |names: [&str; 2]| names.iter().find_map(|name| cell.coordinate(name));
    let parameter = |parameter: &Parameter| one_of([parameter.report_key(), parameter.key()]);
    Row {
        key: Some(key(&[&cell.plan_sha256, &at])),
        state: Some("failed".into()),
        reason: lost.or(cell.reason.clone()).or_else(|| Some("no reason recorded".into())),
        parameters: Parameter::ALL.iter().map(parameter).collect(),
        target: one_of(["target", "guest"]),
        machine: cell.coordinate("machine"),
        memory_mib: cell.coordinate("memory_mib").and_then(|text| text.parse().ok()),
        accelerator: one_of(["accelerator", "accel"]),
        ..base
    }
}

fn of_result(base: &Row, result: &Figures) -> Vec<Row> {
    let condition =
        |target: &Target| (target.name.clone(), target.run.clone(), target.accel.clone());
    let mut rows: Vec<Row> = Vec::new();
    let mut covered = Vec::new();
    // Isolated boots have a row only if the target was not booted with ordinary time.
    for isolated in [false, true] {
        for target in result.targets.iter().filter(|target| target.isolated == isolated) {
            let condition = condition(target);
            if !covered.contains(&condition) {
                rows.push(of_target(base, result, target));
                covered.push(condition);
            }
        }
    }
    rows
}

fn of_target(base: &Row, result: &Figures, target: &Target) -> Row {
    let letter = target.run.bytes().next().map(|letter| usize::from(letter.wrapping_sub(b'A')));
    let origin = letter.and_then(|at| result.runs.get(at)).unwrap_or(&result.provenance);
    let fact = |key: &str| {
        let known = [&origin.host_facts, &origin.parameters];
        let known = known.iter().find_map(|facts| facts.get(key)).map(String::as_str);
        // An emulated processor as seen by the guest says nothing about the host's.
        let seen = || {
            (target.accel == "hardware").then(|| target.meta.get(key)).flatten().map(String::as_str)
        };
        known
            .or_else(seen)
            .filter(|value| !value.is_empty() && *value != "unknown")
            .map(str::to_owned)
    };
    let two = |one: &str, other: &str| match (fact(one), fact(other)) {
        (Some(one), Some(other)) => Some(format!("{one} {other}")),
        (one, other) => one.or(other),
    };
    let boots = if target.boots.is_empty() { vec![figures(target)] } else { target.boots.clone() };
    let spread = |figure: fn(&BootFigures) -> Option<f64>| Spread::of(boots.iter().map(figure));
    let h = spread(|boot| boot.min_entropy_bits_per_sample);
    let held = boots.iter().filter_map(|boot| boot.restarts_held).reduce(|one, other| one && other);
    let restarts = target.starts.as_ref().or(target.restarts.as_ref());
    let isolation = result.isolation.iter().find(|comparison| {
        (&comparison.target, &comparison.run, &comparison.accel)
            == (&target.name, &target.run, &target.accel)
    });
    let failures = target.health.iter().filter(|(name, _)| name.ends_with("_failures"));
    let raw = target.raw.as_ref();
    let (sha, run) = (base.result_sha256.as_deref().unwrap_or_default(), target.run.as_str());
    let condition = if target.isolated { "isolated" } else { "ordinary" };
    Row {
        key: Some(key(&[sha, &target.name, run, &target.accel, condition])),
        recorded_utc: moment(&origin.taken_utc).or(base.recorded_utc),
        reason: if h.is_some() { None } else { Some(why_no_figure(target)) },
        system: some(&origin.host),
        cpu: some(&origin.cpu_model),
        cpu_vendor: fact("cpu_vendor"),
        cpu_family: fact("cpu_family"),
        cpu_model: fact("cpu_model"),
        cpu_stepping: fact("cpu_stepping"),
        microcode: fact("microcode"),
        firmware: two("firmware_vendor", "firmware_version"),
        board: two("board_vendor", "board_model"),
        accelerator: some(&target.accel),
        machine: option(&target.command, &["-machine", "-M"]),
        guest_cpu: target.meta.get("cpu").cloned(),
        qemu: some(&origin.qemu),
        memory_mib: fact("memory_mib").and_then(|text| text.parse().ok()),
        target: some(&target.name),
        isolated: Some(target.isolated),
        // Boots of existing runs are named by their folder, which is not below this run's.
        derived: Some(
            !target.run.is_empty()
                || target.paths.values().any(|path| path.starts_with('.') || path.starts_with('/')),
        ),
        kernel: some(&target.kernel),
        boots: i64::try_from(boots.len()).ok(),
        samples: raw.and_then(|raw| i64::try_from(raw.samples).ok()),
        h: h.map(|h| h.median),
        h_min: h.map(|h| h.low),
        h_max: h.map(|h| h.high),
        h_informed: target.informed.as_ref().map(|found| found.min_entropy_bits_per_sample),
        restarts: held.map(|held| if held { "passed" } else { "failed" }.to_owned()),
        h_restarts: restarts.and_then(|found| found.min_entropy_bits_per_sample),
        isolation: isolation
            .map(|of| if of.identical { "identical" } else { "different" }.to_owned()),
        health_state: target
            .health
            .get("state")
            .and_then(|state| state.as_str())
            .map(str::to_owned),
        health_failures: failures.map(|(_, count)| count.as_i64()).sum(),
        median_delta_ticks: raw.and_then(|raw| i64::try_from(raw.median_delta_ticks).ok()),
        mb_per_s: spread(|boot| boot.mb_per_s).map(|spread| spread.median),
        boot_us: spread(|boot| boot.boot_us.map(|us| us as f64)).map(|spread| spread.median),
        raw_path: target.paths.get("raw").cloned(),
        raw_sha256: raw.map(|raw| raw.sha256.clone()),
        stream_sha256: target.stream.as_ref().map(|stream| stream.sha256.clone()),
        restarts_sha256: restarts.map(|found| found.sha256.clone()),
        engine_sha256: origin.engine_object_sha256.clone(),
        revision: some(&origin.git_revision),
        tool: some(&origin.tool),
        parameters: Parameter::ALL.iter().map(|parameter| fact(parameter.report_key())).collect(),
        ..base.clone()
    }
}

/// Figures of the only boot in a result of an older version.
fn figures(target: &Target) -> BootFigures {
    let restarts = [target.restarts.as_ref(), target.starts.as_ref()];
    BootFigures {
        boot: target.boot,
        boot_us: target.boot_us,
        min_entropy_bits_per_sample: target
            .raw
            .as_ref()
            .and_then(|raw| raw.min_entropy_bits_per_sample),
        restarts_held: restarts
            .into_iter()
            .flatten()
            .filter_map(RestartResult::held)
            .reduce(|one, other| one && other),
        mb_per_s: target.stream.as_ref().and_then(|stream| stream.mb_per_s),
        ..BootFigures::default()
    }
}

fn why_no_figure(target: &Target) -> String {
    match &target.raw {
        None => "the target has no raw noise".to_owned(),
        Some(raw) => raw.verdict.text.clone(),
    }
}

/// The value of an option on a QEMU command line, up to its first comma.
fn option(command: &str, names: &[&str]) -> Option<String> {
    let mut rest = command.split_whitespace();
    rest.find(|piece| names.contains(piece))?;
    rest.next()?.split(',').next().map(|value| value.trim_matches('\'').to_owned())
}

fn key(parts: &[&str]) -> String {
    hex(&Sha256::digest(parts.join("\n"))[..16])
}

fn moment(text: &str) -> Option<Utc> {
    text.parse::<Timestamp>().ok().map(|time| Utc(time.as_microsecond()))
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}
