// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask sources`: lists, fetches and verifies the source files of the manifest in the cache.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use guest_build::sources::{self, Manifest, Mirror, Obtained, Source};
use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::{output, say};

/// List, fetch or verify the source files of the Linux guest.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask sources                               what there is, and what the cache holds
  cargo xtask sources --fetch                       bring what is missing, going on where it broke
  cargo xtask sources --fetch linux-5.15            one of them
  cargo xtask sources --verify --json | jq '.[] | [.name, .state]'")]
pub(crate) struct Sources {
    /// Show each file: version, whether it is in the cache, mirrors (the default)
    #[arg(long, group = "what")]
    list: bool,
    /// Fetch the files that the cache lacks, from the first mirror that has them
    #[arg(long, group = "what")]
    fetch: bool,
    /// Hash the files in the cache again; a wrong one is reported and set aside
    #[arg(long, group = "what")]
    verify: bool,
    /// Only these (default: all in linux-guest/sources.toml)
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// The state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// In the cache, unchanged.
    Cached,
    Missing,
    /// Its hash was wrong, and it was set aside.
    Wrong,
}

/// The row of one source file.
#[derive(Debug, Serialize)]
struct Row {
    name: String,
    file: String,
    version: Option<String>,
    state: State,
    sha256: Option<String>,
    path: Option<PathBuf>,
    from: Option<String>,
    mirrors: Vec<String>,
    /// Why it is wrong, or could not be fetched.
    problem: Option<String>,
}

impl Sources {
    /// Lists, fetches or verifies.
    ///
    /// # Errors
    /// Returns an error if a name is not in the manifest ([`ExitKind::Usage`]), a file cannot be fetched
    /// ([`ExitKind::Missing`]), or one is wrong ([`ExitKind::Check`]). The other files are still processed.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        let manifest = Manifest::read(&context.root)?;
        let chosen = self.chosen(&manifest)?;
        context.expect_steps(chosen.len());
        let mut rows = Vec::new();
        for source in chosen {
            rows.push(self.row(context, &manifest, source)?);
        }
        if context.json {
            output::json(&rows)?;
        } else {
            rows.iter().try_for_each(print)?;
        }
        verdict(&rows, self.fetch, self.verify)
    }

    fn chosen<'a>(&self, manifest: &'a Manifest) -> Result<Vec<&'a Source>> {
        if self.names.is_empty() {
            return Ok(manifest.sources().collect());
        }
        self.names
            .iter()
            .map(|name| {
                manifest.source(name).map_err(|error| ExitKind::Usage(error.to_string()).into())
            })
            .collect()
    }

    fn row(&self, context: &CommandContext, manifest: &Manifest, source: &Source) -> Result<Row> {
        let outcome = if self.fetch && !context.dry_run && !context.offline {
            sources::obtain(context, manifest, source).map(Some)
        } else {
            sources::in_cache(&sources::folder(context), source)
        };
        let outcome = match outcome {
            Ok(Some(obtained)) if self.verify => obtained.verify().map(|()| Some(obtained)),
            outcome => outcome,
        };
        let row = Row {
            name: source.name.clone(),
            file: source.file.clone(),
            version: source.version.clone(),
            state: State::Missing,
            sha256: source.sha256.clone(),
            path: None,
            from: None,
            mirrors: source.mirrors.iter().map(Mirror::to_string).collect(),
            problem: None,
        };
        match outcome {
            Ok(Some(Obtained { version, path, sha256, from, .. })) => Ok(Row {
                version: Some(version),
                state: State::Cached,
                sha256: Some(sha256),
                path: Some(path),
                from: Some(from),
                ..row
            }),
            Ok(None) => Ok(row),
            Err(error) if error.is::<guest_run::interrupt::Interrupted>() => Err(error),
            Err(error) => {
                let state = if error.is::<sources::WrongSum>() { State::Wrong } else { row.state };
                Ok(Row { state, problem: Some(format!("{error:#}")), ..row })
            }
        }
    }
}

fn print(row: &Row) -> Result<()> {
    let version = row.version.as_deref().unwrap_or("the newest");
    match (row.state, &row.from) {
        (State::Cached, Some(from)) => {
            say!("{:<20} {version:<12} in the cache, from {from}", row.name)
        }
        (State::Wrong, _) => say!("{:<20} {version:<12} WRONG, set aside", row.name),
        _ => {
            say!("{:<20} {version:<12} not in the cache; {}", row.name, row.mirrors.join(", "))
        }
    }?;
    if let Some(sha256) = &row.sha256 {
        say!("{:<20} {sha256}  {}", "", row.file)?;
    }
    Ok(())
}

/// The command's error, after all files have been processed.
fn verdict(rows: &[Row], fetch: bool, verify: bool) -> Result<()> {
    let problems = |state: State| -> Vec<String> {
        rows.iter()
            .filter(|row| row.state == state)
            .map(|row| match &row.problem {
                Some(problem) => format!("{}: {problem}", row.name),
                None => format!("{}: {} is not in the cache", row.name, row.file),
            })
            .collect()
    };
    let (wrong, missing) = (problems(State::Wrong), problems(State::Missing));
    if !wrong.is_empty() {
        return Err(ExitKind::Check(wrong.join("\n")).into());
    }
    // A file that was never fetched is not an error of verification.
    if fetch && !missing.is_empty() {
        let text = format!(
            "{} of {} source files could not be fetched:\n{}",
            missing.len(),
            rows.len(),
            missing.join("\n")
        );
        return Err(ExitKind::Missing(text).into());
    }
    if verify && missing.len() == rows.len() {
        return Err(ExitKind::Missing("nothing to verify: the cache has none of them; `cargo xtask sources --fetch` fetches them".to_owned()).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(state: State, problem: Option<&str>) -> Row {
        Row {
            name: "a".to_owned(),
            file: "a.tar".to_owned(),
            version: None,
            state,
            sha256: None,
            path: None,
            from: None,
            mirrors: Vec::new(),
            problem: problem.map(str::to_owned),
        }
    }

    #[test]
    fn a_wrong_file_outweighs_a_missing_one_and_a_missing_one_matters_when_fetching() {
        let failure = |rows: &[Row], fetch, verify| {
            verdict(rows, fetch, verify).err().and_then(|error| error.downcast::<ExitKind>().ok())
        };
        let both = [row(State::Missing, None), row(State::Wrong, Some("wrong sum"))];
        assert!(
            matches!(failure(&both, true, false), Some(ExitKind::Check(text)) if text.contains("wrong sum"))
        );
        let missing = [row(State::Cached, None), row(State::Missing, Some("no route"))];
        assert!(
            matches!(failure(&missing, true, false), Some(ExitKind::Missing(text)) if text.contains("1 of 2") && text.contains("no route"))
        );
        assert!(failure(&missing, false, true).is_none());
        assert!(failure(&missing[1..], false, true).is_some());
        assert!(failure(&missing, false, false).is_none());
    }
}
