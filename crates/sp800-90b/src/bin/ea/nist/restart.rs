// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_restart`: the restart tests of §3.1.4 on 1,000 restarts of 1,000 samples.

use super::data::{self, Data};
use super::estimates::{PredictorKind, Printer};
use super::getopt::Call;
use super::iid::{counts, say_tests, tests};
use super::json::Json;
use super::number::{atof, atoi, g17};
use super::options::CONSTANT;
use super::run::{Run, number};
use super::transpose::columns;
use super::{MIN_SIZE, Outcome, Program};
use sp800_90b::estimators::mcv;
use sp800_90b::restart::{RestartAssessment, assess};
use sp800_90b::{Estimators, Symbols};

const SIDE: usize = 1000;
/// `-s` must ask for this many simulated rows at least; the cutoff is computed here.
const SIMULATED_ROWS: u64 = 5_000_000;

struct Options {
    iid: bool,
    verbose: u32,
    path: String,
    word_size: Option<u8>,
    h_i: f64,
}

pub(super) fn run(call: &Call) -> Outcome {
    let mut run = Run::new(Program::Restart, call, "Restart", false);
    let options = match options(call, &mut run) {
        Ok(options) => options,
        Err(message) => return run.refuse(message.as_deref()),
    };
    let bytes = data::open(&mut run, &options.path, options.verbose, None);
    let data = match data::load(&mut run, &options.path, bytes, options.word_size, None) {
        Ok(data) => data,
        Err(message) => return run.unreadable(&message),
    };
    let symbols = &data.symbols;
    if options.verbose > 1 {
        run.say(format!(
            "Loaded {} samples made up of {} distinct {}-bit-wide symbols.",
            symbols.len(),
            symbols.alphabet_size(),
            data.word_size
        ));
    }
    if options.h_i > data.width() {
        let message = format!(
            "H_I ({:.6}) must be at most 'bits_per_symbol' ({}).",
            options.h_i, data.word_size
        );
        run.say(&message);
        return run.fail(&message);
    }
    if symbols.alphabet_size() <= 1 {
        run.say(CONSTANT);
        return run.fail(CONSTANT);
    }
    if symbols.len() != MIN_SIZE {
        let message = format!(
            "*** Error: data (len = {}) does not contain {MIN_SIZE} samples ***",
            symbols.len()
        );
        run.say(format!("\n{message}\n"));
        return run.fail(&message);
    }
    if options.verbose > 1 && data.are_mapped() {
        run.say("\nSymbols have been translated.\n");
    }
    sanity_and_validation(run, &data, &options)
}

fn options(call: &Call, run: &mut Run) -> Result<Options, Option<String>> {
    let parsed = call.parse("invqo:s:").ok_or(None)?;
    let (mut iid, mut verbose, mut quiet) = (false, 1, false);
    for (letter, value) in parsed.options {
        match letter {
            'i' => iid = true,
            'n' => iid = false,
            'v' => verbose += 1,
            'q' => quiet = true,
            'o' => run.write_json_to(value),
            _ if u64::try_from(atoi(&value)).unwrap_or(0) < SIMULATED_ROWS => return Err(None),
            _ => {}
        }
    }
    run.set_iid(iid);
    let (path, bits, h_i) = match parsed.operands.as_slice() {
        [path, h_i] => (path, None, h_i),
        [path, bits, h_i] => (path, Some(bits), h_i),
        _ => {
            run.say("Incorrect usage.");
            return Err(None);
        }
    };
    let mut word_size = None;
    if let Some(bits) = bits {
        word_size = u8::try_from(atoi(bits)).ok().filter(|bits| (1..=8).contains(bits));
        if word_size.is_none() {
            run.say("Invalid bits per symbol.");
            return Err(Some("Invalid bits per symbol.".to_owned()));
        }
    }
    let h_i = atof(h_i);
    // A NaN is not a claim either.
    if h_i.is_nan() || h_i < 0.0 {
        run.say(format!("H_I {h_i:.6} must be nonnegative."));
        return Err(Some(format!("H_I must be nonnegative: {h_i:.6}.")));
    }
    Ok(Options {
        iid,
        verbose: if quiet { 0 } else { verbose },
        path: path.clone(),
        word_size,
        h_i,
    })
}

fn sanity_and_validation(mut run: Run, data: &Data, options: &Options) -> Outcome {
    let Options { iid, verbose, h_i, .. } = *options;
    let result = match assess(&data.symbols, SIDE, SIDE, h_i) {
        Ok(result) => result,
        Err(error) => {
            run.say(error.to_string());
            return run.fail(&error.to_string());
        }
    };
    run.say(format!("H_I: {h_i:.6}"));
    let sanity = &result.sanity;
    if verbose > 0 {
        run.say(format!("ALPHA: {}, X_cutoff: {}", g17(sanity.alpha), sanity.cutoff_r));
        run.say(format!("X_max: {}", sanity.x_r.max(sanity.x_c)));
    }
    if !sanity.passed {
        if verbose > 0 {
            run.say("\n*** Restart Sanity Check Failed ***");
        }
        return run.fail("Restart Sanity Check Failed.");
    }
    if verbose > 1 {
        run.say("\nRestart Sanity Check Passed...");
    }
    if verbose == 1 || verbose == 2 {
        run.say("Calculating baseline statistics...");
    }
    if verbose > 0 {
        let tests = if iid { "IID" } else { "non-IID" };
        run.say(format!("\nRunning {tests} tests...\n\nRunning Most Common Value Estimate..."));
    }
    let column_data = columns(data.symbols.raw());
    let Ok(column_symbols) = Symbols::new(column_data, data.word_size) else {
        return run.fail("Error: the columns are not symbols");
    };
    let mut steps =
        Steps { run: &mut run, verbose, width: data.word_size, iid, least: [data.width(); 2] };
    let (row_mcv, column_mcv) = (mcv(data.symbols.literal()), mcv(column_symbols.literal()));
    let found = {
        let mut print = Printer { run: steps.run, verbose };
        let row = print.mcv("Literal", Some(&row_mcv));
        steps.line("Most Common Value", "Rows", row, data.word_size);
        let mut print = Printer { run: steps.run, verbose };
        let column = print.mcv("Literal", Some(&column_mcv));
        steps.line("Most Common Value", "Cols", column, data.word_size);
        [row, column]
    };
    steps.lower(found);
    let mut overall: Vec<(&'static str, Json)> = Vec::new();
    if iid {
        match iid_tests(steps.run, verbose, &data.symbols, &column_symbols) {
            Ok(fields) => overall = fields,
            Err(reason) => {
                run.say(format!("Error: {reason}"));
                return run.fail(&format!("Error: {reason}"));
            }
        }
    } else {
        steps.case("Most Common Value", data.word_size, found);
        non_iid_tests(&mut steps, data.is_binary(), &result);
    }
    let [h_r, h_c] = steps.least;
    if verbose > 0 {
        run.say(format!("\nH_r: {h_r:.6}\nH_c: {h_c:.6}\nH_I: {h_i:.6}\n"));
    }
    if h_r.min(h_c) < h_i / 2.0 {
        if verbose > 0 {
            run.say("*** min(H_r, H_c) < H_I/2, Validation Testing Failed ***");
        }
        return run.fail("min(H_r, H_c) < H_I/2, Validation Testing Failed.");
    }
    let fields = [number("h_r", Some(h_r)), number("h_c", Some(h_c)), number("h_i", Some(h_i))];
    overall.extend(fields.into_iter().flatten());
    run.push_case("Overall", overall);
    if verbose > 0 {
        run.say("Validation Test Passed...\n");
        run.say(format!("min(H_r, H_c, H_I): {:.6}\n", h_r.min(h_c).min(h_i)));
    }
    run.succeed()
}

fn non_iid_tests(steps: &mut Steps<'_>, binary: bool, result: &RestartAssessment) {
    let (Some(row), Some(column)) = (&result.row, &result.column) else { return };
    let sets = [row, column];
    if binary {
        steps.heading("\nRunning Entropic Statistic Estimates (bit strings only)...");
        let case = "Collision Test (for bit strings only)";
        steps.one(case, "Collision Test", 1, sets, |print, set| {
            print.collision("Literal", set.collision.as_ref())
        });
        let case = "Markov Test (for bit strings only)";
        steps.one(case, "Markov Test", 1, sets, |print, set| {
            print.markov("Literal", set.markov.as_ref())
        });
        let case = "Compression Test (for bit strings only)";
        steps.one(case, "Compression Test", 1, sets, |print, set| {
            print.compression("Literal", set.compression.as_ref())
        });
    }
    steps.heading("\nRunning Tuple Estimates...");
    let repeats = sets.map(|set| {
        let mut print = Printer { run: steps.run, verbose: steps.verbose };
        print.tuples("Literal", set)
    });
    let width = steps.width;
    for (case, found) in
        [("T-Tuple Test", repeats.map(|found| found.0)), ("LRS Test", repeats.map(|found| found.1))]
    {
        for (side, value) in ["Rows", "Cols"].into_iter().zip(found) {
            steps.line(case, side, value, width);
        }
        steps.lower(found);
        steps.case(case, width, found);
    }
    steps.heading("\nRunning Predictor Estimates...");
    for kind in PredictorKind::ALL {
        steps.one(kind.case(), kind.long_name(), width, sets, |print, set| {
            print.predictor("Literal", kind, kind.of(set))
        });
    }
}

/// The tests of §5 on the rows and on the columns.
fn iid_tests(
    run: &mut Run,
    verbose: u32,
    rows: &Symbols,
    columns: &Symbols,
) -> Result<Vec<(&'static str, Json)>, String> {
    let (row, column) = (tests(rows)?, tests(columns)?);
    let mut fields = say_tests(run, verbose, &[&row, &column]);
    fields.push(("mean", Json::Double(0.0)));
    fields.push(("median", Json::Double(0.0)));
    fields.push(("permutationTestResults", counts(&[&row, &column])));
    Ok(fields)
}

/// The steps of a run, each on the rows and on the columns.
struct Steps<'a> {
    run: &'a mut Run,
    verbose: u32,
    width: u8,
    iid: bool,
    least: [f64; 2],
}

impl Steps<'_> {
    fn heading(&mut self, text: &str) {
        if self.verbose > 0 {
            self.run.say(text);
        }
    }

    fn line(&mut self, name: &str, side: &str, value: Option<f64>, width: u8) {
        if let Some(value) = value
            && self.verbose > 1
        {
            self.run.say(format!("\t{name} Estimate ({side}) = {value:.6} / {width} bit(s)"));
        }
    }

    fn lower(&mut self, found: [Option<f64>; 2]) {
        for (least, value) in self.least.iter_mut().zip(found) {
            *least = least.min(value.unwrap_or(f64::INFINITY));
        }
    }

    fn case(&mut self, case: &str, width: u8, [row, column]: [Option<f64>; 2]) {
        if self.iid {
            return;
        }
        let fields =
            [number("dataWordSize", Some(width.into())), number("h_r", row), number("h_c", column)];
        self.run.push_case(case, fields.into_iter().flatten().collect());
    }

    fn one(
        &mut self,
        case: &str,
        name: &str,
        width: u8,
        sets: [&Estimators; 2],
        estimate: impl Fn(&mut Printer<'_>, &Estimators) -> Option<f64>,
    ) {
        let mut found = [None, None];
        for (at, (side, set)) in ["Rows", "Cols"].into_iter().zip(sets).enumerate() {
            let mut print = Printer { run: self.run, verbose: self.verbose };
            found[at] = estimate(&mut print, set);
            self.line(name, side, found[at], width);
        }
        self.lower(found);
        self.case(case, width, found);
    }
}
