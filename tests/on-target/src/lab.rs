// SPDX-License-Identifier: GPL-2.0-or-later
//! The lab as its users have it: the list, the experiments with their pages, and answers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::Rig;
use super::command::{ended, xtask};

checks! {
    experiments_are_listed_with_times_and_topics,
    wrong_answers_get_a_reason,
    does_not_wait_without_a_terminal,
    quick_experiments_find_their_point;
    long:
    every_experiment_leaves_its_page,
    isolated_servers_have_one_key_and_ordinary_ones_have_two
}

fn experiments_are_listed_with_times_and_topics(rig: &Rig) -> Result<()> {
    let listed = ended(&mut xtask(rig, &["lab"])?)?;
    listed.expect(0, &[])?;
    for number in 1..=15 {
        ensure!(listed.stdout.contains(&format!("  {number}. ")), "{}", listed.stdout);
    }
    for text in
        ["  4.  What to time", " s   workloads, bits per second", "snapshots, keys in common"]
    {
        ensure!(listed.stdout.contains(text), "{text:?} is missing:\n{}", listed.stdout);
    }
    ended(&mut xtask(rig, &["lab", "16"])?)?.expect(2, &["no experiment 16"])
}

fn wrong_answers_get_a_reason(rig: &Rig) -> Result<()> {
    for number in 1..=15_u8 {
        let mut right = 0;
        for letter in ["a", "b", "c"] {
            let words = ["lab", &number.to_string(), "--answer", letter];
            let answer = ended(&mut xtask(rig, &words)?)?;
            if answer.stdout.starts_with("Right. ") {
                answer.expect(0, &[])?;
                right += 1;
            } else {
                answer.expect(1, &[])?;
                let said = &answer.stdout;
                ensure!(said.starts_with("Wrong. ") && said.len() > 60, "no reason: {said}");
                ensure!(!answer.stderr.contains("error"), "harsh: {}", answer.stderr);
            }
        }
        ensure!(right == 1, "{right} of the answers to {number} are right");
    }
    let graded = ended(&mut xtask(rig, &["lab", "9", "--answer", "a", "--json"])?)?;
    graded.expect(1, &[])?;
    let graded: Value = serde_json::from_str(&graded.stdout).context("the JSON of an answer")?;
    ensure!(graded["number"] == 9 && graded["right"] == false, "{graded}");
    ended(&mut xtask(rig, &["lab", "1", "--answer", "x"])?)?.expect(2, &["there are a, b, c"])
}

fn does_not_wait_without_a_terminal(rig: &Rig) -> Result<()> {
    let taken = ended(&mut xtask(rig, &["lab", "7", "--accel", "tcg"])?)?;
    taken.expect(0, &[])?;
    for text in
        ["7. Watchdogs", "lag predictor", "a known generator", "Answer with: cargo xtask lab 7"]
    {
        ensure!(taken.stdout.contains(text), "{text:?} is missing:\n{}", taken.stdout);
    }
    Ok(())
}

fn quick_experiments_find_their_point(rig: &Rig) -> Result<()> {
    let tick = take(rig, 1)?;
    let readings = rows(&tick, 0)?;
    for row in readings {
        let min: u64 = cell(row, 1)?.parse().context("the least step")?;
        ensure!(min > 0, "the counter stands still in {row}");
    }
    let whitening = take(rig, 6)?;
    for row in rows(&whitening, 0)? {
        ensure!(cell(row, 2)? == "PASSED", "an output test of {row}");
    }
    let noise = rows(&whitening, 1)?.first().context("no row on the noise")?;
    ensure!(cell(noise, 1)? == "16" && cell(noise, 2)? == "0.0000", "the clock is {noise}");
    let watchdogs = take(rig, 7)?;
    let last = rows(&watchdogs, 0)?.last().context("no clocks")?;
    let (at_start, in_samples) = (cell(last, 1)?, cell(last, 2)?);
    ensure!(at_start.contains("does not measure time") && in_samples == "nothing", "{last}");
    let sources = take(rig, 11)?;
    let difference = |row: usize| -> Result<f64> {
        cell(&rows(&sources, 0)?[row], 4)?.parse().context("a difference")
    };
    ensure!(difference(0)? < 0.0 && difference(5)? > 5.0, "{}", sources["tables"]);
    let test = take(rig, 13)?;
    let failures = |row: usize, column: usize| -> Result<bool> {
        Ok(cell(&rows(&test, 0)?[row], column)? != "0")
    };
    // The period of 33 needs a look-back of 64; the coin fails only where the cutoff was guessed.
    ensure!(!failures(0, 3)? && failures(1, 3)? && !failures(1, 4)?, "{}", test["tables"]);
    ensure!(!failures(1, 6)? && failures(2, 6)?, "{}", test["tables"]);
    Ok(())
}

fn every_experiment_leaves_its_page(rig: &Rig) -> Result<()> {
    for number in 1..=14 {
        take(rig, number).with_context(|| format!("experiment {number}"))?;
    }
    let first = take(rig, 10)?;
    let waited =
        |row: usize| -> Result<f64> { cell(&rows(&first, 0)?[row], 3)?.parse().context("a wait") };
    ensure!(waited(0)? > waited(1)?, "{}", first["tables"]);
    let zero = take(rig, 5)?;
    for row in rows(&zero, 0)? {
        let expected = if cell(row, 1)? == "isolated" { "the same" } else { "different" };
        ensure!(cell(row, 4)? == expected, "{row}");
    }
    let interrupts = take(rig, 3)?;
    let taken = rows(&interrupts, 0)?.iter().map(|row| cell(row, 1)).collect::<Result<Vec<_>>>()?;
    ensure!(taken[0] == "0" && taken[1..].iter().all(|count| *count != "0"), "{taken:?}");
    let restarts = take(rig, 8)?;
    let different =
        rows(&restarts, 0)?.iter().map(|row| cell(row, 1)).collect::<Result<Vec<_>>>()?;
    ensure!(different[..2] == ["20", "1"], "{different:?}");
    Ok(())
}

fn isolated_servers_have_one_key_and_ordinary_ones_have_two(rig: &Rig) -> Result<()> {
    let keys = take(rig, 15)?;
    for row in rows(&keys, 1)? {
        let expected = if cell(row, 0)? == "isolated" { "the same" } else { "different" };
        ensure!(cell(row, 1)? == expected && cell(row, 2)? == expected, "{}", keys["tables"]);
    }
    let servers = rows(&keys, 0)?;
    ensure!(servers.len() == 4, "{servers:?}");
    for server in servers {
        let uuid = cell(server, 3)?;
        ensure!(uuid.len() == 36 && uuid.as_bytes()[14] == b'4', "not a random UUID: {uuid}");
    }
    Ok(())
}

/// Takes an experiment, and holds its page to what it says of itself.
fn take(rig: &Rig, number: u8) -> Result<Value> {
    let number = number.to_string();
    let taken = ended(&mut xtask(rig, &["lab", &number, "--accel", "tcg", "--json"])?)?;
    taken.expect(0, &[])?;
    let found: Value = serde_json::from_str(&taken.stdout).context("the experiment's JSON")?;
    let read = |key: &str| {
        let path = found[key].as_str().with_context(|| format!("no {key}"))?;
        fs::read_to_string(Path::new(path)).with_context(|| format!("reading {path}"))
    };
    let (html, markdown) = (read("html")?, read("markdown")?);
    ensure!(!html.contains("http://") && !html.contains("https://"), "the page names an address");
    for table in found["tables"].as_array().context("no tables")? {
        for cell in
            table["rows"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten()
        {
            let text = cell.as_str().context("a cell")?;
            ensure!(html.contains(&format!("<td>{text}</td>")), "{text:?} is not on the page");
            ensure!(markdown.contains(text), "{text:?} is not in the Markdown");
        }
    }
    Ok(found)
}

fn rows(found: &Value, table: usize) -> Result<&Vec<Value>> {
    found["tables"][table]["rows"].as_array().with_context(|| format!("no table {table}"))
}

fn cell(row: &Value, column: usize) -> Result<&str> {
    row[column].as_str().with_context(|| format!("no column {column} in {row}"))
}
