// SPDX-License-Identifier: GPL-2.0-or-later
//! Builds everything that ships twice from sources with this program, in environments that differ in what
//! commonly leaks into a build, and finds the first difference.

mod checkout;
mod difference;
mod surroundings;

use std::ffi::OsString;
use std::fs;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::images::BuiltFile;
use crate::linux_image::LinuxOptions;
pub use checkout::copy_checkout;
pub use difference::{Difference, first_difference};
use guest_run::CommandContext;
use guest_run::process::{self, OnInterrupt, Wiring};
use guest_run::quoted;
use surroundings::{BOTH, Surroundings};

/// Size and hash of one build of one file.
#[derive(Debug, Serialize)]
pub struct Build {
    pub bytes: u64,
    pub sha256: String,
}

/// One file, built twice.
#[derive(Debug, Serialize)]
pub struct Twice {
    pub name: String,
    pub builds: [Build; 2],
    /// Absent if they are equal.
    pub difference: Option<Difference>,
}

/// The selected parts.
#[derive(Debug)]
pub struct Selection<'a> {
    pub options: &'a LinuxOptions,
    /// Also the image of a USB stick, with its own kernel.
    pub usb: bool,
}

impl Selection<'_> {
    /// The arguments of each command that builds a part.
    fn commands(&self) -> Result<Vec<Vec<OsString>>> {
        let mut commands =
            vec![["image".into()].into_iter().chain(self.options.words()?).collect()];
        if self.usb {
            let source = self.options.linux_src_words()?;
            commands.push(["usb".into()].into_iter().chain(source).collect());
        }
        Ok(commands)
    }
}

/// Builds everything twice in folders below `base`, and compares.
pub fn build_twice(
    context: &CommandContext,
    selection: &Selection<'_>,
    base: &Path,
) -> Result<Vec<Twice>> {
    // Both copies at once: a file saved during the first build must not be in the second.
    for surroundings in &BOTH {
        surroundings.prepare(context, base)?;
    }
    let mut builds = Vec::new();
    for (number, surroundings) in BOTH.iter().enumerate() {
        eprintln!("build {} of 2: {}", number + 1, surroundings.describe(base));
        let files = build(context, selection, surroundings, base)
            .with_context(|| format!("in build {} of 2", number + 1))?;
        builds.push(files);
    }
    let second = builds.pop().unwrap_or_default();
    let first = builds.pop().unwrap_or_default();
    ensure!(first.len() == second.len(), "the two builds made different lists of files");
    first.into_iter().zip(second).map(|(first, second)| compare(first, second)).collect()
}

/// A readable description of [`build_twice`].
pub fn describe(
    context: &CommandContext,
    selection: &Selection<'_>,
    base: &Path,
) -> Result<String> {
    let mut lines = Vec::new();
    for surroundings in &BOTH {
        let copied = surroundings.checkout(base);
        lines.push(format!("copy the checkout to {}\n", copied.display()));
        for arguments in selection.commands()? {
            let command = surroundings.command(context, &arguments, base)?;
            let settings: Vec<String> = command
                .get_envs()
                .filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)))
                .map(|(name, value)| format!("{name}={value} "))
                .collect();
            lines.push(format!("{}{}\n", settings.concat(), quoted(&command)));
        }
    }
    Ok(lines.concat())
}

fn build(
    context: &CommandContext,
    selection: &Selection<'_>,
    surroundings: &Surroundings,
    base: &Path,
) -> Result<Vec<BuiltFile>> {
    let mut files = Vec::new();
    for arguments in selection.commands()? {
        let json = output(surroundings.command(context, &arguments, base)?)?;
        let built = serde_json::from_slice(&json).context("reading the list of what was built")?;
        match built {
            Built::Several(several) => files.extend(several),
            Built::One(one) => files.push(one),
        }
    }
    Ok(files)
}

/// A command's output with `--json`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Built {
    Several(Vec<BuiltFile>),
    One(BuiltFile),
}

/// Runs a command with visible progress, and returns its standard output.
fn output(mut command: Command) -> Result<Vec<u8>> {
    // Its progress goes directly to our standard error.
    let mut list = tempfile::tempfile().context("creating a file for the list")?;
    let output = list.try_clone().context("sharing the list's file")?;
    command.stdin(Stdio::null()).stdout(output);
    let finished = process::run(command, Wiring::AsSet, None, OnInterrupt::PassOn)?;
    if !finished.status.success() {
        bail!("it failed ({}); its output is above, and --keep keeps its logs", finished.status);
    }
    let mut text = Vec::new();
    list.rewind().and_then(|()| list.read_to_end(&mut text)).context("reading the list")?;
    Ok(text)
}

fn compare(first: BuiltFile, second: BuiltFile) -> Result<Twice> {
    ensure!(
        first.name == second.name,
        "one build made {}, and the other {} instead",
        first.name,
        second.name
    );
    let difference = if first.sha256 == second.sha256 {
        None
    } else {
        let read =
            |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
        first_difference(&read(&first.path)?, &read(&second.path)?)
    };
    let name = first.name;
    let builds = [
        Build { bytes: first.bytes, sha256: first.sha256 },
        Build { bytes: second.bytes, sha256: second.sha256 },
    ];
    Ok(Twice { name, builds, difference })
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_run::file_sha256;

    #[test]
    fn a_flipped_byte_is_found_and_another_list_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(format!("{name}-{text}"));
            fs::write(&path, text).unwrap();
            let sha256 = file_sha256(&path).unwrap();
            BuiltFile { name: name.to_owned(), bytes: text.len() as u64, sha256, path }
        };
        let same = compare(file("initrd", "bytes"), file("initrd", "bytes")).unwrap();
        assert_eq!(same.difference, None);
        let other = compare(file("initrd", "bytes"), file("initrd", "bytez")).unwrap();
        assert_eq!(other.difference.unwrap().offset_bytes, 4);
        assert_ne!(other.builds[0].sha256, other.builds[1].sha256);
        let error = compare(file("initrd", "bytes"), file("module", "bytes")).unwrap_err();
        assert!(error.to_string().contains("made initrd, and the other module"), "{error}");
    }

    #[test]
    fn what_a_build_fails_with_is_passed_on() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            output(command)
        };
        assert_eq!(shell("echo list").unwrap(), b"list\n");
        let error = shell("exit 5").unwrap_err().to_string();
        assert!(error.contains("exit status: 5") && error.contains("--keep"), "{error}");
    }
}
