// SPDX-License-Identifier: GPL-2.0-or-later
//! NIST's own estimators of SP 800-90B: the tool `ea_non_iid`, and `PyPI`'s package `sp800-90b` that wraps its code.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::Reading;

const FIGURE: &str = "min-entropy";
const FORMULA: &str =
    "min(H_original, 8 × H_bitstring) of SP 800-90B §3.1.3 over the same 8-bit symbols";
/// What two programs may differ by that add the same numbers in another order.
const ROUNDING_BITS: f64 = 1e-6;

pub(super) fn tool(file: &Path) -> Vec<Command> {
    let mut command = Command::new("ea_non_iid");
    command.args(["-i", "-a", "-v"]).arg(file).arg("8").stdin(Stdio::null());
    vec![command]
}

pub(super) fn read_tool(said: &str, target: &TargetResult) -> Result<Reading> {
    // How they are set apart depends on its verbosity.
    let figure = |name: &str| -> Result<f64> {
        let line = said.lines().find(|line| line.trim_start().starts_with(name));
        let line = line.with_context(|| format!("ea_non_iid gave no {name}"))?;
        let text = line.rsplit([':', '=']).next().unwrap_or_default().trim();
        text.parse().with_context(|| format!("understanding its line `{line}`"))
    };
    reading(figure("H_original")?.min(8.0 * figure("H_bitstring")?), target)
}

/// One figure on a line of its own, whatever warnings stand before it.
const SCRIPT: &str = "import sys, sp800_90b\n\
    print('h_initial', repr(sp800_90b.Data(open(sys.argv[1], 'rb').read(), 8).h_initial()))";

pub(super) fn has_package() -> bool {
    let mut python = Command::new("python3");
    python.args(["-c", "import sp800_90b"]);
    python.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    python.status().is_ok_and(|status| status.success())
}

pub(super) fn package(file: &Path) -> Vec<Command> {
    let mut command = Command::new("python3");
    command.args(["-c", SCRIPT]).arg(file).stdin(Stdio::null());
    vec![command]
}

pub(super) fn read_package(said: &str, target: &TargetResult) -> Result<Reading> {
    let figure = super::word_after(said, "h_initial ").context("the package gave no figure")?;
    reading(figure.parse().with_context(|| format!("understanding `{figure}`"))?, target)
}

fn reading(theirs: f64, target: &TargetResult) -> Result<Reading> {
    let ours = target.raw.as_ref().and_then(|raw| raw.min_entropy_bits_per_sample);
    let (status, text) = match ours {
        None => (
            Status::Stated,
            "We give no figure for so few samples; theirs stands alone.".to_owned(),
        ),
        Some(ours) if (theirs - ours).abs() <= ROUNDING_BITS => {
            (Status::Passed, "Both programs come to the same figure.".to_owned())
        }
        Some(ours) => (
            Status::Failed,
            format!(
                "The programs differ by {:.6} bits/sample. They should not: one of them is at fault.",
                (theirs - ours).abs()
            ),
        ),
    };
    Ok(Reading {
        figure: FIGURE,
        unit: "bits/sample",
        theirs,
        ours,
        status,
        text,
        formula: FORMULA,
        version: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judges::tests::example;

    #[test]
    fn the_figure_is_found_and_too_few_samples_are_no_disagreement() {
        let (result, _) = example();
        for said in [
            "H_original: 5.1\nH_bitstring: 0.6015625\n\nmin(H_original, 8 X H_bitstring): 4.8125\n",
            "H_bitstring = 0.6015625\nH_bitstring Per Symbol = 4.8125\nH_original = 5.1\n",
        ] {
            let reading = read_tool(said, &result.targets[0]).unwrap();
            let found = (reading.theirs, reading.ours, reading.status);
            assert_eq!(found, (4.8125, None, Status::Stated));
        }
        let said = "\n*** Warning: data contains less ***\n\nh_initial 4.8125\n";
        assert_eq!(read_package(said, &result.targets[0]).unwrap().theirs, 4.8125);
        assert!(read_tool("Error: could not open", &result.targets[0]).is_err());
    }

    #[test]
    fn another_figure_is_a_failure_and_the_same_is_not() {
        let (mut result, _) = example();
        let target = &mut result.targets[0];
        target.raw.as_mut().unwrap().min_entropy_bits_per_sample = Some(1.25);
        assert_eq!(read_package("h_initial 1.25\n", target).unwrap().status, Status::Passed);
        assert_eq!(read_package("h_initial 1.26\n", target).unwrap().status, Status::Failed);
    }
}
