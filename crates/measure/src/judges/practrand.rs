// SPDX-License-Identifier: GPL-2.0-or-later
//! `PractRand`'s `RNG_test`, over as much of the stream as fills a power of two.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::Reading;

pub(super) fn commands(file: &Path) -> Vec<Command> {
    let len_bytes = file.metadata().map_or(0, |data| data.len());
    // It looks at powers of two from 64 KB on; the last one that the file fills.
    let most_kib = len_bytes / 1024;
    let most_kib = if most_kib == 0 { 0 } else { 1_u64 << most_kib.ilog2() };
    let mut command = Command::new("RNG_test");
    command.args(["stdin", "-tlmin", "64KB", "-tlmax", &format!("{}KB", most_kib.max(64))]);
    command.stdin(File::open(file).map_or_else(|_| Stdio::null(), Stdio::from));
    vec![command]
}

/// The last `length=` section: lines with FAIL, SUSPICIOUS or unusual, and how many results there are.
pub(super) fn read(said: &str, target: &TargetResult) -> Result<Reading> {
    let section = said.rsplit_once("length=").context("RNG_test came to no length")?.1;
    let with = |word: &str| section.lines().filter(|line| line.contains(word)).count();
    let failed = with("FAIL");
    let suspicious = with("SUSPICIOUS").max(with("suspicious"));
    let results = section.lines().find(|line| line.contains("test result(s)"));
    let results = results.context("RNG_test gave no count of its results")?.trim();
    let status = match (failed, suspicious) {
        (0, 0) => Status::Passed,
        (0, _) => Status::Caution,
        _ => Status::Failed,
    };
    let length = section.split(',').next().unwrap_or_default().trim();
    Ok(Reading {
        figure: "tests failed",
        unit: "",
        theirs: failed as f64,
        ours: super::failed_tests(target),
        status,
        text: format!(
            "After {length}: {failed} failed, {suspicious} suspicious; it says \"{results}\". Looks only."
        ),
        formula: "PractRand's core tests with its standard folding; ours: how many of our own output tests fail",
        version: super::word_after(said, "PractRand version ").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::tests::example;

    #[test]
    fn the_last_length_counts() {
        let (result, _) = example();
        let begin = "RNG_test using PractRand version 0.94\nlength= 8 megabytes (2^23 bytes), time= 0.3 seconds\n  \
            no anomalies in 118 test result(s)\n\n";
        let clean = read(begin, &result.targets[0]).unwrap();
        assert_eq!((clean.status, clean.version.as_str()), (Status::Passed, "0.94"));
        let end = "length= 16 megabytes (2^24 bytes), time= 0.8 seconds\n  Test Name  Raw  Processed  Evaluation\n  \
            BCFN(2+0,13-4,T)  R=+125.6  p = 1.3e-63  FAIL !!!!\n  ...and 130 test result(s) without anomalies\n";
        let failed = read(&format!("{begin}{end}"), &result.targets[0]).unwrap();
        assert_eq!((failed.status, failed.theirs), (Status::Failed, 1.0));
        assert!(failed.text.starts_with("After 16 megabytes"), "{}", failed.text);
        assert!(read("error: unable to open", &result.targets[0]).is_err());
    }
}
