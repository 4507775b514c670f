// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea esv`: from a project file to the evidence of an entropy source validation.

use crate::answer::Answer;
use crate::input::{FormatName, How, load};
use crate::provenance::Provenance;
use anyhow::Context;
use serde::{Deserialize, Serialize};
use sp800_90b::esv::{
    DataFile, EnvironmentData, Evidence, Finding, Project, Severity, SupportingDocument,
    registration, run_file,
};
use sp800_90b::{Symbols, Track};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Check an ESV project, predict what the server will compute, and write its registration and run files.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  ea esv project.toml --out esv\n\nWrites registration.json, run.json, evidence.json and the data \
                  files, one sample per byte. Status 1: something is missing or wrong; the list says what. docs/ea.md has \
                  a project file."
)]
pub(crate) struct Args {
    /// The project file.
    project: PathBuf,
    /// Where the files are written; only checked and predicted without it.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Print the evidence as JSON.
    #[arg(long)]
    json: bool,
}

/// Samples in each data file of the server, one per byte.
const TAKEN: usize = 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProjectFile {
    source: sp800_90b::esv::Source,
    #[serde(default)]
    conditioning: Vec<sp800_90b::esv::ConditioningComponent>,
    #[serde(default)]
    environment: Vec<Environment>,
    #[serde(default)]
    documents: Documents,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    id: u32,
    raw: Option<PathBuf>,
    restart: Option<PathBuf>,
    #[serde(default)]
    conditioned: Vec<PathBuf>,
    /// How raw and restart files hold samples.
    #[serde(default = "bytes")]
    format: String,
    /// What wide samples are divided by, the same in both files.
    divide: Option<std::num::NonZeroU64>,
    #[serde(default)]
    shift: u32,
}

fn bytes() -> String {
    "u8".to_owned()
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    entropy_assessment_report: Option<PathBuf>,
    public_use_document: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report<'a> {
    #[serde(flatten)]
    evidence: &'a Evidence,
    written: &'a [PathBuf],
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let reading = || format!("reading the project {}", args.project.display());
    let text = std::fs::read_to_string(&args.project).with_context(reading)?;
    let file: ProjectFile = toml::from_str(&text).with_context(reading)?;
    let project = Project { source: file.source, conditioning: file.conditioning };
    // Paths are relative to the project file.
    let base = args.project.parent().unwrap_or(Path::new("."));
    let mut provenance = Provenance::now();
    let mut environments = Vec::new();
    let mut notes = Vec::new();
    for environment in &file.environment {
        let data = read_environment(environment, &project, base, &mut provenance, &mut notes)
            .with_context(|| {
                format!("environment {} of {}", environment.id, args.project.display())
            })?;
        environments.push(data);
    }
    let mut evidence = Evidence::new(&project, &environments)?;
    evidence.findings.extend(notes);
    let documents = documents(&file.documents, base, &mut evidence);
    evidence.findings.sort_by_key(|finding| finding.severity);
    evidence.complete &= evidence.findings.iter().all(|found| found.severity == Severity::Note);
    let mut written = Vec::new();
    if let Some(out) = &args.out {
        written = write(out, &project, &environments, documents, &evidence, &provenance)?;
    }
    let report = Report { evidence: &evidence, written: &written };
    if args.json {
        return Answer::json(evidence.complete, &report, &provenance);
    }
    Ok(Answer::text(evidence.complete, describe(&evidence, &written)?, &provenance))
}

fn read_environment(
    environment: &Environment,
    project: &Project,
    base: &Path,
    provenance: &mut Provenance,
    notes: &mut Vec<Finding>,
) -> anyhow::Result<EnvironmentData> {
    let format = <FormatName as clap::ValueEnum>::from_str(&environment.format, false)
        .map_err(anyhow::Error::msg)
        .with_context(|| format!("format {:?}; `ea assess -h` lists them", environment.format))?;
    let bits = project.source.bits_per_sample;
    let how = How::of(format, bits, environment.divide, environment.shift);
    let mut read = |path: &PathBuf, how: &How, track: Track| -> anyhow::Result<Symbols> {
        let path = base.join(path);
        let input = load(&path, how, track)?;
        provenance.files.push(input.record);
        for warning in input.warnings {
            let text = format!("{}: {warning}", path.display());
            notes.push(Finding { severity: Severity::Note, text });
        }
        Ok(input.symbols)
    };
    let mut raw =
        environment.raw.as_ref().map(|path| read(path, &how, Track::NonIid)).transpose()?;
    let restart =
        environment.restart.as_ref().map(|path| read(path, &how, Track::NonIid)).transpose()?;
    let whole = How::of(FormatName::Bytes, 8, None, 0);
    let conditioned = environment
        .conditioned
        .iter()
        .map(|path| samples_of(&read(path, &whole, Track::Conditioned)?, bits))
        .collect::<anyhow::Result<_>>()?;
    if let Some(symbols) = raw.as_mut().filter(|symbols| symbols.len() > TAKEN) {
        let text = format!(
            "environment {}: the first {TAKEN} of {} samples of raw noise are taken; the server takes no more",
            environment.id,
            symbols.len()
        );
        notes.push(Finding { severity: Severity::Note, text });
        *symbols = Symbols::new(symbols.raw()[..TAKEN].to_vec(), bits)?;
    }
    Ok(EnvironmentData { id: environment.id, raw, restart, conditioned })
}

/// Conditioned output as samples of `bits` bits, as many as the server takes.
fn samples_of(output: &Symbols, bits: u8) -> anyhow::Result<Symbols> {
    let all: Vec<u8> = output.bit_string().iter().take(TAKEN * usize::from(bits)).collect();
    let samples = all.chunks_exact(usize::from(bits.max(1)));
    let samples = samples.map(|bits| bits.iter().fold(0, |sample, bit| sample << 1 | bit));
    Ok(Symbols::new(samples.collect(), bits)?)
}

/// The documents that are there; the others are findings.
fn documents(
    documents: &Documents,
    base: &Path,
    evidence: &mut Evidence,
) -> Vec<SupportingDocument> {
    let kinds = [
        (
            "EntropyAssessmentReport",
            "entropy_assessment_report",
            &documents.entropy_assessment_report,
        ),
        ("PublicUseDocument", "public_use_document", &documents.public_use_document),
    ];
    let mut found = Vec::new();
    for (sd_type, key, path) in kinds {
        let path = path.as_ref().map(|path| base.join(path));
        match path {
            Some(path) if path.is_file() => found.push(SupportingDocument {
                file_path: absolute(&path),
                comment: sd_type.to_owned(),
                sd_type,
            }),
            path => {
                let text = path.map_or_else(
                    || format!("documents.{key}"),
                    |path| format!("documents.{key}: {} is not a file", path.display()),
                );
                evidence.findings.push(Finding { severity: Severity::Missing, text });
            }
        }
    }
    found
}

fn write(
    out: &Path,
    project: &Project,
    environments: &[EnvironmentData],
    documents: Vec<SupportingDocument>,
    evidence: &Evidence,
    provenance: &Provenance,
) -> anyhow::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(out).with_context(|| format!("making the folder {}", out.display()))?;
    let mut written = Vec::new();
    let mut put = |name: String, bytes: &[u8]| -> anyhow::Result<String> {
        let path = out.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        let shown = absolute(&path);
        written.push(path);
        Ok(shown)
    };
    let bits = project.source.bits_per_sample;
    let mut data_files = Vec::new();
    for environment in environments {
        let id = environment.id;
        let mut data = |kind: &str, symbols: Option<&Symbols>| match symbols {
            Some(symbols) => put(format!("oe{id}-{kind}.bin"), symbols.raw()),
            None => Ok(String::new()),
        };
        let raw_noise_path = data("raw", environment.raw.as_ref())?;
        let restart_test_path = data("restart", environment.restart.as_ref())?;
        let unvetted_conditioned_paths = environment
            .conditioned
            .iter()
            .enumerate()
            .map(|(at, symbols)| data(&format!("conditioned-{}", at + 1), Some(symbols)))
            .collect::<Result<_, _>>()?;
        data_files.push(DataFile {
            oe_id: id,
            raw_noise_path,
            raw_noise_sample_size: bits,
            restart_test_path,
            restart_sample_size: bits,
            unvetted_conditioned_paths,
        });
    }
    let registration_path =
        put("registration.json".to_owned(), pretty(&registration(project, evidence))?.as_bytes())?;
    let run = run_file(project, registration_path, data_files, documents);
    put("run.json".to_owned(), pretty(&run)?.as_bytes())?;
    let whole = Answer::json(true, evidence, provenance)?.text;
    put("evidence.json".to_owned(), whole.as_bytes())?;
    Ok(written)
}

fn pretty(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value).context("writing JSON")? + "\n")
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

fn describe(evidence: &Evidence, written: &[PathBuf]) -> Result<String, std::fmt::Error> {
    let mut out = String::new();
    let verdict = if evidence.complete {
        "The project is complete: nothing is missing and nothing contradicts the claim."
    } else {
        "The project cannot be submitted as it is."
    };
    writeln!(out, "{verdict}")?;
    for finding in &evidence.findings {
        let kind = match finding.severity {
            Severity::Missing => "missing",
            Severity::Wrong => "WRONG",
            Severity::Note => "note",
        };
        writeln!(out, "  {kind}: {}", finding.text)?;
    }
    writeln!(out, "\nWhat the server will compute (its shuffles are random):")?;
    let figure = |h: Option<f64>| h.map_or_else(|| "none".to_owned(), |h| format!("{h:.6}"));
    for environment in &evidence.prediction.environments {
        let raw = environment.raw.as_ref();
        writeln!(
            out,
            "  environment {}: H_original {}, H_bitstring {}, H_I {}, after restarts {} bits/sample",
            environment.id,
            figure(raw.and_then(|raw| raw.h_original)),
            figure(raw.and_then(|raw| raw.h_bitstring)),
            figure(environment.h_i),
            figure(environment.h_assessed)
        )?;
        for (at, h_prime) in environment.h_prime.iter().enumerate() {
            writeln!(out, "    h' of conditioned file {}: {}", at + 1, figure(*h_prime))?;
        }
    }
    for (at, h_out) in evidence.prediction.h_out.iter().enumerate() {
        writeln!(out, "  conditioning component {}: h_out {} bits", at + 1, figure(*h_out))?;
    }
    for path in written {
        writeln!(out, "written: {}", path.display())?;
    }
    Ok(out)
}
