// SPDX-License-Identifier: GPL-2.0-or-later
//! Existing runs: found by folder or by name, and read back completely or not at all.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use entropy_report::{CompareResult, TakenRun};

use crate::files;
use guest_run::ExitKind;

/// What a run holds.
#[derive(Debug)]
pub struct Stored {
    /// Its result, as it was written.
    pub result: CompareResult,
    /// Its boots with their samples, each file checked by its SHA-256.
    pub boots: Vec<TakenRun>,
}

/// The folder of the run `name`: a path, or a name below `runs`.
///
/// # Errors
/// Returns an error ([`ExitKind::Usage`]) if neither exists.
pub fn find(runs: &Path, name: &Path) -> Result<PathBuf> {
    let places = [name.to_path_buf(), runs.join(name)];
    let found = places.iter().find(|place| place.is_dir());
    let Some(found) = found else {
        let shown = name.display();
        return Err(ExitKind::Usage(format!(
            "there is no run {shown}: neither a folder of that name nor one below {} (`ls {}` shows the runs)",
            runs.display(),
            runs.display()
        ))
        .into());
    };
    fs::canonicalize(found).with_context(|| format!("finding the run {}", name.display()))
}

/// The result in `folder`.
pub fn read_result(folder: &Path) -> Result<CompareResult> {
    let path = folder.join("result.json");
    let text = fs::read_to_string(&path).with_context(|| {
        format!("reading {}: is it a folder made by `compare`, and finished?", path.display())
    })?;
    entropy_report::from_json(&text).with_context(|| format!("parsing {}", path.display()))
}

/// The run `name` with its samples.
pub fn read(runs: &Path, name: &Path) -> Result<Stored> {
    let folder = find(runs, name)?;
    let result = read_result(&folder)?;
    let boots = files::read_all(&folder)
        .with_context(|| format!("reading the samples of the run {}", folder.display()))?;
    Ok(Stored { result, boots })
}

#[cfg(test)]
mod tests {
    use super::*;
    use entropy_report::{Provenance, analyse, to_json};

    fn result_of_a_boot() -> String {
        let boot = TakenRun {
            target: "baremetal".into(),
            boot: 1,
            raw: vec![1; 100],
            ..TakenRun::default()
        };
        to_json(&analyse(&[boot], Provenance::default()).unwrap()).unwrap()
    }

    #[test]
    fn a_run_is_found_by_name_and_by_path_and_nothing_else_is() {
        let runs = tempfile::tempdir().unwrap();
        fs::create_dir(runs.path().join("one")).unwrap();
        let by_name = find(runs.path(), Path::new("one")).unwrap();
        assert_eq!(by_name, find(Path::new("/nowhere"), &runs.path().join("one")).unwrap());
        let error = find(runs.path(), Path::new("two")).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(ExitKind::Usage(_))), "{error}");
    }

    #[test]
    fn a_damaged_missing_or_older_result_is_one_clear_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = |text: Option<&str>| {
            let path = folder.path().join("result.json");
            match text {
                Some(text) => fs::write(path, text).unwrap(),
                None => assert!(!path.exists()),
            }
            format!("{:#}", read_result(folder.path()).unwrap_err())
        };
        assert!(error(None).contains("is it a folder made by `compare`"));
        let whole = result_of_a_boot();
        assert!(error(Some(&whole[..whole.len() / 2])).contains("reading result.json"));
        let older = whole.replacen("\"schema_version\": 1", "\"schema_version\": 0", 1);
        assert!(error(Some(&older)).contains("it has shape 0, and this tool reads shape 1"));
        fs::write(folder.path().join("result.json"), &whole).unwrap();
        assert_eq!(to_json(&read_result(folder.path()).unwrap()).unwrap(), whole);
    }
}
