// SPDX-License-Identifier: GPL-2.0-or-later
//! What a build depends on, and what it does not: nothing is built twice, a changed file rebuilds what it is in, and
//! the place and the hour leave no trace.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;

use super::Rig;
use super::command::{Ended, Running, ended, xtask};
use guest_build::profile::Profile;
use guest_build::repro::{copy_checkout, first_difference};
use guest_build::{baremetal, engine, kernel, linux_image, module, uchaosbox, userland};

checks! {
    second_image_builds_nothing,
    changed_init_rebuilds_the_archive_only,
    another_place_gives_the_same_bytes,
    interrupted_repro_leaves_nothing;
    long:
    two_clean_builds_are_the_same_bytes
}

fn second_image_builds_nothing(rig: &Rig) -> Result<()> {
    let built = steps_built(&image(rig, &rig.linux_options().words()?)?)?;
    ensure!(built.is_empty(), "nothing changed, and it built {}", built.join(", "));
    Ok(())
}

/// In a copy of the checkout, and under another profile's name, so that the images under test stay as they are.
fn changed_init_rebuilds_the_archive_only(rig: &Rig) -> Result<()> {
    let copy = rig.scratch().join("changed-init");
    copy_checkout(rig.root(), &copy, 0o022)?;
    let name = format!("{}-changed", rig.linux_options().profile);
    let profiles = copy.join("linux-guest/profiles");
    let from = profiles.join(format!("{}.toml", rig.linux_options().profile));
    fs::copy(from, profiles.join(format!("{name}.toml"))).context("renaming a profile")?;
    let mut options = rig.linux_options().clone();
    options.profile.clone_from(&name);
    let mut words = options.words()?;
    words.extend(["--checkout".into(), copy.clone().into()]);

    let archive = format!("linux-{name}");
    let context = rig.context()?;
    let folder = context.out.join(&archive);
    let changed = || -> Result<()> {
        let built = steps_built(&image(rig, &words)?)?;
        ensure!(built == [&*archive], "a new profile of known parts built {}", built.join(", "));
        expect_same("initramfs", &rig.linux()?.initramfs, &folder.join("initramfs.cpio.gz"))?;
        let init = copy.join("linux-guest/rootfs/init");
        let text = fs::read_to_string(&init).context("reading the copy's init")? + "# changed\n";
        fs::write(&init, text).context("changing the copy's init")?;
        let built = steps_built(&image(rig, &words)?)?;
        ensure!(built == [&*archive], "a changed init built {}", built.join(", "));
        let error =
            expect_same("initramfs", &rig.linux()?.initramfs, &folder.join("initramfs.cpio.gz"));
        let text = error.err().map(|error| error.to_string()).unwrap_or_default();
        ensure!(text.contains("in init: byte"), "the change is not in the archive: {text}");
        let built = steps_built(&image(rig, &words)?)?;
        ensure!(built.is_empty(), "nothing changed since, and it built {}", built.join(", "));
        Ok(())
    };
    let outcome = changed();
    // What it built lies among what the user builds.
    for left in [
        folder,
        context.out.join(format!("logs/{archive}.log")),
        context.out.join(format!("stamps/{archive}.json")),
    ] {
        let _ = if left.is_dir() { fs::remove_dir_all(&left) } else { fs::remove_file(&left) };
    }
    outcome
}

fn another_place_gives_the_same_bytes(rig: &Rig) -> Result<()> {
    let here = rig.context()?;
    let mut there = rig.context()?;
    // As odd as a path may be that make and the linkers take: a `%` is beyond rust-lld, a `:` and a line end beyond make.
    there.root = rig.scratch().join("another, place/for 'a' \"check\" out=$é");
    there.out = rig.scratch().join("another, place/-for what is built");
    copy_checkout(rig.root(), &there.root, 0o077)?;

    let profile = Profile::read(&there.root, &rig.linux_options().profile)?;
    let kernel = kernel::build(&here, &profile, rig.linux_options().linux_src.as_deref())?;
    let tools = userland::build(&here, &profile)?;
    let engine = engine::build(&there)?.object;
    expect_same("the engine", &rig.images()?.engine.object, &engine)?;
    let bare = baremetal::build(&there, &engine)?;
    expect_same("the microkernel", &rig.images()?.bare.elf, &bare.elf)?;
    let module = module::build(&there, &kernel, &engine)?;
    expect_same("the module", &rig.linux()?.module, &module)?;
    let uchaosbox = uchaosbox::build(&there, &engine)?;
    expect_same("uchaosbox", &rig.linux()?.uchaosbox, &uchaosbox)?;
    let packed =
        linux_image::pack(&profile.rootfs_folders(&there.root), &tools, &uchaosbox, &module)?;
    let archive = there.out.join("initramfs.cpio.gz");
    fs::write(&archive, packed).context("writing the archive")?;
    expect_same("the archive", &rig.linux()?.initramfs, &archive)
}

fn interrupted_repro_leaves_nothing(rig: &Rig) -> Result<()> {
    let place = rig.scratch().join("interrupted-repro");
    fs::create_dir_all(&place).context("creating a folder for it")?;
    let mut running = Running::start(xtask(rig, &["repro"])?.env("TMPDIR", &place))?;
    running.wait_for("] engine")?;
    running.signal(Signal::SIGINT)?;
    running.finish()?.expect(130, &["in build 1 of 2"])?;
    let left = fs::read_dir(&place).context("looking at what it left")?.count();
    ensure!(left == 0, "an interrupted repro left {left} folders in {}", place.display());
    Ok(())
}

fn two_clean_builds_are_the_same_bytes(rig: &Rig) -> Result<()> {
    let mut command = xtask(rig, &["repro", "--usb", "--json"])?;
    let ended = ended(command.args(rig.linux_options().words()?))?;
    ended.expect(0, &["build 2 of 2"])?;
    let files: serde_json::Value = serde_json::from_str(&ended.stdout).context("its JSON")?;
    let here = fs::metadata(&rig.linux()?.bzimage).context("looking at bzImage")?.len();
    let bzimage =
        files.as_array().into_iter().flatten().find(|file| file["name"] == "linux bzImage");
    let there = bzimage.and_then(|file| file["builds"][1]["bytes"].as_u64());
    ensure!(there == Some(here), "bzImage has {here} bytes here, and {there:?} there");
    Ok(())
}

/// `cargo xtask image`, which must end well.
fn image(rig: &Rig, words: &[OsString]) -> Result<Ended> {
    let context = rig.context()?;
    let target = context.out.parent().context("the target folder")?;
    // A copy of the checkout builds where this one does.
    let ended = ended(xtask(rig, &["image"])?.args(words).env("CARGO_TARGET_DIR", target))?;
    ended.expect(0, &["up to date"])?;
    Ok(ended)
}

/// The steps that were not up to date, in order.
fn steps_built(ended: &Ended) -> Result<Vec<String>> {
    let mut built = Vec::new();
    for line in ended.stderr.lines().filter(|line| line.starts_with('[')) {
        // `[3/10] name … what came of it`; a step that ran has a line without an end before it.
        let (step, outcome) =
            line.split_once(" …").with_context(|| format!("a step line {line:?}"))?;
        let name = step.split_once("] ").map_or(step, |(_, name)| name);
        let is_idle = outcome == " up to date" || outcome.ends_with(" in the cache");
        if !is_idle && !built.iter().any(|known| known == name) {
            built.push(name.to_owned());
        }
    }
    Ok(built)
}

fn expect_same(what: &str, here: &Path, there: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("reading {}", path.display()));
    let difference = first_difference(&read(here)?, &read(there)?);
    let text = difference.as_ref().map(ToString::to_string).unwrap_or_default();
    ensure!(
        difference.is_none(),
        "{what} differs between {} and {} at {text}",
        here.display(),
        there.display()
    );
    Ok(())
}
