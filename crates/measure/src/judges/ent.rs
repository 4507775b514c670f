// SPDX-License-Identifier: GPL-2.0-or-later
//! `ent`: chi-square over the byte values, which our test "byte values" computes as well.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::Reading;

/// Our name for the same test.
const OURS: &str = "byte values";

pub(super) fn commands(file: &Path) -> Vec<Command> {
    let mut command = Command::new("ent");
    command.arg("-t").arg(file).stdin(Stdio::null());
    vec![command]
}

/// `0,File-bytes,Entropy,Chi-square,…` and a line of figures that begins with 1.
pub(super) fn read(said: &str, target: &TargetResult) -> Result<Reading> {
    let mut lines = said.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let heads = lines.find(|line| line.first() == Some(&"0")).context("ent gave no heads")?;
    let figures = lines.find(|line| line.first() == Some(&"1")).context("ent gave no figures")?;
    let figure = |name: &str| -> Result<f64> {
        let at = heads.iter().position(|head| *head == name);
        let text =
            at.and_then(|at| figures.get(at)).with_context(|| format!("ent gave no {name}"))?;
        text.trim().parse().with_context(|| format!("understanding ent's {name}, `{text}`"))
    };
    let (chi_square, shannon) = (figure("Chi-square")?, figure("Entropy")?);
    let tests = target.stream.iter().flat_map(|stream| &stream.output_tests);
    let ours = tests.into_iter().find(|test| test.name == OURS).and_then(|test| test.statistic);
    // ent prints six decimals.
    let same = ours.is_none_or(|ours| (chi_square - ours).abs() < 1e-5 * ours.abs().max(1.0));
    Ok(Reading {
        figure: "chi-square of byte values",
        unit: "",
        theirs: chi_square,
        ours,
        status: if same { Status::Stated } else { Status::Failed },
        text: format!(
            "{} It also says {shannon} bits per byte, which is Shannon's measure of how even the byte values are: \
             8 is what any good mixer gives, and says nothing about who can foretell them.",
            if same {
                "An even stream has about 255."
            } else {
                "The two programs disagree on one statistic."
            }
        ),
        formula: "Σ (n − N/256)² / (N/256) over the 256 byte values, each seen n times in N bytes",
        version: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::tests::example;

    #[test]
    fn its_statistic_is_read_and_held_against_ours() {
        let (result, _) = example();
        let target = &result.targets[0];
        let ours = target.stream.as_ref().unwrap().output_tests[2].statistic.unwrap();
        let said = |chi: f64| {
            format!(
                "0,File-bytes,Entropy,Chi-square,Mean,Monte-Carlo-Pi,Serial-Correlation\n\
                 1,200000,7.999,{chi:.6},127.5,3.14,0.001\n"
            )
        };
        let same = read(&said(ours), target).unwrap();
        assert_eq!((same.status, same.ours), (Status::Stated, Some(ours)));
        assert_eq!(read(&said(ours + 1.0), target).unwrap().status, Status::Failed);
        assert!(read("ent: no such file", target).is_err());
    }
}
