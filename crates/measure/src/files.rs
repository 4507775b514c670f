// SPDX-License-Identifier: GPL-2.0-or-later
//! The files of one target and condition: `raw.u64le`, `stream.bin`, `restarts.u64le`, `console.log`. Written after the
//! whole capture has been checked, with their SHA-256, which is checked when they are read back.

use std::collections::BTreeMap;
use std::fs::File;

use fs_err as fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use entropy_report::{RestartMatrix, TakenRun};
use serde::{Deserialize, Serialize};

use guest_run::file_sha256;

const RAW: &str = "raw.u64le";
const STREAM: &str = "stream.bin";
const RESTARTS: &str = "restarts.u64le";
const STARTS: &str = "starts.u64le";
const CONSOLE: &str = "console.log";
/// Everything but the samples: times, health counters, the guest's description of itself.
const ABOUT: &str = "taken.json";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    taken: TakenRun,
    /// By file name, the SHA-256 of each file that `taken.paths` names.
    sha256: BTreeMap<String, String>,
}

/// Writes a boot of one target below `run_folder`, and records the paths in it.
pub fn write(run_folder: &Path, taken: &mut TakenRun, console_log: Option<&Path>) -> Result<()> {
    let relative = format!("{}/{}", taken.target, condition(taken));
    let folder = run_folder.join(&relative);
    fs::create_dir_all(&folder)?;
    let mut paths = BTreeMap::new();
    let mut note =
        |what: &str, name: &str| paths.insert(what.to_owned(), format!("{relative}/{name}"));
    if !taken.raw.is_empty() {
        write_words(&folder.join(RAW), &taken.raw)?;
        note("raw", RAW);
    }
    if !taken.stream.is_empty() {
        let path = folder.join(STREAM);
        fs::write(&path, &taken.stream)?;
        note("stream", STREAM);
    }
    if let Some(matrix) = &taken.restarts {
        write_words(&folder.join(RESTARTS), &matrix.delta_ticks)?;
        note("restarts", RESTARTS);
    }
    if let Some(matrix) = &taken.starts {
        write_words(&folder.join(STARTS), &matrix.delta_ticks)?;
        note("starts", STARTS);
    }
    if let Some(console_log) = console_log {
        let path = folder.join(CONSOLE);
        fs::copy(console_log, &path)
            .with_context(|| format!("copying the console log to {}", path.display()))?;
        note("console", CONSOLE);
    }
    taken.paths = paths;
    let sha256 = taken
        .paths
        .values()
        .map(|path| Ok((path.clone(), file_sha256(&run_folder.join(path))?)))
        .collect::<Result<_>>()?;
    let bare = TakenRun {
        raw: Vec::new(),
        stream: Vec::new(),
        restarts: taken.restarts.as_ref().map(shape),
        starts: taken.starts.as_ref().map(shape),
        ..taken.clone()
    };
    let about = About { taken: bare, sha256 };
    let path = folder.join(ABOUT);
    let text = serde_json::to_string_pretty(&about).context("describing a boot")?;
    fs::write(&path, text).with_context(|| format!("writing {}", path.display()))
}

/// Reads back every boot below a run's folder.
pub fn read_all(run_folder: &Path) -> Result<Vec<TakenRun>> {
    let mut found = Vec::new();
    for target in sorted_folders(run_folder)? {
        for condition in sorted_folders(&target)? {
            if condition.join(ABOUT).exists() {
                found.push(read(run_folder, &condition)?);
            }
        }
    }
    ensure!(
        !found.is_empty(),
        "{} holds no samples: it is a comparison of existing runs, so name those runs instead",
        run_folder.display()
    );
    Ok(found)
}

fn read(run_folder: &Path, folder: &Path) -> Result<TakenRun> {
    let path = folder.join(ABOUT);
    let text = fs::read(&path)?;
    let About { mut taken, sha256 } =
        serde_json::from_slice(&text).with_context(|| format!("parsing {}", path.display()))?;
    for (name, expected) in &sha256 {
        let path = run_folder.join(name);
        let found = file_sha256(&path)?;
        ensure!(
            found == *expected,
            "{} was truncated or changed: its SHA-256 is {found}, but should be {expected}; record the run again",
            path.display()
        );
    }
    let place = |what: &str| taken.paths.get(what).map(|path| run_folder.join(path));
    let (raw, stream) = (place("raw"), place("stream"));
    let (restarts, starts) = (place("restarts"), place("starts"));
    if let Some(path) = raw {
        taken.raw = read_words(&path)?;
    }
    if let Some(path) = stream {
        taken.stream = fs::read(&path)?;
    }
    for (path, matrix) in [(restarts, &mut taken.restarts), (starts, &mut taken.starts)] {
        if let (Some(path), Some(matrix)) = (path, matrix.as_mut()) {
            matrix.delta_ticks = read_words(&path)?;
        }
    }
    Ok(taken)
}

/// `ordinary-1`, `isolated-2`.
pub fn condition(taken: &TakenRun) -> String {
    format!("{}-{}", if taken.isolated { "isolated" } else { "ordinary" }, taken.boot)
}

/// The matrix without its samples.
fn shape(matrix: &RestartMatrix) -> RestartMatrix {
    RestartMatrix { rows: matrix.rows, columns: matrix.columns, delta_ticks: Vec::new() }
}

fn sorted_folders(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let mut folders: Vec<_> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

fn write_words(path: &Path, words: &[u64]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut file = BufWriter::with_capacity(1 << 18, File::create(path)?);
        for word in words {
            file.write_all(&word.to_le_bytes())?;
        }
        file.flush()
    };
    write().with_context(|| format!("writing {}", path.display()))
}

fn read_words(path: &Path) -> Result<Vec<u64>> {
    let bytes = fs::read(path)?;
    let (words, rest) = bytes.as_chunks::<8>();
    ensure!(
        rest.is_empty(),
        "{} is not a whole number of 8-byte samples: it was truncated; record the run again",
        path.display()
    );
    Ok(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> TakenRun {
        TakenRun {
            target: "baremetal".into(),
            boot: 2,
            raw: vec![1, u64::MAX, 3],
            stream: b"stream".to_vec(),
            restarts: Some(RestartMatrix { rows: 2, columns: 1, delta_ticks: vec![7, 8] }),
            starts: Some(RestartMatrix { rows: 1, columns: 2, delta_ticks: vec![5, 6] }),
            stream_seconds: Some(0.25),
            ..TakenRun::default()
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken = example();
        write(folder.path(), &mut taken, None).unwrap();
        assert!(folder.path().join("baremetal/ordinary-2/raw.u64le").exists());
        assert_eq!(read_all(folder.path()).unwrap(), [taken]);
    }

    #[test]
    fn a_cut_file_and_a_flipped_bit_are_refused_by_name() {
        type Damage = fn(&mut Vec<u8>);
        let damages: [Damage; 2] =
            [|bytes| bytes.truncate(bytes.len() - 1), |bytes| bytes[1] ^= 0x10];
        for (name, damage) in [RAW, RESTARTS, STARTS, STREAM]
            .into_iter()
            .flat_map(|name| damages.map(|damage| (name, damage)))
        {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), &mut example(), None).unwrap();
            let path = folder.path().join("baremetal/ordinary-2").join(name);
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
            let error = read_all(folder.path()).unwrap_err().to_string();
            assert!(error.contains(name) && error.contains("truncated or changed"), "{error}");
        }
    }
}
