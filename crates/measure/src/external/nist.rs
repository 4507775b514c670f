// SPDX-License-Identifier: GPL-2.0-or-later
//! NIST's estimators of SP 800-90B: its tool, and a package that wraps the tool's code.

use anyhow::{Context, Result};
use entropy_report::Status;
use entropy_report::result::TargetResult;

use super::tools::{on_file, word_after};
use super::{Data, ExternalTest, Reading};

const MIN_ENTROPY: &str =
    "min(H_original, 8 × H_bitstring) of SP 800-90B §3.1.3 over the same 8-bit symbols";
/// Tolerance for two programs that add the same numbers in a different order.
const ROUNDING_BITS: f64 = 1e-6;

pub(super) const EA_NON_IID: ExternalTest = ExternalTest {
    name: "ea_non_iid",
    from: "github.com/usnistgov/SP800-90B_EntropyAssessment, built from source",
    data: Data::Raw,
    figure: "min-entropy",
    unit: "bits/sample",
    formula: MIN_ENTROPY,
    version_after: None,
    commands: |file| vec![on_file("ea_non_iid", &["-i", "-a", "-v"], file, &["8"])],
    read: |output, target| {
        // The separator depends on the verbosity.
        let figure = |name: &str| -> Result<f64> {
            let line = output.lines().find(|line| line.trim_start().starts_with(name));
            let line = line.with_context(|| format!("ea_non_iid printed no {name}"))?;
            let text = line.rsplit([':', '=']).next().unwrap_or_default().trim();
            text.parse().with_context(|| format!("parsing its line `{line}`"))
        };
        Ok(same_min_entropy(figure("H_original")?.min(8.0 * figure("H_bitstring")?), target))
    },
};

/// The package on `PyPI`, which wraps NIST's code. It prints one figure on a line, after any warnings.
pub(super) const PYTHON_PACKAGE: ExternalTest = ExternalTest {
    name: "sp800-90b",
    from: "pip install sp800-90b, for the python3 on PATH",
    data: Data::Raw,
    figure: "min-entropy",
    unit: "bits/sample",
    formula: MIN_ENTROPY,
    version_after: None,
    commands: |file| {
        let script = "import sys, sp800_90b\n\
            print('h_initial', repr(sp800_90b.Data(open(sys.argv[1], 'rb').read(), 8).h_initial()))";
        vec![on_file("python3", &["-c", script], file, &[])]
    },
    read: |output, target| {
        let figure = word_after(output, "h_initial ").context("the package printed no figure")?;
        let theirs = figure.parse().with_context(|| format!("parsing `{figure}`"))?;
        Ok(same_min_entropy(theirs, target))
    },
};

fn same_min_entropy(theirs: f64, target: &TargetResult) -> Reading {
    let ours = target.raw.as_ref().and_then(|raw| raw.min_entropy_bits_per_sample);
    let (status, text) = match ours {
        None => (
            Status::Stated,
            "We compute no figure from so few samples, so there is no comparison.".to_owned(),
        ),
        Some(ours) if (theirs - ours).abs() <= ROUNDING_BITS => {
            (Status::Passed, "Both programs compute the same figure.".to_owned())
        }
        Some(ours) => (
            Status::Failed,
            format!(
                "The programs differ by {:.6} bits/sample. They should agree: one of them is wrong.",
                (theirs - ours).abs()
            ),
        ),
    };
    Reading { theirs, ours, status, text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::example;
    use super::*;

    #[test]
    fn nists_figure_is_found_and_too_few_samples_are_no_disagreement() {
        let (mut result, _) = example();
        for output in [
            "H_original: 5.1\nH_bitstring: 0.6015625\n\nmin(H_original, 8 X H_bitstring): 4.8125\n",
            "H_bitstring = 0.6015625\nH_bitstring Per Symbol = 4.8125\nH_original = 5.1\n",
        ] {
            let reading = (EA_NON_IID.read)(output, &result.targets[0]).unwrap();
            let found = (reading.theirs, reading.ours, reading.status);
            assert_eq!(found, (4.8125, None, Status::Stated));
        }
        assert!((EA_NON_IID.read)("Error: could not open", &result.targets[0]).is_err());
        let target = &mut result.targets[0];
        let read = |output, target: &_| (PYTHON_PACKAGE.read)(output, target).unwrap();
        assert_eq!(read("\n*** Warning: less ***\n\nh_initial 4.8125\n", target).theirs, 4.8125);
        target.raw.as_mut().unwrap().min_entropy_bits_per_sample = Some(1.25);
        assert_eq!(read("h_initial 1.25\n", target).status, Status::Passed);
        assert_eq!(read("h_initial 1.26\n", target).status, Status::Failed);
    }
}
