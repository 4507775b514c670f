// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask pack`: a program as a script that unpacks and runs itself, for places where bytes are scarce. It needs
//! `sh`, `tail` and the unpacker where it runs.

use fs_err as fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use flate2::Compression;
use flate2::write::GzEncoder;

use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::file_sha256;
use guest_run::{output, say};
use measure::provenance;

/// Make a self-extracting compressed executable.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask pack target/uchaos/uchaosbox/uchaosbox
  cargo xtask pack --with xz --output small ./tool

The guest of the profile lab has gunzip; that of uchaos has no unpacker.")]
pub struct Pack {
    /// The program: an ELF file, or a script
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What unpacks it where it runs
    #[arg(long, value_enum, default_value_t = Packer::Gzip)]
    with: Packer,
    /// Where it goes (default: FILE.packed)
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A compressor that a guest may have the other half of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Packer {
    /// Unpacked by `gunzip`
    Gzip,
    /// Smaller; unpacked by `unxz`
    Xz,
}

impl Packer {
    fn unpacker(self) -> &'static str {
        match self {
            Self::Gzip => "gunzip",
            Self::Xz => "unxz",
        }
    }

    fn pack(self, program: &Path) -> Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let bytes = fs::read(program).context("reading it")?;
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(&bytes).context("compressing it")?;
                encoder.finish().context("compressing it")
            }
            Self::Xz => {
                // The unpackers of small systems check CRC-32 only.
                let output = Command::new("xz")
                    .args(["--stdout", "-9", "--extreme", "--check=crc32"])
                    .arg(program)
                    .output()
                    .context("starting xz: is xz-utils installed? (`cargo xtask doctor` shows what is missing)")?;
                if !output.status.success() {
                    bail!("xz: {}", String::from_utf8_lossy(&output.stderr).trim());
                }
                Ok(output.stdout)
            }
        }
    }
}

impl Pack {
    /// Packs, and says what that saved.
    ///
    /// # Errors
    /// [`ExitKind::Missing`] for a file that is not there, [`ExitKind::Usage`] for one that cannot be packed or an
    /// output that is there already.
    pub fn run(self, context: &CommandContext) -> Result<()> {
        let output = self.output.clone().unwrap_or_else(|| {
            let mut name = self.file.as_os_str().to_owned();
            name.push(".packed");
            PathBuf::from(name)
        });
        if context.dry_run {
            eprintln!("would write {}", output.display());
            return Ok(());
        }
        pack(&self.file, self.with, &output)?;
        let artifact = provenance::artifact(&output.display().to_string(), &output)?;
        let before = fs::metadata(&self.file).context("looking at the program")?.len();
        if context.json {
            output::json(&artifact)
        } else {
            say!("{:>10} bytes  {} (of {before} bytes)", artifact.bytes, output.display())
        }
    }
}

/// Packs a program into a file that is not there yet.
pub fn pack(program: &Path, packer: Packer, output: &Path) -> Result<()> {
    let usage = |text: String| anyhow::Error::from(ExitKind::Usage(text));
    let data = fs::metadata(program).map_err(|error| {
        ExitKind::Missing(format!("{} cannot be packed: {error}", program.display()))
    })?;
    let name = program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    if !data.is_file() || name.is_empty() || !name.chars().all(plain) {
        return Err(usage(format!(
            "{} is not a file that can be packed: its name may have letters, digits and -_.+",
            program.display()
        )));
    }
    let begin = fs::read(program)?;
    if !begin.starts_with(b"\x7fELF") && !begin.starts_with(b"#!") {
        return Err(usage(format!(
            "{} is neither an ELF program nor a script with #!",
            program.display()
        )));
    }
    let packed = packer.pack(program).with_context(|| format!("packing {}", program.display()))?;
    let head = head(name, data.len(), &file_sha256(program)?, packer.unpacker());
    let mut file =
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(output) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(usage(format!(
                    "{} is there already, and nothing is overwritten; give another --output",
                    output.display()
                )));
            }
            opened => opened.with_context(|| format!("creating {}", output.display()))?,
        };
    let written = file.write_all(head.as_bytes()).and_then(|()| file.write_all(&packed));
    if written.is_err() {
        // Half a program is worse than none.
        let _ = fs::remove_file(output);
    }
    written.with_context(|| format!("writing {}: is the disk full?", output.display()))
}

/// The script before the packed bytes. Its own folder, so that the program has its own name, by which some choose
/// what they do; and no `exec`, so that the folder goes.
fn head(name: &str, len_bytes: u64, sha256: &str, unpacker: &str) -> String {
    let script = format!(
        r#"#!/bin/sh
# {name}, packed by `cargo xtask pack`: {len_bytes} bytes, SHA-256 {sha256}
umask 077
folder=${{TMPDIR:-/tmp}}/packed-{name}-$$
mkdir "$folder" || exit 126
trap 'rm -rf "$folder"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
command -v {unpacker} > /dev/null || {{ echo "{name}: this system has no {unpacker}" >&2; exit 127; }}
tail -n +LINES "$0" | {unpacker} > "$folder/{name}" || {{ echo "{name}: unpacking failed" >&2; exit 126; }}
chmod 700 "$folder/{name}"
"$folder/{name}" "$@"
exit
"#
    );
    let lines = script.lines().count() + 1;
    script.replace("+LINES", &format!("+{lines}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "#!/bin/sh\necho \"${0##*/} got $# words: $*\"\nexit 7\n";

    #[test]
    fn it_runs_with_its_words_its_name_and_its_status_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("tool");
        fs::write(&tool, PROGRAM).unwrap();
        for (packer, name) in [(Packer::Gzip, "gzip"), (Packer::Xz, "xz")] {
            let temporary = folder.path().join(name);
            fs::create_dir(&temporary).unwrap();
            let packed = folder.path().join(format!("tool.{name}"));
            pack(&tool, packer, &packed).unwrap();
            let output = Command::new(&packed)
                .args(["a b", "c"])
                .env("TMPDIR", &temporary)
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "tool got 2 words: a b c\n");
            assert_eq!(output.status.code(), Some(7));
            assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0);
        }
    }

    #[test]
    fn a_cut_one_says_so_and_runs_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let tool = folder.path().join("tool");
        fs::write(&tool, PROGRAM).unwrap();
        let packed = folder.path().join("tool.packed");
        pack(&tool, Packer::Gzip, &packed).unwrap();
        let whole = fs::read(&packed).unwrap();
        fs::write(&packed, &whole[..whole.len() - 12]).unwrap();
        let output = Command::new(&packed).env("TMPDIR", folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(126));
        assert!(String::from_utf8_lossy(&output.stderr).contains("tool: unpacking failed"));
        assert!(output.stdout.is_empty());
    }

    #[test]
    fn what_is_no_program_or_would_be_overwritten_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("text"), "words").unwrap();
        fs::write(at("tool"), PROGRAM).unwrap();
        let refusal = |file: &str| {
            let error = pack(&at(file), Packer::Gzip, &at("out")).unwrap_err();
            error.downcast::<ExitKind>().unwrap()
        };
        assert!(matches!(refusal("text"), ExitKind::Usage(text) if text.contains("neither")));
        assert!(matches!(refusal("ghost"), ExitKind::Missing(text) if text.contains("ghost")));
        fs::write(at("out"), "there").unwrap();
        assert!(matches!(refusal("tool"), ExitKind::Usage(text) if text.contains("already")));
        assert_eq!(fs::read(at("out")).unwrap(), b"there");
    }
}
