// SPDX-License-Identifier: GPL-2.0-or-later
//! `uchaos verify`: checks files against a list of SHA-256 sums, such as a download or your own build.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use fs_err as fs;
use guest_run::{CommandContext, ExitKind, file_sha256, output, say};
use serde::Serialize;

/// Check files against a list of SHA-256 sums: a download, or your own build against a download.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask verify SHA256SUMS                          is the download whole?
  cargo xtask verify DOWNLOAD/SHA256SUMS --with target/uchaos/dist/uchaos-0.1.0-x86_64
                                                         are these files what I build myself?

Exit status: 0 when every file is the same, 1 when one differs or is missing.")]
pub struct Verify {
    /// The list, as `sha256sum` writes it
    #[arg(value_name = "SUMS")]
    sums: PathBuf,
    /// Check the files in DIR [default: the folder of the list]
    #[arg(long, value_name = "DIR")]
    with: Option<PathBuf>,
}

/// A line of the list.
#[derive(Debug, PartialEq, Eq)]
struct Sum<'a> {
    sha256: &'a str,
    name: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Same,
    Different,
    Missing,
}

#[derive(Debug, Serialize)]
struct Checked<'a> {
    file: &'a str,
    outcome: Outcome,
}

impl Verify {
    /// Compares every file of the list.
    pub fn run(self, context: &CommandContext) -> Result<()> {
        let text = fs::read_to_string(&self.sums)?;
        let sums = parse(&text)
            .with_context(|| format!("parsing the list of sums {}", self.sums.display()))?;
        let own = || self.sums.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let folder = self.with.clone().unwrap_or_else(own);
        let checked = sums
            .iter()
            .map(|sum| Ok(Checked { file: sum.name, outcome: compare(&folder, sum)? }))
            .collect::<Result<Vec<_>>>()?;
        let wrong = checked.iter().filter(|checked| checked.outcome != Outcome::Same).count();
        if context.json {
            output::json(&checked)?;
        } else {
            for Checked { file, outcome } in &checked {
                match outcome {
                    Outcome::Same => {}
                    Outcome::Different => say!("different  {file}")?,
                    Outcome::Missing => say!("missing    {file}")?,
                }
            }
            say!("{} of {} files are the same", checked.len() - wrong, checked.len())?;
        }
        if wrong == 0 { Ok(()) } else { Err(ExitKind::Said.into()) }
    }
}

fn compare(folder: &Path, sum: &Sum<'_>) -> Result<Outcome> {
    let path = folder.join(sum.name);
    if !path.is_file() {
        return Ok(Outcome::Missing);
    }
    let same = file_sha256(&path)?.eq_ignore_ascii_case(sum.sha256);
    Ok(if same { Outcome::Same } else { Outcome::Different })
}

/// Reads the list: a sum of 64 hexadecimal digits, a blank, a blank or `*`, and a path that stays in its folder.
fn parse(text: &str) -> Result<Vec<Sum<'_>>> {
    let lines = text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty());
    let sums = lines
        .map(|(line, number)| {
            sum(line).with_context(|| {
                format!(
                    "line {number} is not a SHA-256 sum and a file name, as `sha256sum` writes them"
                )
            })
        })
        .collect::<Result<Vec<_>>>()?;
    anyhow::ensure!(!sums.is_empty(), "it names no file");
    Ok(sums)
}

fn sum(line: &str) -> Option<Sum<'_>> {
    let (sha256, name) = line.split_at_checked(64)?;
    let name = name.strip_prefix("  ").or_else(|| name.strip_prefix(" *"))?;
    let hexadecimal = sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
    let inside = !name.is_empty()
        && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    (hexadecimal && inside).then_some(Sum { sha256, name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_names_files_inside_its_folder_and_nothing_else() {
        let digits = "0".repeat(64);
        let good = format!("{digits}  images/vmlinux\n{digits} *ea\n\n");
        let names: Vec<&str> = parse(&good).unwrap().iter().map(|sum| sum.name).collect();
        assert_eq!(names, ["images/vmlinux", "ea"]);
        for bad in ["", "\n", "abc  ea", &format!("{digits} ea"), &format!("{digits}  ")] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
        for outside in ["/etc/passwd", "../ea", "a/../../ea"] {
            assert!(parse(&format!("{digits}  {outside}\n")).is_err(), "{outside}");
        }
    }

    #[test]
    fn different_and_missing_files_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ea"), "text").unwrap();
        let sha256 = file_sha256(&folder.path().join("ea")).unwrap();
        let outcome = |sha256: &str, name| compare(folder.path(), &Sum { sha256, name }).unwrap();
        assert_eq!(outcome(&sha256, "ea"), Outcome::Same);
        assert_eq!(outcome(&sha256.to_uppercase(), "ea"), Outcome::Same);
        assert_eq!(outcome(&"0".repeat(64), "ea"), Outcome::Different);
        assert_eq!(outcome(&sha256, "uchaos"), Outcome::Missing);
    }
}
