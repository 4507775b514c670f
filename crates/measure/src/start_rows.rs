// SPDX-License-Identifier: GPL-2.0-or-later
//! Rows of a restart matrix on disk while they are collected: one record per start, appended at once, so that an interrupt
//! loses at most the start under way.
//!
//! A file is a header (magic, shape, what was measured as a SHA-256) and records (number of the start, its samples,
//! CRC-32; little-endian). A record that was not written whole is cut off when the file is opened again.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use chaos_wire::{Target, crc32};
use entropy_report::RestartMatrix;
use guest_run::{ExitKind, hex};

const MAGIC: &[u8; 8] = b"UCHAROW1";
const HEADER_BYTES: usize = 48;
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The true starts of one target, complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetStarts {
    pub target: Target,
    pub matrix: RestartMatrix,
}

impl TargetStarts {
    /// The starts of the target named `name`, if `starts` has them.
    pub(crate) fn of(starts: &[Self], name: &str) -> Option<RestartMatrix> {
        starts.iter().find(|one| one.target.word() == name).map(|one| one.matrix.clone())
    }
}

/// The file under collection; one process at a time holds it.
#[derive(Debug)]
pub(crate) struct StartRows {
    path: PathBuf,
    file: File,
    samples: usize,
    rows: BTreeMap<u32, Vec<u64>>,
    /// When the file was last flushed to the disk.
    synced: Option<Instant>,
}

impl StartRows {
    /// Opens the rows called `name` in `folder`, or creates them, for starts of `samples` samples each. `measured`
    /// identifies what is started and is part of the file's name, so an interrupted collection of another machine,
    /// image or request stays where it is. A file that another process is collecting into is left to it.
    ///
    /// # Errors
    /// Returns an error if the file is damaged, or cannot be read or written.
    pub(crate) fn open(
        folder: &Path,
        name: &str,
        samples: usize,
        measured: &[u8; 32],
    ) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let name = format!("{name}-{}", hex(&measured[..8]));
        let mut path = folder.join(format!("{name}.rows"));
        for number in 2.. {
            if let Some(rows) = Self::open_unless_in_use(&path, samples, measured)? {
                return Ok(rows);
            }
            path = folder.join(format!("{name}-{number}.rows"));
        }
        unreachable!("the numbers do not end")
    }

    fn open_unless_in_use(
        path: &Path,
        samples: usize,
        measured: &[u8; 32],
    ) -> Result<Option<Self>> {
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("locking {}", path.display()));
            }
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(|| format!("reading {}", path.display()))?;
        let expected = header(samples, measured);
        let mut whole = HEADER_BYTES;
        let mut rows = BTreeMap::new();
        if bytes.len() < HEADER_BYTES {
            file.set_len(0)
                .and_then(|()| file.rewind())
                .and_then(|()| file.write_all(&expected))
                .and_then(|()| file.sync_all())
                .with_context(|| format!("writing {}", path.display()))?;
        } else if bytes[..HEADER_BYTES] != expected {
            return Err(anyhow!(ExitKind::Check(format!(
                "{} is damaged; remove it to collect from the beginning",
                path.display()
            ))));
        } else {
            for record in bytes[HEADER_BYTES..].chunks(record_bytes(samples)) {
                let Some((number, row)) = parse(record, samples) else { break };
                rows.insert(number, row);
                whole += record.len();
            }
            file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(
                || format!("cutting off an incomplete record of {}", path.display()),
            )?;
        }
        Ok(Some(Self { path: path.to_path_buf(), file, samples, rows, synced: None }))
    }

    /// Removes the file, and the folder after the last one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub(crate) fn remove(self) -> Result<()> {
        fs::remove_file(&self.path).with_context(|| format!("removing {}", self.path.display()))?;
        if let Some(folder) = self.path.parent() {
            // Not empty while another collection is under way or waits to be resumed.
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    /// Whether start `number` has been recorded.
    pub(crate) fn has(&self, number: u32) -> bool {
        self.rows.contains_key(&number)
    }

    /// How many starts are recorded.
    pub(crate) fn recorded(&self) -> usize {
        self.rows.len()
    }

    /// Appends the samples of start `number`. A process that is killed after that loses nothing; a power cut takes at most
    /// the starts of the last [`SYNC_EVERY`], because a flush to the disk takes longer than the start of a process.
    ///
    /// # Errors
    /// Returns an error if the start gave another number of samples, or the file cannot be written; then the file is as
    /// it was before.
    pub(crate) fn append(&mut self, number: u32, samples: &[u64]) -> Result<()> {
        if samples.len() != self.samples {
            return Err(anyhow!(ExitKind::Guest(format!(
                "start {number} gave {} samples instead of {}",
                samples.len(),
                self.samples
            ))));
        }
        let mut record = Vec::with_capacity(record_bytes(self.samples));
        record.extend(number.to_le_bytes());
        record.extend(samples.iter().flat_map(|delta| delta.to_le_bytes()));
        record.extend(crc32(&record).to_le_bytes());
        let before = self.file.stream_position().context("finding the end of the rows")?;
        let due = self.synced.is_none_or(|last| last.elapsed() >= SYNC_EVERY);
        let flush = |file: &mut File| if due { file.sync_data() } else { Ok(()) };
        let written = self.file.write_all(&record).and_then(|()| flush(&mut self.file));
        if due {
            self.synced = Some(Instant::now());
        }
        if let Err(error) = written {
            let _ = self.file.set_len(before);
            return Err(error).with_context(|| format!("writing {}", self.path.display()));
        }
        self.rows.insert(number, samples.to_vec());
        Ok(())
    }

    /// The samples of starts 1 to `rows`, start by start.
    ///
    /// # Errors
    /// Returns an error if a start is missing.
    pub(crate) fn all(&self, rows: u32) -> Result<Vec<u64>> {
        let mut all = Vec::with_capacity(rows as usize * self.samples);
        for number in 1..=rows {
            all.extend(
                self.rows.get(&number).with_context(|| format!("start {number} is missing"))?,
            );
        }
        Ok(all)
    }
}

const fn record_bytes(samples: usize) -> usize {
    4 + 8 * samples + 4
}

fn header(samples: usize, measured: &[u8; 32]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend(MAGIC);
    header.extend((samples as u64).to_le_bytes());
    header.extend(measured);
    header
}

/// A record, if it is whole.
fn parse(record: &[u8], samples: usize) -> Option<(u32, Vec<u64>)> {
    if record.len() != record_bytes(samples) {
        return None;
    }
    let (checked, crc) = record.split_last_chunk::<4>()?;
    let (number, row) = checked.split_first_chunk::<4>()?;
    if crc32(checked) != u32::from_le_bytes(*crc) {
        return None;
    }
    let row = row.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
    Some((u32::from_le_bytes(*number), row))
}

impl Drop for StartRows {
    fn drop(&mut self) {
        // Closing the file alone would keep the lock for as long as a process that another thread is just starting has it
        // open as well, and the next collection would begin a second file. An error leaves only that.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 32] = [7; 32];

    fn row(number: u32) -> Vec<u64> {
        (0..5).map(|at| u64::from(number) * 100 + at).collect()
    }

    fn open(folder: &Path) -> StartRows {
        StartRows::open(folder, "host", 5, &ID).unwrap()
    }

    #[test]
    fn a_collection_resumes_after_a_cut_at_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = open(folder.path());
        for number in [1, 3, 2] {
            rows.append(number, &row(number)).unwrap();
        }
        let path = rows.path.clone();
        drop(rows);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let mut rows = open(folder.path());
            let complete = length.saturating_sub(HEADER_BYTES) / record_bytes(5);
            assert_eq!(rows.recorded(), complete, "cut at {length}");
            for number in 1..=3 {
                if !rows.has(number) {
                    rows.append(number, &row(number)).unwrap();
                }
            }
            assert_eq!(rows.all(3).unwrap(), [row(1), row(2), row(3)].concat());
        }
    }

    #[test]
    fn a_flipped_bit_ends_what_is_kept_and_one_in_the_header_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = open(folder.path());
        rows.append(1, &row(1)).unwrap();
        rows.append(2, &row(2)).unwrap();
        let path = rows.path.clone();
        drop(rows);
        let mut bytes = fs::read(&path).unwrap();
        bytes[HEADER_BYTES + record_bytes(5) + 9] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let rows = open(folder.path());
        assert!(rows.has(1) && !rows.has(2));
        drop(rows);
        bytes[9] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let error = StartRows::open(folder.path(), "host", 5, &ID).unwrap_err().to_string();
        assert!(error.contains("is damaged"), "{error}");
    }

    #[test]
    fn an_interrupted_collection_is_not_in_the_way_of_another_measurement() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("starts");
        let mut interrupted = open(&folder);
        interrupted.append(1, &row(1)).unwrap();
        drop(interrupted);
        let other = StartRows::open(&folder, "host", 6, &[8; 32]).unwrap();
        assert_eq!(other.recorded(), 0);
        other.remove().unwrap();
        let resumed = open(&folder);
        assert!(resumed.has(1));
        resumed.remove().unwrap();
        assert!(!folder.exists());
    }

    #[test]
    fn two_processes_collect_apart() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = open(folder.path());
        first.append(1, &row(1)).unwrap();
        let second = open(folder.path());
        assert_eq!(second.recorded(), 0);
        assert_ne!(first.path, second.path);
    }

    #[test]
    fn a_short_start_is_refused_and_leaves_the_file_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut rows = open(folder.path());
        assert!(rows.append(1, &[1, 2]).is_err());
        assert!(rows.recorded() == 0 && rows.all(1).is_err());
    }
}
