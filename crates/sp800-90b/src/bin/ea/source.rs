// SPDX-License-Identifier: MIT OR Apache-2.0
//! A file or stream that is read once, hashed on the way, and checked for changes.

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// More than this is not taken from a stream whose end is not known, unless --limit says so.
pub(crate) const STREAM_BOUND: u64 = 1 << 30;

/// An opened source of bytes.
pub(crate) struct Source {
    path: PathBuf,
    file: File,
    hash: Sha256,
    read_bytes: u64,
    kind: Kind,
    limit: Option<u64>,
}

enum Kind {
    /// With what it was when it was opened.
    Regular(Metadata),
    Stream,
}

/// What was read.
pub(crate) struct ReadBytes {
    pub(crate) len_bytes: u64,
    pub(crate) sha256: String,
    pub(crate) limited: bool,
}

impl Source {
    /// Opens `path`, `-` being standard input.
    ///
    /// # Errors
    /// Returns an error if it cannot be opened, is a folder, or does not end by itself and there is no limit.
    pub(crate) fn open(path: &Path, limit: Option<u64>, bounded: bool) -> anyhow::Result<Self> {
        let shown = path.display();
        let path = if path.as_os_str() == "-" { Path::new("/dev/stdin") } else { path };
        let metadata =
            std::fs::metadata(path).with_context(|| format!("opening {shown} to read samples"))?;
        let file_type = metadata.file_type();
        if file_type.is_dir() {
            bail!(
                "{shown} is a folder; name one file, or use `ea batch` for all files of a folder"
            );
        }
        if (file_type.is_char_device() || file_type.is_block_device())
            && limit.is_none()
            && !bounded
        {
            bail!(
                "{shown} is a device, which may never end; say how much to read with --limit BYTES or --count SAMPLES"
            );
        }
        let file = File::open(path).with_context(|| format!("opening {shown} to read samples"))?;
        let kind = if file_type.is_file() { Kind::Regular(metadata) } else { Kind::Stream };
        Ok(Self {
            path: PathBuf::from(shown.to_string()),
            file,
            hash: Sha256::new(),
            read_bytes: 0,
            kind,
            limit,
        })
    }

    /// How many bytes will be read, where that is known.
    pub(crate) fn len_bytes(&self) -> Option<u64> {
        match &self.kind {
            Kind::Regular(metadata) => Some(metadata.len().min(self.limit.unwrap_or(u64::MAX))),
            Kind::Stream => self.limit,
        }
    }

    /// Reads on to the end, so that the sum is that of the whole file.
    ///
    /// # Errors
    /// Returns an error if it cannot be read, or changed while it was read.
    pub(crate) fn finish(mut self) -> anyhow::Result<ReadBytes> {
        let shown = self.path.display().to_string();
        if matches!(self.kind, Kind::Regular(_)) {
            io::copy(&mut self, &mut io::sink())
                .with_context(|| format!("reading the rest of {shown} for its SHA-256"))?;
        }
        let mut limited = matches!(self.kind, Kind::Stream) && self.limit == Some(self.read_bytes);
        if let Kind::Regular(before) = &self.kind {
            let after = self.file.metadata().with_context(|| format!("looking at {shown}"))?;
            let expected = before.len().min(self.limit.unwrap_or(u64::MAX));
            limited = expected < before.len();
            let same_time =
                (before.mtime(), before.mtime_nsec()) == (after.mtime(), after.mtime_nsec());
            // Files of /proc and /sys have no length of their own.
            let has_length = before.len() > 0 || self.read_bytes == 0;
            ensure!(
                (self.read_bytes == expected || !has_length)
                    && before.len() == after.len()
                    && same_time,
                "{shown} changed while it was read ({} bytes when it was opened, {} read, {} now); assess a file that \
                 is complete",
                before.len(),
                self.read_bytes,
                after.len()
            );
        }
        Ok(ReadBytes { len_bytes: self.read_bytes, sha256: hex(&self.hash.finalize()), limited })
    }
}

impl Read for Source {
    fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
        let left = match (&self.kind, self.limit) {
            // Bytes appended meanwhile are not part of the file that was opened.
            (Kind::Regular(before), limit) if before.len() > 0 => {
                before.len().min(limit.unwrap_or(u64::MAX)).saturating_sub(self.read_bytes)
            }
            (_, Some(limit)) => limit - self.read_bytes,
            (_, None) if self.read_bytes >= STREAM_BOUND => {
                return Err(io::Error::new(
                    ErrorKind::FileTooLarge,
                    format!(
                        "{} gave {STREAM_BOUND} bytes and does not end; say how much to read with --limit BYTES",
                        self.path.display()
                    ),
                ));
            }
            (_, None) => STREAM_BOUND - self.read_bytes,
        };
        let wanted = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let len = self.file.read(&mut piece[..wanted])?;
        self.hash.update(&piece[..len]);
        self.read_bytes += len as u64;
        Ok(len)
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
