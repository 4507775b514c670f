// SPDX-License-Identifier: GPL-2.0-or-later
//! The external tests: how each is started, and how its output is parsed.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::{Data, ExternalTest, Reading};

/// Chi-square over the byte values, which our test "byte values" also computes.
pub(super) const ENT: ExternalTest = ExternalTest {
    name: "ent",
    from: "Debian package ent",
    data: Data::Stream,
    figure: "chi-square of byte values",
    unit: "",
    formula: "Σ (n − N/256)² / (N/256) over the 256 byte values, each seen n times in N bytes",
    version_after: None,
    commands: |file| vec![on_file("ent", &["-t"], file, &[])],
    // `0,File-bytes,Entropy,Chi-square,…` and a line of figures that begins with 1.
    read: |output, target| {
        let mut lines = output.lines().map(|line| line.split(',').collect::<Vec<_>>());
        let heads = lines.find(|line| line[0] == "0").context("ent printed no headings")?;
        let figures = lines.find(|line| line[0] == "1").context("ent printed no figures")?;
        let figure = |name: &str| -> Result<f64> {
            let at = heads.iter().position(|head| *head == name);
            let text = at.and_then(|at| figures.get(at));
            let text = text.with_context(|| format!("ent printed no {name}"))?;
            text.trim().parse().with_context(|| format!("parsing ent's {name}, `{text}`"))
        };
        let (chi_square, shannon) = (figure("Chi-square")?, figure("Entropy")?);
        let mut tests = target.stream.iter().flat_map(|stream| &stream.output_tests);
        let ours = tests.find(|test| test.name == "byte values").and_then(|test| test.statistic);
        // ent prints six decimals.
        let same = ours.is_none_or(|ours| (chi_square - ours).abs() < 1e-5 * ours.abs().max(1.0));
        let (status, text) = if same {
            (Status::Stated, "A uniform stream has about 255.")
        } else {
            (Status::Failed, "The two programs disagree on one statistic.")
        };
        let text = format!(
            "{text} It also prints {shannon} bits per byte, the Shannon entropy of the byte values: any good \
             mixer gives 8, which says nothing about who can predict them."
        );
        Ok(Reading { theirs: chi_square, ours, status, text })
    },
};

/// The tests of FIPS 140-2 over blocks of 20,000 bits, of which an ideal source fails about 8 in 10,000.
pub(super) const RNGTEST: ExternalTest = ExternalTest {
    name: "rngtest",
    from: "Debian package rng-tools5 or rng-tools-debian",
    data: Data::Stream,
    figure: "blocks that fail FIPS 140-2",
    unit: "",
    formula: "monobit, poker, runs, long run and continuous run tests of FIPS 140-2 over blocks of 20,000 bits; \
              failed where more than 0.0008 × blocks + 5 standard deviations fail",
    version_after: Some("rngtest "),
    // Without a block limit it reads to the end, and exits with status 1 if any block failed.
    commands: |file| vec![on_input("sh", &["-c", "rngtest; [ $? -le 1 ]"], file)],
    read: |output, _| {
        let count = |what: &str| -> Result<f64> {
            let text = word_after(output, what);
            let text = text.with_context(|| format!("rngtest printed no `{what}`"))?;
            text.parse().with_context(|| format!("parsing rngtest's `{what}`"))
        };
        let failed = count("FIPS 140-2 failures:")?;
        let blocks = count("FIPS 140-2 successes:")? + failed;
        ensure!(blocks > 0.0, "rngtest had too little data for one block of 20,000 bits");
        let expected = blocks * 8e-4;
        let (status, what) = if failed > expected + 5.0 * expected.sqrt().max(1.0) {
            (Status::Failed, "more than chance explains")
        } else {
            (Status::Passed, "no more than chance explains")
        };
        let text = format!(
            "{failed} of {blocks} blocks fail, {what}: an ideal source fails about 8 in 10,000. This tests statistics only."
        );
        Ok(Reading { theirs: failed, ours: None, status, text })
    },
};

/// Five of its tests for which a few megabytes are enough: birthdays, count the 1s, runs, STS monobit and runs. The
/// whole battery needs gigabytes and would read the file repeatedly, which invalidates its tests.
pub(super) const DIEHARDER: ExternalTest = ExternalTest {
    name: "dieharder",
    from: "Debian package dieharder",
    data: Data::Stream,
    figure: "tests failed",
    unit: "",
    formula: "dieharder -p 10, tests 0, 8, 15, 100 and 101; failed below p = 1e-6, weak below 0.005, on either side; \
              ours: how many of our own output tests fail",
    version_after: Some("dieharder version "),
    commands: |file| {
        // Ten p-values each, of 100,000 samples of 4 bytes: 4 MB.
        let of = |test: &&str| {
            on_file("dieharder", &["-g", "201", "-d", test, "-p", "10", "-f"], file, &[])
        };
        ["0", "8", "15", "100", "101"].iter().map(of).collect()
    },
    read: |output, target| {
        let rows: Vec<Vec<&str>> = output
            .lines()
            .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
            .filter(|cells| cells.len() == 6 && ["PASSED", "WEAK", "FAILED"].contains(&cells[5]))
            .collect();
        ensure!(!rows.is_empty(), "dieharder printed no line with a verdict");
        let rewound = output.lines().filter_map(|line| word_after(line, "was rewound "));
        let rewound = rewound.filter_map(|times| times.parse::<u32>().ok()).max().unwrap_or(0);
        // It rewinds a file twice during setup; more rewinds mean that it read the same bytes again.
        ensure!(
            rewound <= 2,
            "the stream is too short for it: it read the file again, and equal samples look like a fault"
        );
        let with = |word: &str| -> Vec<&str> {
            rows.iter().filter(|row| row[5] == word).map(|row| row[0]).collect()
        };
        let (failed, weak) = (with("FAILED"), with("WEAK"));
        let status = match (failed.is_empty(), weak.is_empty()) {
            (false, _) => Status::Failed,
            (true, false) => Status::Caution,
            (true, true) => Status::Passed,
        };
        let named = |names: &[&str]| match names {
            [] => "none".to_owned(),
            _ => names.join(", "),
        };
        let text = format!(
            "Of {} tests, failed: {}; weak: {}. An ideal stream is weak in about 1 test of 100. This tests statistics only.",
            rows.len(),
            named(&failed),
            named(&weak)
        );
        Ok(Reading { theirs: failed.len() as f64, ours: failed_tests(target), status, text })
    },
};

pub(super) const PRACTRAND: ExternalTest = ExternalTest {
    name: "RNG_test",
    from: "PractRand, pracrand.sourceforge.net, built from source",
    data: Data::Stream,
    figure: "tests failed",
    unit: "",
    formula: "PractRand's core tests with its standard folding; ours: how many of our own output tests fail",
    version_after: Some("PractRand version "),
    commands: |file| {
        // It tests powers of two from 64 KB on; use the last one that the file fills.
        let kib = file.metadata().map_or(0, |data| data.len()) / 1024;
        let most = format!("{}KB", (1_u64 << kib.checked_ilog2().unwrap_or(0)).max(64));
        vec![on_input("RNG_test", &["stdin", "-tlmin", "64KB", "-tlmax", &most], file)]
    },
    read: |output, target| {
        let section = output.rsplit_once("length=").context("RNG_test reached no length")?.1;
        let with = |word: &str| section.lines().filter(|line| line.contains(word)).count();
        let failed = with("FAIL");
        let suspicious = with("SUSPICIOUS").max(with("suspicious"));
        let results = section.lines().find(|line| line.contains("test result(s)"));
        let results = results.context("RNG_test printed no count of its results")?.trim();
        let status = match (failed, suspicious) {
            (0, 0) => Status::Passed,
            (0, _) => Status::Caution,
            _ => Status::Failed,
        };
        let length = section.split(',').next().unwrap_or_default().trim();
        let text = format!(
            "After {length}: {failed} failed, {suspicious} suspicious; it reports \"{results}\". This tests statistics only."
        );
        Ok(Reading { theirs: failed as f64, ours: failed_tests(target), status, text })
    },
};

pub(super) fn on_file(program: &str, before: &[&str], file: &Path, after: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(before).arg(file).args(after).stdin(Stdio::null());
    command
}

fn on_input(program: &str, arguments: &[&str], file: &Path) -> Command {
    let mut command = Command::new(program);
    let input = File::open(file).map_or_else(|_| Stdio::null(), Stdio::from);
    command.args(arguments).stdin(input);
    command
}

/// How many of our own output tests the stream fails.
fn failed_tests(target: &TargetResult) -> Option<f64> {
    let tests = &target.stream.as_ref()?.output_tests;
    Some(tests.iter().filter(|test| test.status == Status::Failed).count() as f64)
}

/// The word after `before` in `text`.
pub(super) fn word_after(text: &str, before: &str) -> Option<String> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.split_whitespace().next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn ents_statistic_is_compared_with_ours() {
        let (result, _) = example();
        let target = &result.targets[0];
        let ours = target.stream.as_ref().unwrap().output_tests[2].statistic.unwrap();
        let output = |chi: f64| {
            format!(
                "0,File-bytes,Entropy,Chi-square,Mean,Monte-Carlo-Pi,Serial-Correlation\n\
                 1,200000,7.999,{chi:.6},127.5,3.14,0.001\n"
            )
        };
        let same = (ENT.read)(&output(ours), target).unwrap();
        assert_eq!((same.status, same.ours), (Status::Stated, Some(ours)));
        assert_eq!((ENT.read)(&output(ours + 1.0), target).unwrap().status, Status::Failed);
        assert!((ENT.read)("ent: no such file", target).is_err());
    }

    #[test]
    fn a_few_failed_blocks_are_chance_and_many_are_not() {
        let (result, _) = example();
        let read = |good: u32, bad: u32| {
            let output = format!(
                "rngtest 5\nrngtest: FIPS 140-2 successes: {good}\nrngtest: FIPS 140-2 failures: {bad}\n"
            );
            (RNGTEST.read)(&output, &result.targets[0])
        };
        let chance = read(6704, 6).unwrap();
        assert_eq!((chance.theirs, chance.status), (6.0, Status::Passed));
        assert_eq!(read(6600, 110).unwrap().status, Status::Failed);
        assert!(read(0, 0).is_err());
    }

    #[test]
    fn dieharders_verdicts_are_counted_and_heads_are_not() {
        let (result, _) = example();
        let read = |output: &str| (DIEHARDER.read)(output, &result.targets[0]);
        let output = "#  dieharder version 3.31.1 Copyright 2003 Robert G. Brown  #\n\
            \x20       test_name   |ntup| tsamples |psamples|  p-value |Assessment\n\
            \x20  diehard_birthdays|   0|       100|      10|0.65328061|  PASSED  \n\
            \x20        sts_monobit|   1|    100000|      10|0.00000000|  FAILED  \n";
        let reading = read(output).unwrap();
        assert_eq!((reading.theirs, reading.status), (1.0, Status::Failed));
        assert!(reading.text.contains("Of 2 tests, failed: sts_monobit"), "{}", reading.text);
        assert_eq!(reading.ours, Some(0.0));
        assert_eq!(word_after(output, "dieharder version ").as_deref(), Some("3.31.1"));
        let rewound = |times| read(&format!("# The file was rewound {times} times\n{output}"));
        assert!(rewound(3).unwrap_err().to_string().contains("too short"));
        assert!(rewound(2).is_ok());
        assert!(read("no such file").is_err());
    }

    #[test]
    fn practrands_last_length_counts() {
        let (result, _) = example();
        let read = |output: &str| (PRACTRAND.read)(output, &result.targets[0]);
        let begin = "RNG_test using PractRand version 0.94\nlength= 8 megabytes (2^23 bytes), time= 0.3 seconds\n  \
            no anomalies in 118 test result(s)\n\n";
        assert_eq!(read(begin).unwrap().status, Status::Passed);
        let end = "length= 16 megabytes (2^24 bytes), time= 0.8 seconds\n  Test Name  Raw  Processed  Evaluation\n  \
            BCFN(2+0,13-4,T)  R=+125.6  p = 1.3e-63  FAIL !!!!\n  ...and 130 test result(s) without anomalies\n";
        let failed = read(&format!("{begin}{end}")).unwrap();
        assert_eq!((failed.status, failed.theirs), (Status::Failed, 1.0));
        assert!(failed.text.starts_with("After 16 megabytes"), "{}", failed.text);
        assert!(read("error: unable to open").is_err());
    }
}
