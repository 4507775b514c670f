// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_iid`: the tests of §5 and the most common value.

use super::data::Data;
use super::estimates::Printer;
use super::getopt::Call;
use super::json::Json;
use super::number::{g17, g22, general};
use super::options::{Options, Wording, assessed, begin, bitstring, say_entropy};
use super::run::{Run, number};
use super::{Outcome, Program};
use sp800_90b::estimators::mcv;
use sp800_90b::iid::{IidTests, StatisticResult, iid_tests};
use sp800_90b::{Control, Symbols};

/// NIST's tool seeds its shuffles at random, so that a script cannot depend on them.
const SEED: u64 = 1;

pub(super) fn run(call: &Call) -> Outcome {
    let wording = Wording {
        program: Program::Iid,
        bad_bits: |bits| format!("Invalid bits per symbol: {bits}."),
        bit_count: "Number of Binary samples",
        translated: "\nSamples have been translated",
    };
    let (run, options, data) = match begin(call, &wording) {
        Ok(begun) => begun,
        Err(outcome) => return outcome,
    };
    if !data.has_repeat() {
        return run.fail_assertion(
            "no two samples are equal, and the longest repeat is asserted to have a length",
        );
    }
    match tests(&data.symbols) {
        Ok(tests) => report(run, &data, &options, &tests),
        Err(reason) => run.fail_assertion(&reason),
    }
}

/// The tests on one order of the symbols.
pub(super) fn tests(symbols: &Symbols) -> Result<IidTests, String> {
    let outcome = iid_tests(symbols, SEED, &Control::default());
    match outcome.value() {
        Some(tests) => Ok(tests.clone()),
        None => Err(outcome.invalid().map(|invalid| invalid.reason.clone()).unwrap_or_default()),
    }
}

fn report(mut run: Run, data: &Data, options: &Options, tests: &IidTests) -> Outcome {
    let verbose = options.verbose;
    let is_shown = verbose == 1 || verbose == 2;
    let binary = data.is_binary();
    if is_shown {
        run.say("Calculating baseline statistics...");
    }
    if verbose == 2 {
        run.say(format!("\tRaw Mean: {:.6}", tests.raw_mean));
        run.say(format!("\tMedian: {:.6}", tests.median));
        run.say(format!("\tBinary: {binary}\n"));
    } else if verbose > 2 {
        run.say(format!("Raw Mean = {}", g17(tests.raw_mean)));
        run.say(format!("Median = {}", g17(tests.median)));
        run.say(format!("Binary = {binary}"));
    }
    let width = data.width();
    let has_bitstring = data.symbols.alphabet_size() > 2 || !options.initial;
    let mut print = Printer { run: &mut run, verbose };
    let on_symbols = mcv(data.symbols.literal());
    let original = if options.initial {
        print.mcv("Literal", Some(&on_symbols)).unwrap_or(width)
    } else {
        width
    };
    let on_bits = has_bitstring.then(|| mcv(bitstring(data, options).raw()));
    let on_bitstring = print.mcv("Bitstring", on_bits.as_ref()).unwrap_or(1.0);
    let bitstring = has_bitstring.then_some(on_bitstring);
    say_entropy(&mut run, options, data, "", original, bitstring);
    // As NIST's tool has it, the width unless the figures are printed.
    let assessed = if verbose > 2 { assessed(options, data, original, bitstring) } else { width };
    let passed = say_tests(&mut run, verbose, &[tests]);
    let mut fields: Vec<(&'static str, Json)> = [
        number("hOriginal", Some(original)),
        number("hBitstring", Some(on_bitstring)),
        number("hAssessed", Some(assessed)),
        number("mean", Some(tests.raw_mean)),
        number("median", Some(tests.median)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if binary {
        fields.push(("binary", Json::Bool(true)));
    }
    fields.extend(passed);
    fields.push(("permutationTestResults", counts(&[tests])));
    run.push_case("", fields);
    run.succeed()
}

/// Prints the tests of each set, kind by kind; the fields say whether all sets passed.
pub(super) fn say_tests(
    run: &mut Run,
    verbose: u32,
    all: &[&IidTests],
) -> Vec<(&'static str, Json)> {
    let passed = |run: &mut Run, field, name, of: fn(&IidTests) -> bool| {
        let passed = all.iter().all(|tests| of(tests));
        say_passed(run, verbose, name, passed);
        (field, Json::Bool(passed))
    };
    let mut fields = Vec::new();
    all.iter().for_each(|tests| say_chi_square(run, verbose, tests));
    fields.push(passed(run, "passedChiSquareTests", "chi square tests", |tests| {
        tests.independence.passed && tests.goodness_of_fit.passed
    }));
    all.iter().for_each(|tests| say_lrs(run, verbose, tests));
    let lrs = "length of longest repeated substring test";
    fields.push(passed(run, "passedLongestRepeatedSubstringTest", lrs, |tests| {
        tests.lrs_length.passed
    }));
    all.iter().for_each(|tests| say_permutation(run, verbose, tests));
    fields.push(passed(run, "passedIidPermutationTests", "IID permutation tests", |tests| {
        tests.permutation.passed
    }));
    fields
}

/// Of each set of tests three lists: how often each statistic was exceeded, met and not reached.
pub(super) fn counts(all: &[&IidTests]) -> Json {
    let mut lists = Vec::new();
    for tests in all {
        let of: [fn(&StatisticResult) -> u64; 3] = [|r| r.above, |r| r.equal, |r| r.below];
        for (iteration, count) in of.into_iter().enumerate() {
            let mut fields: std::collections::BTreeMap<&'static str, Json> = tests
                .permutation
                .statistics
                .iter()
                .zip(NAMES)
                .map(|(result, (key, _))| (key, Json::Double(count(result) as f64)))
                .collect();
            fields.insert("iteration", Json::Int(iteration as i64));
            lists.push(Json::Object(fields));
        }
    }
    Json::List(lists)
}

/// Of each statistic, its name in the record and on the screen, in the order of §5.1.
const NAMES: [(&str, &str); 19] = [
    ("excursion", "excursion"),
    ("numDirectionalRuns", "numDirectionalRuns"),
    ("lenDirectionalRuns", "lenDirectionalRuns"),
    ("numIncreasesDecreases", "numIncreasesDecreases"),
    ("numRunsMedian", "numRunsMedian"),
    ("lenRunsMedian", "lenRunsMedian"),
    ("avgCollision", "avgCollision"),
    ("maxCollision", "maxCollision"),
    ("periodicity1", "periodicity(1)"),
    ("periodicity2", "periodicity(2)"),
    ("periodicity8", "periodicity(8)"),
    ("periodicity16", "periodicity(16)"),
    ("periodicity32", "periodicity(32)"),
    ("covariance1", "covariance(1)"),
    ("covariance2", "covariance(2)"),
    ("covariance8", "covariance(8)"),
    ("covariance16", "covariance(16)"),
    ("covariance32", "covariance(32)"),
    ("compression", "compression"),
];

fn say_passed(run: &mut Run, verbose: u32, test: &str, passed: bool) {
    let word = if passed { "Passed" } else { "Failed" };
    match verbose {
        0 => {}
        1 | 2 => run.say(format!("** {word} {test}\n")),
        _ => {
            // Only the first letter changes, and that of "IID" is large already.
            let (first, rest) = test.split_at(1);
            run.say(format!("{}{rest}: {word}", first.to_uppercase()));
        }
    }
}

fn say_chi_square(run: &mut Run, verbose: u32, tests: &IidTests) {
    for (name, test) in
        [("independence", &tests.independence), ("goodness of fit", &tests.goodness_of_fit)]
    {
        let (score, degrees, p) = (test.score, test.degrees_of_freedom, test.p_value);
        if verbose == 2 {
            run.say(format!(
                "Chi square {name}\n\tscore = {score:.6}\n\tdegrees of freedom = {degrees}\n\tp-value = {p:.6}\n"
            ));
        } else if verbose > 2 {
            run.say(format!("Chi square {name}: T = {}", g17(score)));
            run.say(format!("Chi square {name}: df = {degrees}"));
            run.say(format!("Chi square {name}: P-value = {}", g17(p)));
        }
    }
}

fn say_lrs(run: &mut Run, verbose: u32, tests: &IidTests) {
    let lrs = &tests.lrs_length;
    let title = "Literal Longest Repeated Substring results";
    if verbose == 2 {
        run.say(format!(
            "{title}\n\tP_col: {:.6}\n\tLength of LRS: {}\n\tPr(X >= 1): {:.6}",
            lrs.p_col, lrs.w, lrs.probability
        ));
    } else if verbose > 2 {
        run.say(format!("{title}: P_col = {}", g22(lrs.p_col)));
        run.say(format!("{title}: W = {}", lrs.w));
        run.say(format!("{title}: Pr(X >= 1) = {}", g22(lrs.probability)));
    }
}

fn say_permutation(run: &mut Run, verbose: u32, tests: &IidTests) {
    let results = || tests.permutation.statistics.iter().zip(NAMES.map(|(_, name)| name));
    if verbose == 2 {
        run.say("Beginning initial tests...\n\nInitial test results");
        for (result, name) in results() {
            run.say(format!("{name:>23}: {}", general(result.original, 6)));
        }
        run.say("\nBeginning permutation tests... these may take some time");
    } else if verbose > 2 {
        for (result, name) in results() {
            run.say(format!(
                "Permutation testing: Unpermuted result {name} = {}",
                g22(result.original)
            ));
        }
    }
    if verbose < 2 {
        return;
    }
    run.say("\n\n                statistic  C[i][0]  C[i][1]  C[i][2]");
    run.say("-".repeat(52));
    for (result, name) in results() {
        let name = if result.passed { format!("{name:>25}") } else { format!("{name:>24}*") };
        run.say(format!("{name}{:>8}{:>8}{:>8}", result.above, result.equal, result.below));
    }
    run.say("(* denotes failed test)\n");
}
