// SPDX-License-Identifier: GPL-2.0-or-later
//! Source files: from the cache, else from their mirrors in turn; verified before anything uses them.
//! The cache is outside `target/`. Next to each file is `<file>.origin.json`: where it came from, and its SHA-256.

mod debian;
mod debs;
mod fetch;
mod http;
mod manifest;
pub mod unpack;
mod wrong_sum;

use fs_err as fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::log::StepLog;
pub use debs::obtain_debs;
use guest_run::CommandContext;
use guest_run::file_sha256;
pub use manifest::{Manifest, Mirror, Source};
pub use wrong_sum::WrongSum;
use wrong_sum::set_aside;

/// A source file in the cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obtained {
    pub name: String,
    /// The version inside: upstream's, or that of Debian's package.
    pub version: String,
    pub path: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    pub from: String,
}

impl Obtained {
    /// The file and its origin, for a run's provenance.
    pub(crate) fn described(&self) -> String {
        format!("{} {} (SHA-256 {}) from {}", self.name, self.version, self.sha256, self.from)
    }
}

/// The record next to a cached file.
#[derive(Debug, Serialize, Deserialize)]
struct Origin {
    version: String,
    sha256: String,
    from: String,
}

/// The first available source of `names`: cached ones are preferred to ones that must be fetched, so that
/// an unchanged build needs no network. With `--dry-run` nothing is fetched.
pub fn first_available(context: &CommandContext, names: &[String]) -> Result<Obtained> {
    let manifest = Manifest::read(&context.root)?;
    let sources = names.iter().map(|name| manifest.source(name)).collect::<Result<Vec<_>>>()?;
    let Some(preferred) = sources.first() else { bail!("no source is named to choose from") };
    let folder = folder(context);
    for source in &sources {
        if let Some(obtained) = in_cache(&folder, source)? {
            eprintln!(
                "{} … {} {} in the cache",
                context.next_label("source"),
                source.name,
                obtained.version
            );
            return Ok(obtained);
        }
    }
    if context.dry_run {
        eprintln!(
            "{} … {} would be fetched from {}",
            context.next_label("source"),
            preferred.file,
            preferred.mirrors[0]
        );
        return Ok(Obtained {
            name: preferred.name.clone(),
            version: preferred.version.clone().unwrap_or_else(|| "the newest".to_owned()),
            path: folder.join(&preferred.file),
            sha256: preferred.sha256.clone().unwrap_or_default(),
            from: preferred.mirrors[0].to_string(),
        });
    }
    if context.offline {
        let wanted: Vec<String> = sources.iter().map(|source| source.file.clone()).collect();
        bail!(
            "--offline, but {} is not in {}: run once without --offline, or put the file there",
            wanted.join(" or "),
            folder.display()
        );
    }
    fetch_first(context, &manifest, &sources, &folder)
}

/// Fetches the first of `names` if the cache lacks it, even if the cache has another one of them.
///
/// # Errors
/// Returns an error for a wrong hash ([`WrongSum`]). An unavailable source is only reported if another is available.
pub fn try_preferred(context: &CommandContext, names: &[String]) -> Result<()> {
    let manifest = Manifest::read(&context.root)?;
    let Some(name) = names.first().filter(|_| !context.offline && !context.dry_run) else {
        return Ok(());
    };
    let source = manifest.source(name)?;
    let folder = folder(context);
    if in_cache(&folder, source)?.is_some() {
        return Ok(());
    }
    match fetch_first(context, &manifest, &[source], &folder) {
        Err(error) if !is_final(&error) => {
            eprintln!("    {name} is not available now: {}", error.root_cause());
            Ok(())
        }
        outcome => outcome.map(|_| ()),
    }
}

/// The source from the cache, else from its mirrors.
///
/// # Errors
/// Returns an error if no mirror has it, or if its hash is wrong ([`WrongSum`]).
pub fn obtain(context: &CommandContext, manifest: &Manifest, source: &Source) -> Result<Obtained> {
    match in_cache(&folder(context), source)? {
        Some(obtained) => Ok(obtained),
        None => fetch_first(context, manifest, &[source], &folder(context)),
    }
}

/// These errors never lead to another source: a wrong hash, Ctrl-C, a full disk.
fn is_final(error: &anyhow::Error) -> bool {
    let full = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::StorageFull;
    error.is::<WrongSum>()
        || error.is::<guest_run::interrupt::Interrupted>()
        || error.chain().filter_map(|cause| cause.downcast_ref()).any(full)
}

fn fetch_first(
    context: &CommandContext,
    manifest: &Manifest,
    sources: &[&Source],
    folder: &Path,
) -> Result<Obtained> {
    let label = context.next_label("source");
    let step = format!("source-{}", sources[0].name);
    let mut log = StepLog::create(&context.out.join("logs"), &step, &label)?;
    let mut failures = Vec::new();
    for source in sources {
        match fetch::from_mirrors(context, manifest, source, folder, http::STALL, &mut log) {
            Ok(obtained) => {
                log.finish();
                eprintln!("{label} … {} {} from {}", source.name, obtained.version, obtained.from);
                return Ok(obtained);
            }
            Err(error) if is_final(&error) => {
                log.finish();
                return Err(error);
            }
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    log.finish();
    bail!(
        "no source to build from is available:\n{}\nCheck the network, or put the file into {} by hand (log: {})",
        failures.join("\n"),
        folder.display(),
        log.path().display()
    )
}

/// The cached file of a source. A file put there by hand is accepted if its SHA-256 is the manifest's.
///
/// # Errors
/// Returns an error if the file is not the manifest's ([`WrongSum`]); it is set aside.
pub fn in_cache(folder: &Path, source: &Source) -> Result<Option<Obtained>> {
    let path = folder.join(&source.file);
    if !path.exists() {
        return Ok(None);
    }
    let origin: Option<Origin> =
        fs::read(origin_path(&path)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    if let Some(origin) = origin
        && source.sha256.as_ref().is_none_or(|expected| *expected == origin.sha256)
    {
        let Origin { version, sha256, from } = origin;
        return Ok(Some(Obtained { name: source.name.clone(), version, path, sha256, from }));
    }
    let (Some(expected), Some(version)) = (&source.sha256, &source.version) else {
        return Ok(None);
    };
    let found = file_sha256(&path)?;
    if *expected != found {
        return Err(set_aside(&path, &path, expected, &found)?.into());
    }
    record(source, version.clone(), path, found, "put into the cache by hand".to_owned()).map(Some)
}

fn record(
    source: &Source,
    version: String,
    path: PathBuf,
    sha256: String,
    from: String,
) -> Result<Obtained> {
    let origin = Origin { version, sha256, from };
    let text = serde_json::to_string_pretty(&origin).context("recording the origin of a source")?;
    let beside = origin_path(&path);
    fs::write(&beside, text)?;
    let Origin { version, sha256, from } = origin;
    Ok(Obtained { name: source.name.clone(), version, path, sha256, from })
}

impl Obtained {
    /// Hashes the file again, as before unpacking.
    ///
    /// # Errors
    /// Returns an error if it has changed ([`WrongSum`]); the file is set aside.
    pub fn verify(&self) -> Result<()> {
        let found = file_sha256(&self.path)?;
        if found == self.sha256 {
            Ok(())
        } else {
            Err(set_aside(&self.path, &self.path, &self.sha256, &found)?.into())
        }
    }
}

/// The folder of source files.
pub fn folder(context: &CommandContext) -> PathBuf {
    context.cache.join("sources")
}

fn origin_path(file: &Path) -> PathBuf {
    with_ending(file, ".origin.json")
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    // SHA-256 of "right".
    const RIGHT: &str = "27042f4e6eca7d0b2a7ee4026df2ecfa51d3339e6d122aa099118ecd8563bad9";

    fn source() -> Source {
        Source {
            name: "a-1".to_owned(),
            version: Some("1.0".to_owned()),
            file: "a.tar".to_owned(),
            sha256: Some(RIGHT.to_owned()),
            mirrors: vec![Mirror::Url("http://127.0.0.1:9/a.tar".to_owned())],
        }
    }

    #[test]
    fn a_wrong_file_names_both_sums_and_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        fs::write(&path, "wrong").unwrap();
        let error = in_cache(folder.path(), &source()).unwrap_err();
        let text = error.to_string();
        assert!(error.is::<WrongSum>());
        assert!(
            text.contains(RIGHT) && text.contains("a.tar.bad") && text.contains("found"),
            "{text}"
        );
        assert!(!path.exists() && folder.path().join("a.tar.bad").exists());
    }

    #[test]
    fn a_file_put_there_by_hand_is_taken_and_a_later_change_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tar"), "right").unwrap();
        let obtained = in_cache(folder.path(), &source()).unwrap().unwrap();
        assert_eq!(obtained.sha256, RIGHT);
        assert_eq!(in_cache(folder.path(), &source()).unwrap().unwrap(), obtained);
        obtained.verify().unwrap();
        fs::write(&obtained.path, "rigth").unwrap();
        assert!(obtained.verify().unwrap_err().is::<WrongSum>());
        assert!(in_cache(folder.path(), &source()).unwrap().is_none());
    }

    #[test]
    fn a_moving_file_without_its_record_is_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.tar"), "whatever").unwrap();
        let moving = Source { sha256: None, version: None, ..source() };
        assert!(in_cache(folder.path(), &moving).unwrap().is_none());
    }
}
