// SPDX-License-Identifier: GPL-2.0-or-later
//! The output of a finished run: `manifest.json`, `result.json`, `report.html`, and the table on the terminal; and the
//! provenance in all of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use entropy_report::{CompareResult, Provenance, RepeatCommand, TakenRun};
use serde::Serialize;

use crate::guest::{Host, MachineOptions};
use crate::provenance as facts;
use crate::runs::RunFolder;
use crate::settings::Settings;
use crate::stored::Stored;
use guest_run::CommandContext;
use guest_run::Images;
use guest_run::file_sha256;
use guest_run::progress::task;
use guest_run::say;

/// The step that writes the pages.
pub const REPORT: &str = "report";

#[derive(Debug, Serialize)]
struct Manifest<'a> {
    provenance: &'a Provenance,
    boots: Vec<BootRecord<'a>>,
}

#[derive(Debug, Serialize)]
struct BootRecord<'a> {
    target: &'a str,
    condition: String,
    accel: &'a str,
    command: &'a str,
    /// File, relative to the run's folder, and its SHA-256.
    files_sha256: BTreeMap<&'a str, String>,
}

/// The provenance of a run that is being measured.
pub fn provenance(
    context: &CommandContext,
    images: &Images,
    host: &Host,
    settings: &Settings,
    machine: &MachineOptions,
    run: &str,
) -> Result<Provenance> {
    let params = settings.request(chaos_wire::Targets::EMPTY, false).params;
    provenance_of_guests(context, images, host, params, machine, run)
}

/// The same with the engine's parameters given.
pub fn provenance_of_guests(
    context: &CommandContext,
    images: &Images,
    host: &Host,
    params: chaos_wire::Params,
    machine: &MachineOptions,
    run: &str,
) -> Result<Provenance> {
    let artifacts = images
        .files()
        .into_iter()
        .map(|(name, path)| facts::artifact(name, path))
        .collect::<Result<_>>()?;
    let seen = host.surroundings.seen();
    let linux = images.linux.as_ref();
    let source = linux.map(|linux| ("linux_source".to_owned(), linux.source.clone()));
    let parameters = params
        .iter()
        .map(|(parameter, number)| {
            (parameter.report_key().to_owned(), parameter.value(number).to_string())
        })
        .chain([
            ("memory_mib".to_owned(), machine.memory.to_string()),
            ("cpus".to_owned(), machine.smp.to_string()),
        ])
        .chain(source)
        .collect();
    Ok(Provenance {
        run: run.to_owned(),
        engine_object_sha256: images.engine.sha256.clone(),
        qemu: host.qemu.version().to_owned(),
        accelerator: host.accelerator.to_string(),
        accelerator_reason: host.reason.clone(),
        clock: "the processor's time-stamp counter (lfence; rdtsc)".to_owned(),
        compiler_flags: images.engine.compiler_flags.clone(),
        parameters,
        artifacts,
        banners: linux
            .and_then(|linux| linux.banner.clone())
            .into_iter()
            .chain(seen.disturbances())
            .collect(),
        surroundings: Some(seen),
        ..here(context)
    })
}

/// The provenance of an assessment of existing runs: what they have in common, and what assesses them now.
pub fn provenance_of_taken(context: &CommandContext, runs: &[Stored], id: &str) -> Provenance {
    let origins: Vec<&Provenance> = runs.iter().map(|stored| &stored.result.provenance).collect();
    let mut banners: Vec<String> = origins
        .iter()
        .map(|origin| format!("Boots taken by run {} ({})", origin.run, origin.taken_utc))
        .collect();
    for banner in origins.iter().flat_map(|origin| &origin.banners) {
        if !banners.contains(banner) {
            banners.push(banner.clone());
        }
    }
    let here = Provenance { run: id.to_owned(), banners, ..here(context) };
    match origins.as_slice() {
        // One run assessed again keeps its provenance, and is repeated by one more command.
        [first] => {
            let what = "this assessment".to_owned();
            let again = RepeatCommand { what, line: here.command_line.clone() };
            let repeat = first.repeat.iter().cloned().chain([again]).collect();
            let Provenance { run, banners, tool, command_line, .. } = here;
            Provenance { run, banners, tool, command_line, repeat, ..(*first).clone() }
        }
        // Several runs have an origin each; this holds only what they have in common.
        _ => Provenance {
            engine_object_sha256: agreed(&origins, |o| o.engine_object_sha256.clone()),
            qemu: agreed(&origins, |o| o.qemu.clone()),
            accelerator: agreed(&origins, |o| o.accelerator.clone()),
            clock: agreed(&origins, |o| o.clock.clone()),
            ..here
        },
    }
}

/// The value that all share, if any.
fn agreed<T: PartialEq + Default>(origins: &[&Provenance], what: fn(&Provenance) -> T) -> T {
    let mut values = origins.iter().map(|origin| what(origin));
    let first = values.next().unwrap_or_default();
    if values.all(|value| value == first) { first } else { T::default() }
}

/// What is the same for every result of this checkout on this machine.
pub fn here(context: &CommandContext) -> Provenance {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let command_line = format!("{} {}", guest_run::program(), words.join(" "));
    let revision = facts::git_revision(&context.root);
    let repeat = [
        ("the checkout", format!("git checkout {}", revision.trim_end_matches("-dirty"))),
        ("the whole run", command_line.clone()),
        ("the guests' commands, to copy", format!("{command_line} --dry-run")),
    ];
    Provenance {
        taken_utc: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        git_revision: revision,
        tool: format!("uchaos {}", env!("CARGO_PKG_VERSION")),
        command_line,
        cpu_model: facts::cpu_model(),
        host: facts::host(),
        host_facts: facts::host_facts(),
        compiler: facts::COMPILER.to_owned(),
        repeat: repeat.map(|(what, line)| RepeatCommand { what: what.to_owned(), line }).into(),
        ..Provenance::default()
    }
}

/// Writes the files, gives the run its name by `finish`, and prints the table.
pub fn write(
    context: &CommandContext,
    run: RunFolder,
    result: &CompareResult,
    taken: &[TakenRun],
    finish: fn(RunFolder) -> Result<PathBuf>,
) -> Result<()> {
    let label = context.next_label(REPORT);
    task(&label, |_| files(run.path(), result, taken))?;
    let place = finish(run)?;
    show(context, result)?;
    eprintln!("report: {}", place.join("report.html").display());
    Ok(())
}

/// Writes the files of a run: `manifest.json`, `result.json` and the pages.
pub fn files(folder: &Path, result: &CompareResult, taken: &[TakenRun]) -> Result<()> {
    save(&folder.join("manifest.json"), &manifest(folder, result, taken)?)?;
    save(&folder.join("result.json"), &entropy_report::to_json(result)?)?;
    pages(folder, result)
}

/// Writes `report.html` and `report.md`, which are made from the result alone.
pub fn pages(folder: &Path, result: &CompareResult) -> Result<()> {
    save(&folder.join("report.md"), &entropy_report::to_markdown(result))?;
    save(&folder.join("report.html"), &entropy_report::to_html(result)?)
}

/// Prints the table, or the result as JSON.
pub fn show(context: &CommandContext, result: &CompareResult) -> Result<()> {
    if context.json {
        say!("{}", entropy_report::to_json(result)?)?;
    } else {
        say!("{}", entropy_report::to_terminal(result, columns()))?;
    }
    Ok(())
}

fn manifest(folder: &Path, result: &CompareResult, taken: &[TakenRun]) -> Result<String> {
    let boots = taken
        .iter()
        .map(|run| {
            // Boots of existing runs stay where they are; only files of this folder are listed.
            let here = run.paths.values().filter(|path| folder.join(path).exists());
            let files_sha256 = here
                .map(|path| Ok((path.as_str(), file_sha256(&folder.join(path))?)))
                .collect::<Result<_>>()?;
            Ok(BootRecord {
                target: &run.target,
                condition: crate::files::condition(run),
                accel: &run.accel,
                command: &run.command,
                files_sha256,
            })
        })
        .collect::<Result<_>>()?;
    serde_json::to_string_pretty(&Manifest { provenance: &result.provenance, boots })
        .context("writing the manifest")
}

/// Writes a file atomically: the previous one stays until the new one is complete.
pub fn save(path: &Path, text: &str) -> Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, text)
        .and_then(|()| fs::rename(&fresh, path))
        .inspect_err(|_| drop(fs::remove_file(&fresh)))
        .with_context(|| format!("writing {}", path.display()))
}

/// Columns of the terminal, or 100 if standard output is not a terminal.
fn columns() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| width.0.into())
}
