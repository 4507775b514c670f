// SPDX-License-Identifier: GPL-2.0-or-later
//! `rngtest` of rng-tools: the tests of FIPS 140-2 over blocks of 20,000 bits.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::Reading;

/// An ideal source fails about this share of blocks: 8 in 10,000.
const FALSE_ALARMS: f64 = 8e-4;
/// Standard deviations that chance is allowed.
const DEVIATIONS: f64 = 5.0;

pub(super) fn commands(file: &Path) -> Vec<Command> {
    // It has no bound of its own: without a limit of blocks it reads to the end, and ends with status 1 if any failed.
    let mut command = Command::new("sh");
    command.args(["-c", "rngtest; [ $? -le 1 ]"]);
    command.stdin(File::open(file).map_or_else(|_| Stdio::null(), Stdio::from));
    vec![command]
}

pub(super) fn read(said: &str, _: &TargetResult) -> Result<Reading> {
    let count = |what: &str| -> Result<f64> {
        super::word_after(said, what)
            .with_context(|| format!("rngtest gave no `{what}`"))?
            .parse()
            .with_context(|| format!("understanding rngtest's `{what}`"))
    };
    let (passed, failed) = (count("FIPS 140-2 successes:")?, count("FIPS 140-2 failures:")?);
    let blocks = passed + failed;
    anyhow::ensure!(blocks > 0.0, "rngtest had too little for one block of 20,000 bits");
    let expected = blocks * FALSE_ALARMS;
    let most = expected + DEVIATIONS * expected.sqrt().max(1.0);
    let (status, word) = if failed > most {
        (Status::Failed, "more than chance explains")
    } else {
        (Status::Passed, "no more than chance explains")
    };
    Ok(Reading {
        figure: "blocks that fail FIPS 140-2",
        unit: "",
        theirs: failed,
        ours: None,
        status,
        text: format!(
            "{failed} of {blocks} blocks fail, {word}: an ideal source fails about 8 in 10,000. Looks only."
        ),
        formula: "monobit, poker, runs, long run and continuous run tests of FIPS 140-2 over blocks of 20,000 bits; \
                  failed where more than 0.0008 × blocks + 5 standard deviations fail",
        version: super::word_after(said, "rngtest ").unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::tests::example;

    #[test]
    fn a_few_failed_blocks_are_chance_and_many_are_not() {
        let (result, _) = example();
        let said = |good: u32, bad: u32| {
            format!(
                "rngtest 5\nrngtest: FIPS 140-2 successes: {good}\nrngtest: FIPS 140-2 failures: {bad}\n"
            )
        };
        let chance = read(&said(6704, 6), &result.targets[0]).unwrap();
        assert_eq!(
            (chance.theirs, chance.status, chance.version.as_str()),
            (6.0, Status::Passed, "5")
        );
        assert_eq!(read(&said(6600, 110), &result.targets[0]).unwrap().status, Status::Failed);
        assert!(read(&said(0, 0), &result.targets[0]).is_err());
    }
}
