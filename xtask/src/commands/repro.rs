// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask repro`: checks whether two builds from scratch, in two places, give the same bytes.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;

use guest_build::linux_image::{self, LinuxOptions};
use guest_build::preflight;
use guest_build::repro::{self, Selection, Twice};
use guest_build::tools::{TO_BUILD, TO_MAKE_STICK};
use guest_build::{usb, work_dir};
use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::tools::TO_RUN;
use guest_run::{output, say};

/// Space for two builds: source trees, objects, cargo's folders.
const NEEDED_BYTES: u64 = 3 << 30;

/// Build everything twice, in two places, and compare the bytes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask repro
  cargo xtask repro --profile osso
  cargo xtask repro --usb               the stick's image as well
  cargo xtask repro --json | jq '.[] | [.name, .builds[0].sha256]'
  cargo xtask repro --keep              and compare the two builds by hand

Both builds begin with source files alone, in copies of this checkout below $TMPDIR. They differ in path, home, user, umask, time zone and language. Together they take twice as long as a first `cargo xtask image`, and 2 to 3 GB.")]
pub(crate) struct Repro {
    /// Keep the folders of both builds
    #[arg(long)]
    keep: bool,
    /// Also build the image of the USB stick, with its own kernel
    #[arg(long)]
    usb: bool,
    #[command(flatten)]
    linux: LinuxOptions,
}

impl Repro {
    /// Builds twice, and prints the comparison.
    ///
    /// # Errors
    /// Returns an error if anything differs ([`ExitKind::Check`]) or a build fails.
    pub(crate) fn run(self, context: &CommandContext) -> Result<()> {
        preflight::ensure(context, TO_BUILD)?;
        preflight::ensure(context, TO_RUN)?;
        let selection = Selection { options: &self.linux, usb: self.usb };
        let place = place()?;
        if context.dry_run {
            let base = place.join("uchaos-repro-XXXXXX");
            eprint!("would run:\n{}", repro::describe(context, &selection, &base)?);
            return Ok(());
        }
        let base = tempfile::Builder::new()
            .prefix("uchaos-repro-")
            .disable_cleanup(self.keep)
            .tempdir_in(&place)
            .with_context(|| format!("creating a folder in {} ($TMPDIR)", place.display()))?;
        context.expect_steps(linux_image::SOURCES * if self.usb { 2 } else { 1 });
        linux_image::obtain_sources(context, &self.linux)?;
        if self.usb {
            preflight::ensure(context, TO_MAKE_STICK)?;
            let options = LinuxOptions::new(usb::PROFILE, self.linux.linux_src.clone());
            linux_image::obtain_sources(context, &options)?;
        }
        let files = repro::build_twice(context, &selection, base.path())?;
        if context.json {
            output::json(&files)?;
        } else {
            print(&files)?;
        }
        if self.keep {
            eprintln!("both builds are kept in {}", base.path().display());
        }
        verdict(&files)
    }
}

/// A folder with space for both, whose path the kernel's make accepts.
fn place() -> Result<PathBuf> {
    let place = std::env::temp_dir();
    if !work_dir::is_plain(&place) {
        bail!(
            "the kernel's make refuses a path like {}: set TMPDIR to one without spaces and colons",
            place.display()
        );
    }
    ensure_space(&place)?;
    Ok(place)
}

fn ensure_space(place: &Path) -> Result<()> {
    match guest_run::free_bytes(place) {
        Some(free_bytes) if free_bytes < NEEDED_BYTES => bail!(
            "{} has {:.1} GB free, and two builds take {:.1} GB: free some space, or set TMPDIR to a folder with more",
            place.display(),
            free_bytes as f64 / 1e9,
            NEEDED_BYTES as f64 / 1e9
        ),
        _ => Ok(()),
    }
}

fn print(files: &[Twice]) -> Result<()> {
    for Twice { name, builds: [first, second], difference } in files {
        let verdict = if difference.is_none() { "same" } else { "DIFFERS" };
        say!("{:>10}  {}  {verdict:<8}{name}", first.bytes, first.sha256)?;
        if let Some(difference) = difference {
            say!("{:>10}  {}  at {difference}", second.bytes, second.sha256)?;
        }
    }
    Ok(())
}

fn verdict(files: &[Twice]) -> Result<()> {
    let differing: Vec<String> = files
        .iter()
        .filter_map(|file| Some(format!("{} at {}", file.name, file.difference.as_ref()?)))
        .collect();
    if differing.is_empty() {
        return Ok(());
    }
    Err(ExitKind::Check(format!(
        "two builds from the same sources differ: {}. Use --keep to keep both for inspection",
        differing.join("; ")
    ))
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_build::repro::{Build, Difference};

    #[test]
    fn one_difference_makes_the_command_fail_and_is_named() {
        let file = |name: &str, difference| Twice {
            name: name.to_owned(),
            builds: ["a", "b"].map(|sha256| Build { bytes: 1, sha256: sha256.to_owned() }),
            difference,
        };
        let place = Some("section .text".to_owned());
        let differing = file("uchaos.ko", Some(Difference { offset_bytes: 64, place }));
        verdict(&[file("busybox", None)]).unwrap();
        let error = verdict(&[file("busybox", None), differing]).unwrap_err();
        let Some(ExitKind::Check(text)) = error.downcast_ref() else { panic!("{error:#}") };
        assert!(text.contains("uchaos.ko at byte 64, section .text"), "{text}");
        assert!(!text.contains("busybox"), "{text}");
    }
}
