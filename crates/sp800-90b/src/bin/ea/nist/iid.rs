// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_iid`: the tests of §5 and the most common value.

use super::data::Data;
use super::estimates::Printer;
use super::getopt::Call;
use super::json::Json;
use super::number::{g17, g22, general};
use super::options::{CONSTANT, Options, bitstring, load, options};
use super::run::{Run, number};
use super::{Outcome, Program};
use sp800_90b::estimators::mcv;
use sp800_90b::iid::{IidTests, StatisticResult, iid_tests};
use sp800_90b::{Control, Symbols};

/// NIST's tool seeds its shuffles at random, so that a script cannot depend on them.
const SEED: u64 = 1;

pub(super) fn run(call: &Call) -> Outcome {
    let mut run = Run::new(Program::Iid, call, "", true);
    let options = match options(call, &mut run) {
        Ok(options) => options,
        Err(Some(bits)) if bits.parse::<i64>().is_ok() => {
            let message = format!("Invalid bits per symbol: {bits}.");
            run.say(&message);
            return run.refuse(Some(&message));
        }
        Err(message) => return run.refuse(message.as_deref()),
    };
    let data = match load(&mut run, &options, "Number of Binary samples") {
        Ok(data) => data,
        Err(message) => {
            run.say("Error reading file.");
            return run.refuse(Some(&message));
        }
    };
    if data.symbols.alphabet_size() <= 1 {
        run.say(CONSTANT);
        return run.fail(CONSTANT);
    }
    if options.verbose > 1 && data.are_mapped() {
        run.say("\nSamples have been translated");
    }
    let tests = match tests(&data.symbols) {
        Ok(tests) => tests,
        Err(reason) => {
            run.say(format!("Error: {reason}"));
            return run.fail(&format!("Error: {reason}"));
        }
    };
    report(run, &data, &options, &tests)
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
    let (width, word_size) = (data.width(), data.word_size);
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
    // As NIST's tool has it, the width unless the figures are printed.
    let mut assessed = width;
    if is_shown && options.initial {
        run.say(format!("H_original: {original:.6}"));
        if has_bitstring {
            run.say(format!("H_bitstring: {on_bitstring:.6}"));
            run.say(format!(
                "min(H_original, {word_size} X H_bitstring): {:.6}",
                original.min(width * on_bitstring)
            ));
        }
    } else if is_shown {
        run.say(format!("h': {on_bitstring:.6}"));
    } else if verbose > 2 {
        if has_bitstring {
            assessed = assessed.min(on_bitstring * width);
            run.say(format!("H_bitstring = {}", g17(on_bitstring)));
            run.say(format!("H_bitstring Per Symbol = {}", g17(on_bitstring * width)));
        }
        if options.initial {
            assessed = assessed.min(original);
            run.say(format!("H_original = {}", g17(original)));
        }
        run.say(format!("Assessed min entropy: {}", g17(assessed)));
    }
    say_chi_square(&mut run, verbose, tests);
    let chi_square = tests.independence.passed && tests.goodness_of_fit.passed;
    say_passed(&mut run, verbose, "chi square tests", chi_square);
    say_lrs(&mut run, verbose, tests);
    let lrs = "length of longest repeated substring test";
    say_passed(&mut run, verbose, lrs, tests.lrs_length.passed);
    say_permutation(&mut run, verbose, tests);
    say_passed(&mut run, verbose, "IID permutation tests", tests.permutation.passed);
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
    fields.extend(passed_fields(chi_square, tests.lrs_length.passed, tests.permutation.passed));
    fields.push(("permutationTestResults", counts(&[tests])));
    run.push_case("", fields);
    run.succeed()
}

pub(super) fn passed_fields(
    chi_square: bool,
    lrs: bool,
    permutation: bool,
) -> [(&'static str, Json); 3] {
    [
        ("passedChiSquareTests", Json::Bool(chi_square)),
        ("passedLongestRepeatedSubstringTest", Json::Bool(lrs)),
        ("passedIidPermutationTests", Json::Bool(permutation)),
    ]
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

pub(super) fn say_passed(run: &mut Run, verbose: u32, test: &str, passed: bool) {
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

pub(super) fn say_chi_square(run: &mut Run, verbose: u32, tests: &IidTests) {
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

pub(super) fn say_lrs(run: &mut Run, verbose: u32, tests: &IidTests) {
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

pub(super) fn say_permutation(run: &mut Run, verbose: u32, tests: &IidTests) {
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
