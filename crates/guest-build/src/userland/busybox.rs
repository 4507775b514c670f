// SPDX-License-Identifier: GPL-2.0-or-later
//! busybox, linked statically against musl, with the profile's applets alone and
//! no build time in it, so that the same inputs give the same bytes.

use fs_err as fs;
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::{Begun, Tools, begin};
use crate::compiler;
use crate::kconfig::Options;
use crate::kernel;
use crate::kernel_source::short;
use crate::log::StepLog;
use crate::profile::Profile;
use crate::sources::unpack;
use crate::step;
use crate::work_dir;
use guest_run::CommandContext;

/// Folders of the kernel's userland interface that busybox includes and musl does not bring.
const KERNEL_HEADERS: [(&str, &[&str]); 4] = [
    ("linux", &["/usr/include/linux"]),
    ("asm-generic", &["/usr/include/asm-generic"]),
    ("asm", &["/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"]),
    ("mtd", &["/usr/include/mtd"]),
];

/// Builds the profile's busybox.
pub(super) fn build(context: &CommandContext, profile: &Profile) -> Result<Tools> {
    let Begun { source, options, step, build_dir, inputs } = begin(context, profile)?;
    let tree =
        work_dir::for_trees(context)?.join(format!("{}-{}", source.name, short(&source.sha256)));
    let program = build_dir.join("busybox");
    step::run(context, &step, &inputs, &[&program], |log| {
        if !tree.exists() {
            source.verify()?;
            unpack::unpack(&source.path, &tree, &[], log)?;
        }
        let headers = link_headers(&build_dir)?;
        configure(&tree, &build_dir, &headers, &options, log)?;
        log.run(make(&tree, &build_dir, &headers).arg("busybox")).context("compiling busybox")
    })?;
    Ok(Tools { program, links: vec!["sh".to_owned()], from: source.described() })
}

fn make(tree: &Path, build_dir: &Path, headers: &Path) -> Command {
    let mut make = kernel::make(tree, build_dir);
    // After musl's own folders, so that only what musl lacks comes from the host. Of two values of CC the last one counts.
    make.arg(format!("CC=musl-{} -idirafter {}", compiler::GCC, headers.display()))
        .env("KCONFIG_NOTIMESTAMP", "1")
        .env("SOURCE_DATE_EPOCH", "0");
    make
}

/// A folder of links to the kernel's headers and nothing else of the host's.
pub(super) fn link_headers(build_dir: &Path) -> Result<PathBuf> {
    let folder = build_dir.join("kernel-headers");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("emptying {}", folder.display()))?;
    }
    fs::create_dir_all(&folder)?;
    for (name, places) in KERNEL_HEADERS {
        let place = places
            .iter()
            .find(|place| Path::new(place).is_dir())
            .with_context(|| format!("{} is missing: install linux-libc-dev", places[0]))?;
        symlink(place, folder.join(name))
            .with_context(|| format!("linking {place} for the userland"))?;
    }
    Ok(folder)
}

/// busybox's allnoconfig ignores `KCONFIG_ALLCONFIG`: the values are written into its `.config`, and oldconfig
/// settles what depends on them.
fn configure(
    tree: &Path,
    build_dir: &Path,
    headers: &Path,
    options: &Options,
    log: &mut StepLog,
) -> Result<()> {
    log.run(make(tree, build_dir, headers).arg("allnoconfig")).context("configuring busybox")?;
    let path = build_dir.join(".config");
    let read = || fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()));
    fs::write(&path, overlay(&read()?, &options.to_config()))?;
    let mut oldconfig = make(tree, build_dir, headers);
    oldconfig.arg("oldconfig");
    log.run(&mut with_empty_answers(&oldconfig)).context("configuring busybox")?;
    options.check_taken(&read()?).context("configuring busybox")
}

/// `config` with the lines of `wanted` in the place of those on the same options.
fn overlay(config: &str, wanted: &str) -> String {
    let mut wanted: BTreeMap<&str, &str> =
        wanted.lines().filter_map(|line| option_of(line).map(|option| (option, line))).collect();
    let mut lines: Vec<&str> = Vec::new();
    for line in config.lines() {
        lines.push(option_of(line).and_then(|option| wanted.remove(option)).unwrap_or(line));
    }
    lines.extend(wanted.into_values());
    lines.join("\n") + "\n"
}

/// The option that a line of a `.config` is about.
fn option_of(line: &str) -> Option<&str> {
    let off = line.strip_prefix("# ").and_then(|rest| rest.strip_suffix(" is not set"));
    off.or_else(|| line.split_once('=').map(|(option, _)| option))
        .filter(|option| option.starts_with("CONFIG_"))
}

/// The same command, with an empty line for each question that it asks.
fn with_empty_answers(command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "yes '' | \"$0\" \"$@\""])
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanted_options_replace_lines_and_new_ones_are_added() {
        let config = "# comment\nCONFIG_A=n\n# CONFIG_B is not set\nCONFIG_C=\"x\"\n";
        let wanted = "CONFIG_B=y\n# CONFIG_C is not set\nCONFIG_D=3\n";
        assert_eq!(
            overlay(config, wanted),
            "# comment\nCONFIG_A=n\nCONFIG_B=y\n# CONFIG_C is not set\nCONFIG_D=3\n"
        );
    }

    #[test]
    fn questions_are_answered_with_nothing_and_the_surroundings_are_kept() {
        let mut asks = Command::new("sh");
        asks.args(["-c", "read a && read b && test \"$a$b$X\" = kept && exit 7"]).env("X", "kept");
        assert_eq!(with_empty_answers(&asks).status().unwrap().code(), Some(7));
    }
}
