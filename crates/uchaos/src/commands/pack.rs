// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask pack`: makes a smaller file of a program that unpacks itself into memory and runs, for when space is
//! scarce. The file begins with the launcher of `linux-guest/launcher`.

use fs_err as fs;
use std::ffi::{CString, OsStr};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use launcher::{Interpreter, MOST_NAME_BYTES, trailer};

use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::{output, say};
use measure::provenance;

/// Make a self-extracting compressed executable.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask pack target/uchaos/uchaosbox/uchaosbox
  cargo xtask pack --output small ./tool

The packed file needs Linux 3.19 or later on x86-64, and nothing else where it runs. It unpacks the program into memory and
becomes it. docs/kit.md has the details.")]
pub struct Pack {
    /// The program: an ELF file, or a script
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where it goes (default: FILE.packed)
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Pack {
    /// Packs the program behind this launcher, and prints the sizes.
    ///
    /// # Errors
    /// Returns an error if the file is missing ([`ExitKind::Missing`]), cannot be packed, or if the output exists
    /// ([`ExitKind::Usage`]).
    pub fn run(self, context: &CommandContext, launcher: &Path) -> Result<()> {
        let output = self.output.clone().unwrap_or_else(|| {
            let mut name = self.file.as_os_str().to_owned();
            name.push(".packed");
            PathBuf::from(name)
        });
        if context.dry_run {
            eprintln!("would write {}", output.display());
            return Ok(());
        }
        pack(&self.file, launcher, &output)?;
        let artifact = provenance::artifact(&output.display().to_string(), &output)?;
        let before = fs::metadata(&self.file)?.len();
        if context.json {
            output::json(&artifact)
        } else {
            say!("{:>10} bytes  {} (of {before} bytes)", artifact.bytes, output.display())
        }
    }
}

/// Packs a program behind a launcher into a file that does not exist yet.
pub fn pack(program: &Path, launcher: &Path, output: &Path) -> Result<()> {
    let usage = |text: String| anyhow::Error::from(ExitKind::Usage(text));
    let cannot = |why: &str| usage(format!("{} cannot be packed: {why}", program.display()));
    let data = std::fs::metadata(program).map_err(|error| {
        ExitKind::Missing(format!("{} cannot be packed: {error}", program.display()))
    })?;
    if !data.is_file() {
        return Err(cannot("it is not a file"));
    }
    let name = program.file_name().map(OsStr::as_bytes).unwrap_or_default();
    if name.len() > MOST_NAME_BYTES {
        return Err(cannot(&format!("its name is longer than {MOST_NAME_BYTES} bytes")));
    }
    let name = CString::new(name).context("the program's name")?;
    let bytes = fs::read(program)?;
    if !bytes.starts_with(b"\x7fELF") && Interpreter::of(&bytes).is_none() {
        return Err(cannot(
            "it is neither an ELF program nor a script whose first line names its interpreter",
        ));
    }
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let deflated = encoder.write_all(&bytes).and_then(|()| encoder.finish());
    let deflated = deflated.with_context(|| format!("compressing {}", program.display()))?;
    let launcher = fs::read(launcher).context("reading the launcher")?;
    let trailer = trailer(&launcher, &deflated, &name, bytes.len())
        .ok_or_else(|| cannot("it has 4 GiB or more"))?;
    let mut file =
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o755).open(output) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(usage(format!(
                    "{} already exists and is not overwritten; give another --output",
                    output.display()
                )));
            }
            opened => opened.with_context(|| format!("creating {}", output.display()))?,
        };
    let written = [&launcher, &deflated, name.as_bytes_with_nul(), &trailer]
        .into_iter()
        .try_for_each(|part| file.write_all(part));
    if written.is_err() {
        // Remove an incomplete program.
        let _ = fs::remove_file(output);
    }
    written.with_context(|| format!("writing {}: is the disk full?", output.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use flate2::read::DeflateDecoder;
    use launcher::Packed;

    const PROGRAM: &str = "#!/bin/sh\nexit 7\n";
    const LAUNCHER: &[u8] = b"bytes of a launcher";

    #[test]
    fn the_program_its_name_and_the_launcher_are_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("launcher"), LAUNCHER).unwrap();
        fs::write(at("my tool%\u{e9}"), PROGRAM).unwrap();
        pack(&at("my tool%\u{e9}"), &at("launcher"), &at("out")).unwrap();
        let file = fs::read(at("out")).unwrap();
        assert!(file.starts_with(LAUNCHER));
        let packed = Packed::find(&file).unwrap();
        assert_eq!(packed.name.to_str(), Ok("my tool%\u{e9}"));
        assert_eq!(packed.program_bytes, PROGRAM.len());
        let mut program = String::new();
        DeflateDecoder::new(packed.deflated).read_to_string(&mut program).unwrap();
        assert_eq!(program, PROGRAM);
    }

    #[test]
    fn what_is_not_a_program_or_would_be_overwritten_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("launcher"), LAUNCHER).unwrap();
        fs::write(at("text"), "words").unwrap();
        fs::write(at("tool"), PROGRAM).unwrap();
        let long = "n".repeat(MOST_NAME_BYTES + 1);
        fs::write(at(&long), PROGRAM).unwrap();
        let refusal = |file: &str| {
            let error = pack(&at(file), &at("launcher"), &at("out")).unwrap_err();
            error.downcast::<ExitKind>().unwrap()
        };
        assert!(matches!(refusal("text"), ExitKind::Usage(text) if text.contains("neither")));
        assert!(matches!(refusal("ghost"), ExitKind::Missing(text) if text.contains("ghost")));
        assert!(matches!(refusal(""), ExitKind::Usage(text) if text.contains("not a file")));
        assert!(matches!(refusal(&long), ExitKind::Usage(text) if text.contains("longer")));
        fs::write(at("out"), "there").unwrap();
        assert!(matches!(refusal("tool"), ExitKind::Usage(text) if text.contains("already")));
        assert_eq!(fs::read(at("out")).unwrap(), b"there");
    }
}
