// SPDX-License-Identifier: GPL-2.0-or-later
//! Finds captures: on a mounted stick, in a folder, in an image, or in a single file.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use chaos_stick::{CAPTURES_PATH, CaptureName};
use chaos_wire::Capture;
use chaos_wire::frame::MAGIC;
use fs_err as fs;
use fs_err::File;

use crate::image;

/// Where a capture was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file, or the image and the file in it.
    pub path: PathBuf,
    /// The facts in its name; a capture from elsewhere may have any name.
    pub name: Option<CaptureName>,
}

/// A capture that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub path: PathBuf,
    pub reason: String,
}

/// The files found.
#[derive(Debug, Default)]
pub struct Found {
    /// Valid captures, in the order of their names, those of series last.
    pub captures: Vec<(Origin, Capture)>,
    pub refused: Vec<Refusal>,
    /// Files that a machine was still writing when it lost power.
    pub unfinished: Vec<PathBuf>,
}

/// Reads every capture at `paths`.
///
/// # Errors
/// Returns an error if a path cannot be read or cannot hold captures. A damaged capture is not an error.
pub fn find(paths: &[PathBuf]) -> Result<Found> {
    let mut found = Found::default();
    for path in paths {
        found.add(path)?;
    }
    // Boots of a series come last: their matrix belongs to another boot, if there is one.
    let order = |origin: &Origin| {
        (origin.name.is_some_and(|name| name.boot.is_some()), origin.name, origin.path.clone())
    };
    found.captures.sort_by_cached_key(|(origin, _)| order(origin));
    found.refused.sort_by(|one, two| one.path.cmp(&two.path));
    found.unfinished.sort();
    Ok(found)
}

impl Found {
    fn add(&mut self, path: &Path) -> Result<()> {
        if fs::metadata(path)?.is_dir() {
            return self.add_folder(path);
        }
        let mut file = File::open(path)?;
        let mut head = [0; MAGIC.len()];
        let is_capture = file.read_exact(&mut head).is_ok() && head == MAGIC;
        if is_capture || CaptureName::parse(&file_name(path)).is_some() {
            let bytes = fs::read(path)?;
            self.take_stream(path, &bytes);
            return Ok(());
        }
        let has_folder = image::each_file(path, &file, &mut |name, bytes| {
            self.take_file(path.join(CAPTURES_PATH.trim_start_matches('/')).join(name), bytes);
        })?;
        anyhow::ensure!(
            has_folder,
            "{} has no folder {CAPTURES_PATH}: is it the stick's image, and has a machine measured yet?",
            path.display()
        );
        Ok(())
    }

    /// The folder of captures, or the root of a mounted stick.
    fn add_folder(&mut self, path: &Path) -> Result<()> {
        let below = path.join(CAPTURES_PATH.trim_start_matches('/'));
        let folder = if below.is_dir() { below } else { path.to_owned() };
        let mut any = false;
        for entry in fs::read_dir(&folder)? {
            let entry = entry.with_context(|| format!("listing {}", folder.display()))?;
            let path = entry.path();
            if !path.is_file() {
                continue;
            }
            any |= self.take_file(path.clone(), fs::read(&path).map_err(Into::into));
        }
        anyhow::ensure!(
            any,
            "{} holds no captures: they are in the folder {CAPTURES_PATH} of a stick, named as 0001-bare.cap",
            path.display()
        );
        Ok(())
    }

    /// Adds a file of a folder; returns whether its name is that of a capture.
    fn take_file(&mut self, path: PathBuf, bytes: Result<Vec<u8>>) -> bool {
        let name = file_name(&path);
        if name.to_ascii_lowercase().ends_with(".tmp") {
            self.unfinished.push(path);
            return true;
        }
        let Some(name) = CaptureName::parse(&name) else { return false };
        let read = bytes.and_then(|bytes| Ok(Capture::read_from(bytes.as_slice(), &path)?));
        match read {
            Ok(capture) => self.captures.push((Origin { path, name: Some(name) }, capture)),
            Err(error) => self.refused.push(Refusal { path, reason: format!("{error:#}") }),
        }
        true
    }

    /// Adds a file given by the user: one capture, or several in sequence as from a serial port.
    fn take_stream(&mut self, path: &Path, bytes: &[u8]) {
        let name = CaptureName::parse(&file_name(path));
        let mut rest = bytes;
        loop {
            match Capture::read_next(&mut rest, path) {
                Ok(Some(capture)) => {
                    self.captures.push((Origin { path: path.to_owned(), name }, capture));
                }
                Ok(None) if bytes.is_empty() => {
                    let reason = "it is empty".to_owned();
                    return self.refused.push(Refusal { path: path.to_owned(), reason });
                }
                Ok(None) => return,
                Err(error) => {
                    let reason = format!("{error:#}");
                    return self.refused.push(Refusal { path: path.to_owned(), reason });
                }
            }
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
