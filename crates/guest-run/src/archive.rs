// SPDX-License-Identifier: GPL-2.0-or-later
//! Initial RAM disks for both guests: reproducible newc cpio archives (sorted, owned by root, no times).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use anyhow::{Context, Result, bail};
use cpio::newc::{Builder, ModeFileType};
use flate2::Compression;
use flate2::write::GzEncoder;

/// The contents of an archive; paths are absolute in the guest (`/dev/console`).
#[derive(Debug, Default)]
pub struct Archive {
    entries: BTreeMap<String, Entry>,
    twice: Option<String>,
}

#[derive(Debug)]
enum Entry {
    Dir { mode: u32 },
    File { mode: u32, bytes: Vec<u8> },
    Symlink { to: String },
    CharNode { mode: u32, major: u32, minor: u32 },
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a folder.
    pub fn dir(self, path: &str, mode: u32) -> Self {
        self.add(path, Entry::Dir { mode })
    }

    /// Adds a file.
    pub fn file(self, path: &str, mode: u32, bytes: impl Into<Vec<u8>>) -> Self {
        self.add(path, Entry::File { mode, bytes: bytes.into() })
    }

    /// Adds a symbolic link to `to`.
    pub fn symlink(self, path: &str, to: &str) -> Self {
        self.add(path, Entry::Symlink { to: to.to_owned() })
    }

    /// Adds a character device.
    pub fn node(self, path: &str, mode: u32, major: u32, minor: u32) -> Self {
        self.add(path, Entry::CharNode { mode, major, minor })
    }

    fn add(mut self, path: &str, entry: Entry) -> Self {
        let path = path.trim_matches('/').to_owned();
        if self.entries.insert(path.clone(), entry).is_some() {
            self.twice = Some(path);
        }
        self
    }

    /// The archive, uncompressed.
    pub fn to_cpio(&self) -> Result<Vec<u8>> {
        if let Some(path) = &self.twice {
            bail!("/{path} is in the archive twice");
        }
        let mut out = Vec::new();
        for (number, (path, entry)) in (1_u32..).zip(&self.entries) {
            if let Some((parent, _)) = path.rsplit_once('/')
                && !matches!(self.entries.get(parent), Some(Entry::Dir { .. }))
            {
                bail!("/{path} is in the archive, but its folder /{parent} is not");
            }
            write_entry(&mut out, number, path, entry)
                .with_context(|| format!("archiving /{path}"))?;
        }
        cpio::newc::trailer(&mut out).context("ending the archive")?;
        Ok(out)
    }

    /// The archive as gzip, the one format that our kernels unpack.
    pub fn to_cpio_gz(&self) -> Result<Vec<u8>> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&self.to_cpio()?).context("compressing the archive")?;
        encoder.finish().context("compressing the archive")
    }
}

fn write_entry(out: &mut Vec<u8>, number: u32, path: &str, entry: &Entry) -> Result<()> {
    let head = Builder::new(path).ino(number).nlink(1);
    let (head, bytes) = match entry {
        Entry::Dir { mode } => {
            (head.mode(*mode).set_mode_file_type(ModeFileType::Directory), &[][..])
        }
        Entry::File { mode, bytes } => {
            (head.mode(*mode).set_mode_file_type(ModeFileType::Regular), bytes.as_slice())
        }
        Entry::Symlink { to } => {
            (head.mode(0o777).set_mode_file_type(ModeFileType::Symlink), to.as_bytes())
        }
        Entry::CharNode { mode, major, minor } => (
            head.mode(*mode)
                .set_mode_file_type(ModeFileType::Char)
                .rdev_major(*major)
                .rdev_minor(*minor),
            &[][..],
        ),
    };
    let mut writer =
        head.write(out, u32::try_from(bytes.len()).context("a file of 4 GiB or more")?);
    writer.write_all(bytes)?;
    writer.finish()?;
    Ok(())
}

/// The archive without its compression, if any.
pub fn unpacked(archive: &[u8]) -> Result<Vec<u8>> {
    if !archive.starts_with(&[0x1f, 0x8b]) {
        return Ok(archive.to_vec());
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(archive)
        .read_to_end(&mut plain)
        .context("decompressing an archive")?;
    Ok(plain)
}

/// The files of an archive by path, and their bytes (for a symbolic link, its target).
pub fn read_back(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let plain = unpacked(archive)?;
    let mut rest = plain.as_slice();
    let mut files = BTreeMap::new();
    loop {
        let mut reader = cpio::newc::Reader::new(rest).context("reading an archive")?;
        if reader.entry().is_trailer() {
            return Ok(files);
        }
        let name = reader.entry().name().to_owned();
        let mut bytes = Vec::new();
        reader
            .read_to_end(&mut bytes)
            .with_context(|| format!("reading {name} from an archive"))?;
        files.insert(name, bytes);
        rest = reader.finish().context("reading an archive")?;
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn sample() -> Archive {
        Archive::new()
            .file("/init", 0o755, "#!/bin/sh\n")
            .dir("/dev", 0o755)
            .node("/dev/console", 0o600, 5, 1)
            .dir("/bin", 0o755)
            .symlink("/bin/sh", "busybox")
            .file("/bin/busybox", 0o755, vec![7_u8; 1001])
    }

    #[test]
    fn the_cpio_tool_reads_it() {
        let mut tool = Command::new("cpio")
            .args(["--list", "--verbose", "--numeric-uid-gid", "--quiet"])
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        tool.stdin.take().unwrap().write_all(&sample().to_cpio().unwrap()).unwrap();
        let output = tool.wait_with_output().unwrap();
        assert!(output.status.success());
        let words: Vec<Vec<String>> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect();
        let shown: Vec<String> = words
            .iter()
            .map(|line| {
                let year = line.iter().position(|word| word == "1970").unwrap();
                format!("{} {}:{} {}", line[0], line[2], line[3], line[year + 1..].join(" "))
            })
            .collect();
        assert_eq!(
            shown,
            [
                "drwxr-xr-x 0:0 bin",
                "-rwxr-xr-x 0:0 bin/busybox",
                "lrwxrwxrwx 0:0 bin/sh -> busybox",
                "drwxr-xr-x 0:0 dev",
                "crw------- 0:0 dev/console",
                "-rwxr-xr-x 0:0 init",
            ]
            .map(str::to_owned)
        );
    }

    #[test]
    fn the_order_of_adding_does_not_matter_and_two_builds_are_equal() {
        let other = Archive::new()
            .file("/bin/busybox", 0o755, vec![7_u8; 1001])
            .symlink("/bin/sh", "busybox")
            .dir("/bin", 0o755)
            .node("/dev/console", 0o600, 5, 1)
            .dir("/dev", 0o755)
            .file("/init", 0o755, "#!/bin/sh\n");
        assert_eq!(sample().to_cpio().unwrap(), other.to_cpio().unwrap());
        assert_eq!(sample().to_cpio_gz().unwrap(), other.to_cpio_gz().unwrap());
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let files = read_back(&sample().to_cpio_gz().unwrap()).unwrap();
        assert_eq!(files.len(), 6);
        assert_eq!(files["bin/busybox"], vec![7_u8; 1001]);
        assert_eq!(files["bin/sh"], b"busybox");
        assert!(read_back(&sample().to_cpio().unwrap()[..300]).is_err());
    }

    #[test]
    fn a_missing_folder_and_a_double_path_are_errors() {
        let error =
            Archive::new().file("/etc/uchaos.conf", 0o644, "").to_cpio().unwrap_err().to_string();
        assert!(error.contains("/etc/uchaos.conf") && error.contains("folder /etc"), "{error}");
        assert!(sample().file("/init", 0o755, "").to_cpio().is_err());
    }
}
