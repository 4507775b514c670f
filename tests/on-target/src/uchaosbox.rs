// SPDX-License-Identifier: GPL-2.0-or-later
//! uchaosbox at the guest's console: help, wrong arguments, views. What it measures is in
//! `module.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};

use super::Rig;
use super::linux::{Setting, line_after, shell_output};

checks! {
    each_applet_answers_help,
    wrong_argument_names_the_nearest,
    views_fit_80_columns,
    link_and_view_on_the_host
}

/// Columns of a serial console.
const COLUMNS: usize = 80;

fn each_applet_answers_help(rig: &Rig) -> Result<()> {
    let applets = applets(rig)?;
    let named = named(rig.root())?;
    ensure!(named.len() >= 6, "only {named:?} were found in /init and the docs");
    let unknown: Vec<_> = named.difference(&applets).collect();
    ensure!(unknown.is_empty(), "named, and not there: {unknown:?}");
    let words = applets.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    let line = format!(
        "for a in {words}; do uchaosbox $a -h > /help && grep -q \"^uchaosbox $a\" /help && \
         grep -q '^Exit status: 0 ' /help && echo answered-$a-$((40 + 2)); done"
    );
    let outcome = shell_output(rig, "applets", &Setting::default(), &line)?;
    for applet in &applets {
        line_after(&outcome, &format!("answered-{applet}-42"))?;
    }
    Ok(())
}

/// The applets that the program lists.
fn applets(rig: &Rig) -> Result<BTreeSet<String>> {
    let output = Command::new(&rig.linux()?.uchaosbox).output().context("running uchaosbox")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let named =
        |line: &str| line.strip_prefix("  uchaosbox ")?.split(' ').next().map(str::to_owned);
    Ok(text.lines().filter_map(named).collect())
}

/// The applets that /init calls, and that the docs have between backticks.
fn named(root: &Path) -> Result<BTreeSet<String>> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
    };
    let init = read(&root.join("linux-guest/rootfs/init"))?;
    let mut calls: Vec<String> = init.lines().map(|line| line.trim().to_owned()).collect();
    let docs = fs::read_dir(root.join("docs")).context("listing docs/")?;
    let mut pages = docs
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .context("listing docs/")?;
    pages.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    pages.extend(["README.md", "linux-guest/README.md"].map(|name| root.join(name)));
    for page in pages {
        calls.extend(read(&page)?.split('`').skip(1).step_by(2).map(str::to_owned));
    }
    let applet =
        |call: &String| Some(call.strip_prefix("uchaosbox ")?.split(' ').next()?.to_owned());
    Ok(calls.iter().filter_map(applet).collect())
}

fn wrong_argument_names_the_nearest(rig: &Rig) -> Result<()> {
    let line = "uchaosbox raw 5 --tunrs 2; echo option-$?; uchaosbox haelth; echo applet-$?; \
                uchaosbox raw 5 --workload flsh; echo value-$?; uchaosbox raw many; echo count-$?";
    let outcome = shell_output(rig, "wrong-words", &Setting::default(), line)?;
    for said in [
        "did you mean '--turns'?",
        "did you mean 'health'?",
        "did you mean `flush`?",
        "number `many`",
        "option-2",
        "applet-2",
        "value-2",
        "count-2",
    ] {
        line_after(&outcome, said)?;
    }
    Ok(())
}

fn views_fit_80_columns(rig: &Rig) -> Result<()> {
    let line = "uchaosbox raw 2000 --histogram; uchaosbox raw 2000 --bits --target linux-module; \
                uchaosbox stream 64 --text; uchaosbox stream 4K --bits; \
                echo seventeen letters | uchaosbox view -; uchaosbox raw 3000 | uchaosbox view - --histogram";
    let outcome = shell_output(rig, "views", &Setting::default(), line)?;
    for said in [
        "samples 2000  ticks: min",
        "samples 2000; every bit from",
        "00000030  ",
        "bytes 4096",
        "|seventeen letter|",
        "samples 3000  ticks: min",
    ] {
        line_after(&outcome, said)?;
    }
    // What the kernel says, and the shell's echo of what was typed, is theirs.
    let begin = outcome.lines.iter().position(|line| line.text.contains("samples"));
    let drawn = outcome.lines.iter().skip(begin.context("no view was drawn")?);
    let wide = drawn
        .map(|line| &line.text)
        .find(|text| text.chars().count() > COLUMNS && !text.contains("uchaosbox"));
    ensure!(wide.is_none(), "more than {COLUMNS} columns: {wide:?}");
    Ok(())
}

fn link_and_view_on_the_host(rig: &Rig) -> Result<()> {
    let run = |program: &Path, words: &[&str]| -> Result<Output> {
        let output = Command::new(program).args(words).output();
        output.with_context(|| format!("running {} {}", program.display(), words.join(" ")))
    };
    let link = rig.scratch().join("raw");
    symlink(&rig.linux()?.uchaosbox, &link).context("making a link")?;
    let raw = run(&link, &["1000"])?;
    ensure!(raw.status.success() && raw.stdout.len() == 8000, "{raw:?}");
    let file = rig.scratch().join("raw.u64le");
    fs::write(&file, &raw.stdout).context("keeping samples")?;
    let file = file.display().to_string();
    let view = |option: &str| -> Result<String> {
        let words = ["view", &file, option];
        let words = words.as_slice().get(..if option.is_empty() { 2 } else { 3 });
        let output = run(&rig.linux()?.uchaosbox, words.context("words")?)?;
        ensure!(output.status.success(), "view {option}: {output:?}");
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let samples: Vec<String> = raw
        .stdout
        .as_chunks()
        .0
        .iter()
        .map(|sample| u64::from_le_bytes(*sample).to_string())
        .collect();
    ensure!(
        view("--text")?.lines().eq(samples.iter().map(String::as_str)),
        "--text has other samples"
    );
    let dump = view("")?;
    ensure!(dump.lines().count() == 500 && dump.contains("\n00001f30  "), "{dump}");
    ensure!(view("--histogram")?.contains("\nsamples 1000  ticks: min"), "no histogram");
    ensure!(view("--bits")?.contains("\nsamples 1000; every bit from"), "no bits");
    fs::write(&file, &raw.stdout[..13]).context("cutting a file")?;
    let cut = run(&rig.linux()?.uchaosbox, &["view", &file, "--bits"])?;
    let said = String::from_utf8_lossy(&cut.stderr);
    ensure!(cut.status.code() == Some(1) && said.contains("ends within a sample"), "{cut:?}");
    Ok(())
}
