// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea looks`: the statistical output tests of FIPS 140-2 and AIS 20/31, shown as what they are.
//!
//! They ask whether bits look random. A generator without any entropy passes them, and `ea looks` runs them on one next
//! to the file: a clock whose deltas follow a rule (Marsaglia's xorshift).

mod block;
mod long;

use crate::answer::Answer;
use crate::input;
use crate::provenance::Provenance;
use serde::Serialize;
use sp800_90b::Track;
use std::fmt::Write as _;

/// The label of every answer.
const LABEL: &str = "output tests: they say nothing about entropy";
/// Bits that all tests together take: T0, 257 blocks for T1 to T5, T6 and T7 and T8 with bits to spare.
const ALL_BITS: usize = 20_000_000;

/// Run the output tests of FIPS 140-2 and AIS 20/31 (T0 to T8): they say nothing about entropy.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  ea looks --bits 8 random.bin\n\nThe tests ask whether bits look random. Bits that follow a \
                  rule pass them, which the second column shows. Entropy of a source is assessed on its raw noise: ea \
                  raw.bin"
)]
pub(crate) struct Args {
    #[command(flatten)]
    input: input::Args,
    /// Print the results as JSON.
    #[arg(long)]
    json: bool,
}

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub(crate) enum Verdict {
    Passed {
        figure: String,
    },
    Failed {
        figure: String,
    },
    /// There are too few bits.
    NotRun {
        needed_bits: usize,
    },
}

impl Verdict {
    fn of(passed: bool, figure: String) -> Self {
        if passed { Self::Passed { figure } } else { Self::Failed { figure } }
    }

    fn text(&self) -> String {
        match self {
            Self::Passed { figure } => format!("passed ({figure})"),
            Self::Failed { figure } => format!("FAILED ({figure})"),
            Self::NotRun { needed_bits } => format!("not run: needs {needed_bits} bits"),
        }
    }
}

/// One test's result.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TestResult {
    suite: &'static str,
    test: &'static str,
    #[serde(flatten)]
    verdict: Verdict,
}

#[derive(Serialize)]
struct Report {
    label: &'static str,
    bits: usize,
    tests: Vec<TestResult>,
    /// The same tests on bits of a rule, which have no entropy.
    rule_without_entropy: Vec<TestResult>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Answer> {
    let input = input::load(&args.input.file, &args.input.how, Track::Quick)?;
    let provenance = Provenance::with_file(input.record);
    let bits: Vec<u8> = input.symbols.bit_string().iter().collect();
    let report = Report {
        label: LABEL,
        bits: bits.len(),
        tests: all_tests(&bits),
        rule_without_entropy: all_tests(&rule_bits(ALL_BITS)),
    };
    let stands = !report.tests.iter().any(|test| matches!(test.verdict, Verdict::Failed { .. }));
    if args.json {
        return Answer::json(stands, &report, &provenance);
    }
    let mut text = format!("{LABEL}\n\n{} bits\n", report.bits);
    for warning in &input.warnings {
        writeln!(text, "warning: {warning}")?;
    }
    let width = report.tests.iter().map(|test| test.verdict.text().len()).max().unwrap_or(0);
    writeln!(text, "{:11} {:22} {:width$}  a rule without entropy", "suite", "test", "this file")?;
    for (test, rule) in report.tests.iter().zip(&report.rule_without_entropy) {
        let (ours, rule) = (test.verdict.text(), rule.verdict.text());
        writeln!(text, "{:11} {:22} {ours:width$}  {rule}", test.suite, test.test)?;
    }
    writeln!(
        text,
        "\nFIPS 140-2 tests each block of 20,000 bits; about 1 good block in 1,250 fails. AIS 20/31 T1 to T5 test 257 \
         blocks, and one failure in them is no finding. The rule is a clock with deltas of a xorshift generator: known \
         from end to end, 0 bits of entropy."
    )?;
    Ok(Answer::text(stands, text, &provenance))
}

/// All tests on one sequence of bits, each from its beginning on, as the suites have them.
pub(crate) fn all_tests(bits: &[u8]) -> Vec<TestResult> {
    let mut results = block::fips_140_2(bits);
    results.extend(long::disjointness(bits));
    // T1 to T5 take the bits after those of T0, where there are enough; a shorter file is tested all the same.
    let after = bits.get(long::T0_BITS..).filter(|rest| rest.len() >= block::LEN).unwrap_or(bits);
    results.extend(block::ais_31(after));
    results.extend(long::procedure_b(bits));
    results
}

/// The low bits of a synthetic clock's deltas. Anyone who knows the rule can compute them all.
pub(crate) fn rule_bits(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut bits = Vec::with_capacity(count + 8);
    while bits.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        // 100 ticks and from 0 to 255 on top, of which the low byte is kept.
        let delta_ticks = 100 + (state >> 11) % 256;
        bits.extend((0..8).rev().map(|place| (delta_ticks >> place & 1) as u8));
    }
    bits.truncate(count);
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_entropy_passes_every_test() {
        for result in all_tests(&rule_bits(ALL_BITS)) {
            assert!(matches!(result.verdict, Verdict::Passed { .. }), "{result:?}");
        }
    }

    #[test]
    fn broken_bits_fail() {
        let biased: Vec<u8> =
            rule_bits(ALL_BITS).chunks(2).map(|pair| u8::from(pair != [0, 0])).collect();
        let alternating: Vec<u8> = (0..8_000_000).map(|at| (at % 2) as u8).collect();
        for bits in [&biased, &alternating] {
            let results = all_tests(bits);
            let failed = |name: &str| {
                let mut named = results.iter().filter(|result| result.test.contains(name));
                named.any(|result| matches!(result.verdict, Verdict::Failed { .. }))
            };
            assert!(failed("poker") && failed("runs") && failed("T8"), "{results:?}");
        }
        let short = all_tests(&rule_bits(1000));
        assert!(short.iter().all(|result| matches!(result.verdict, Verdict::NotRun { .. })));
    }
}
