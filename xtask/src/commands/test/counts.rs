// SPDX-License-Identifier: GPL-2.0-or-later
//! Counts of passed, failed and skipped tests.

use std::fmt;
use std::ops::Add;

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) struct Counts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
}

impl Counts {
    /// From the output of `cargo test`: each test program prints `running N tests` and, unless it crashes,
    /// `test result:` with its counts. A crash is one failure.
    ///
    /// # Errors
    /// Returns an error if such a line cannot be read, or its counts do not add up to the tests announced.
    pub(super) fn of_cargo_test(text: &str) -> Result<Self> {
        let mut counts = Self::default();
        let mut announced = None;
        for line in text.lines() {
            if let Some(tests) = tests_announced(line) {
                // The previous program ended without a result.
                counts.failed += usize::from(announced.is_some());
                announced = Some(tests);
            } else if line.starts_with("test result: ") {
                let of_program = Self::of_result(line)
                    .filter(|counts| {
                        Some(counts.passed + counts.failed + counts.skipped) == announced
                    })
                    .with_context(|| format!("reading a line of cargo test: {line}"))?;
                counts = counts + of_program;
                announced = None;
            }
        }
        counts.failed += usize::from(announced.is_some());
        Ok(counts)
    }

    /// From `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
    fn of_result(line: &str) -> Option<Self> {
        let (_, fields) = line.split_once(". ")?;
        let field = |name: &str| -> Option<usize> {
            fields.split("; ").find_map(|field| field.strip_suffix(name)?.trim().parse().ok())
        };
        let (passed, failed) = (field("passed")?, field("failed")?);
        Some(Self { passed, failed, skipped: field("ignored")? })
    }
}

/// N of `running N tests`.
fn tests_announced(line: &str) -> Option<usize> {
    let (number, rest) = line.strip_prefix("running ")?.split_once(' ')?;
    matches!(rest, "test" | "tests").then(|| number.parse().ok())?
}

/// The lines of `cargo test` that name a failed or skipped test.
pub(super) fn notable(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| {
        line.starts_with("test ")
            && line.rsplit_once(" ... ").is_some_and(|(_, outcome)| {
                outcome.starts_with("FAILED") || outcome.starts_with("ignored")
            })
    })
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "
running 13 tests
test a ... ok
test b ... ignored, needs Chromium
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.1s
";

    #[test]
    fn programs_are_summed() {
        let second = "
running 5 tests
test c ... FAILED
test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s
";
        let counts = Counts::of_cargo_test(&[FIRST, second].concat()).unwrap();
        assert_eq!(counts, Counts { passed: 15, failed: 2, skipped: 1 });
        assert_eq!(counts.to_string(), "15 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_program_without_a_result_has_failed() {
        let crash = "running 1 test\n";
        for text in [[crash, FIRST], [FIRST, crash]] {
            let counts = Counts::of_cargo_test(&text.concat()).unwrap();
            assert_eq!(counts, Counts { passed: 12, failed: 1, skipped: 1 });
        }
    }

    #[test]
    fn counts_that_do_not_add_up_are_an_error() {
        let text = FIRST.replace("13", "14");
        assert!(Counts::of_cargo_test(&text).is_err());
        let text = FIRST.replace(" passed", " went well");
        assert!(Counts::of_cargo_test(&text).is_err());
    }

    #[test]
    fn failed_and_skipped_tests_are_named() {
        let named: Vec<_> = notable(FIRST).collect();
        assert_eq!(named, ["test b ... ignored, needs Chromium"]);
    }
}
