// SPDX-License-Identifier: GPL-2.0-or-later
//! `dieharder`: five of its tests that a file of some megabytes is enough for. Its whole battery wants gigabytes, and would
//! read the file again and again, which no test is made for.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::Reading;

/// Birthdays, count the 1s, runs, and STS monobit and runs.
const TESTS: [&str; 5] = ["0", "8", "15", "100", "101"];
/// It rewinds a file twice while it sets out; more than that, and it has read the same bytes again.
const REWOUND: u32 = 2;
/// p-values for each: ten times 100,000 samples of 4 bytes are 4 MB.
const P_SAMPLES: &str = "10";

pub(super) fn commands(file: &Path) -> Vec<Command> {
    TESTS
        .iter()
        .map(|test| {
            let mut command = Command::new("dieharder");
            command.args(["-g", "201", "-d", test, "-p", P_SAMPLES, "-f"]).arg(file);
            command.stdin(Stdio::null());
            command
        })
        .collect()
}

/// Lines of `name| ntup| tsamples| psamples| p-value| assessment`.
pub(super) fn read(said: &str, target: &TargetResult) -> Result<Reading> {
    let rows: Vec<Vec<&str>> = said
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| {
            cells.len() == 6 && ["PASSED", "WEAK", "FAILED"].contains(cells.last().unwrap_or(&""))
        })
        .collect();
    ensure!(!rows.is_empty(), "dieharder gave no line with a verdict");
    let rewound = said.lines().filter_map(|line| super::word_after(line, "was rewound "));
    let rewound = rewound.filter_map(|times| times.parse::<u32>().ok()).max().unwrap_or(0);
    ensure!(
        rewound <= REWOUND,
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
    Ok(Reading {
        figure: "tests failed",
        unit: "",
        theirs: failed.len() as f64,
        ours: super::failed_tests(target),
        status,
        text: format!(
            "Of {} tests, failed: {}; weak: {}. An ideal stream is weak in about 1 test of 100. Looks only.",
            rows.len(),
            named(&failed),
            named(&weak)
        ),
        formula: "dieharder -p 10, tests 0, 8, 15, 100 and 101; failed below p = 1e-6, weak below 0.005, on either side; \
                  ours: how many of our own output tests fail",
        version: super::word_after(said, "dieharder version ").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::tests::example;

    #[test]
    fn verdicts_are_counted_and_heads_are_not() {
        let (result, _) = example();
        let said = "#  dieharder version 3.31.1 Copyright 2003 Robert G. Brown  #\n\
            \x20       test_name   |ntup| tsamples |psamples|  p-value |Assessment\n\
            \x20  diehard_birthdays|   0|       100|      10|0.65328061|  PASSED  \n\
            \x20        sts_monobit|   1|    100000|      10|0.00000000|  FAILED  \n";
        let reading = read(said, &result.targets[0]).unwrap();
        assert_eq!((reading.theirs, reading.status), (1.0, Status::Failed));
        assert!(reading.text.contains("Of 2 tests, failed: sts_monobit"), "{}", reading.text);
        assert_eq!((reading.version.as_str(), reading.ours), ("3.31.1", Some(0.0)));
        let short = format!("# The file file_input_raw was rewound 3 times\n{said}");
        let error = read(&short, &result.targets[0]).unwrap_err();
        assert!(error.to_string().contains("too short"), "{error}");
        let enough = format!("# The file file_input_raw was rewound 2 times\n{said}");
        assert!(read(&enough, &result.targets[0]).is_ok());
        assert!(read("no such file", &result.targets[0]).is_err());
    }
}
