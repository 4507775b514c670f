// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_non_iid`: all estimators of §6.3.

use super::data::Data;
use super::estimates::{PredictorKind, Printer};
use super::getopt::Call;
use super::json::Json;
use super::options::{Options, Wording, assessed, begin, bit_count, bitstring, say_entropy};
use super::run::{Run, number};
use super::{Outcome, Program};
use sp800_90b::estimators::Compression;
use sp800_90b::{Estimators, Outcome as SetOutcome, Symbols, Track, assess};

/// The estimates on the symbols and on the bitstring, as far as they are asked for.
struct Sets {
    literal: Option<Estimators>,
    bitstring: Option<Estimators>,
}

fn estimate(data: &Data, options: &Options) -> Sets {
    let has_bitstring = data.symbols.alphabet_size() > 2 || !options.initial;
    let cut = bit_count(data, options) < data.symbols.len() * usize::from(data.word_size);
    let own_bitstring = has_bitstring && (cut || !options.initial);
    let on_bits = own_bitstring.then(|| only(&bitstring(data, options))).flatten();
    if !options.initial {
        return Sets { literal: None, bitstring: on_bits }.with_one_block(data, options);
    }
    let Ok(assessment) = assess(&data.symbols, Track::NonIid) else {
        return Sets { literal: None, bitstring: None };
    };
    let sets = assessment.estimators;
    let sets = match sets.literal {
        Some(literal) => {
            let bitstring = if own_bitstring { on_bits } else { sets.bitstring };
            Sets { literal: Some(literal), bitstring: bitstring.filter(|_| has_bitstring) }
        }
        None => Sets { literal: sets.bitstring, bitstring: None },
    };
    sets.with_one_block(data, options)
}

impl Sets {
    /// The compression estimate that NIST's tool prints where only one block follows the dictionary.
    fn with_one_block(mut self, data: &Data, options: &Options) -> Self {
        if let Some(set) = &mut self.bitstring {
            compression_of_one_block(set, bitstring(data, options).raw());
        }
        if let (Some(set), true) = (&mut self.literal, data.is_binary()) {
            compression_of_one_block(set, data.symbols.literal());
        }
        self
    }
}

/// Sets the estimate as arithmetic with a standard deviation of 0/0 or 1/0 gives it.
fn compression_of_one_block(set: &mut Estimators, bits: &[u8]) {
    const BLOCK_BITS: usize = 6;
    const DICTIONARY_BLOCKS: usize = 1000;
    let (blocks, _) = bits.as_chunks::<BLOCK_BITS>();
    let [dictionary @ .., tested] = blocks else { return };
    if dictionary.len() != DICTIONARY_BLOCKS {
        return;
    }
    let distance = dictionary.iter().rev().position(|block| block == tested);
    let x_bar = (distance.unwrap_or(DICTIONARY_BLOCKS) as f64 + 1.0).log2();
    let found_p = x_bar > 0.0;
    let (sigma_hat, x_bar_prime, p, min_entropy) = if found_p {
        (f64::INFINITY, f64::NEG_INFINITY, 1.0, -0.0)
    } else {
        (f64::NAN, f64::NAN, 1.0 / 64.0, 1.0)
    };
    let made = Compression { x_bar, sigma_hat, x_bar_prime, found_p, p, min_entropy };
    set.compression = Some(SetOutcome::Value(made));
}

/// The estimates on 1-bit symbols.
pub(super) fn only(bits: &Symbols) -> Option<Estimators> {
    let sets = assess(bits, Track::NonIid).ok()?.estimators;
    sets.literal.or(sets.bitstring)
}

pub(super) fn run(call: &Call) -> Outcome {
    let wording = Wording {
        program: Program::NonIid,
        bad_bits: |_| "Invalid bits per symbol.".to_owned(),
        bit_count: "Number of Binary Symbols",
        translated: "\nSymbols have been translated.",
    };
    match begin(call, &wording) {
        Ok((run, options, data)) => {
            if let Some(reason) = failed_assertion(&data, &options) {
                return run.fail_assertion(&reason);
            }
            let sets = estimate(&data, &options);
            report(run, &data, &options, &sets)
        }
        Err(outcome) => outcome,
    }
}

/// Why NIST's tool would stop: an estimator asserts that there are enough samples, and that one of them repeats.
fn failed_assertion(data: &Data, options: &Options) -> Option<String> {
    // LZ78Y takes 16 bits as its first context, and two more. On more symbols, lag compares three.
    let needed = |binary: bool| if binary { 19 } else { 3 };
    let strings = [
        (options.initial, "samples", data.is_binary(), data.symbols.len(), data.has_repeat()),
        (!data.is_binary() || !options.initial, "bits", true, bit_count(data, options), true),
    ];
    strings.into_iter().find_map(|(is_used, name, binary, len, has_repeat)| {
        let needed = needed(binary);
        if is_used && len < needed {
            return Some(format!(
                "the estimators need {needed} {name} or more, and there are {len}"
            ));
        }
        (is_used && !has_repeat).then(|| format!("no two of the {len} {name} are equal"))
    })
}

fn report(mut run: Run, data: &Data, options: &Options, sets: &Sets) -> Outcome {
    let verbose = options.verbose;
    let mut least = Least { original: data.width(), bitstring: 1.0 };
    let mut step = Steps { run: &mut run, verbose, data, sets, least: &mut least };
    step.heading("\nRunning non-IID tests...\n");
    step.heading("Running Most Common Value Estimate...");
    step.mcv();
    step.heading("\nRunning Entropic Statistic Estimates (bit strings only)...");
    step.one("Collision Test (for bit strings only)", "Collision Test", |print, label, set| {
        print.collision(label, set.collision.as_ref())
    });
    step.one("Markov Test (for bit strings only)", "Markov Test", |print, label, set| {
        print.markov(label, set.markov.as_ref())
    });
    step.one("Compression Test (for bit strings only)", "Compression Test", |print, label, set| {
        print.compression(label, set.compression.as_ref())
    });
    step.heading("\nRunning Tuple Estimates...");
    step.tuples();
    step.heading("\nRunning Predictor Estimates...");
    for kind in PredictorKind::ALL {
        step.one(kind.case(), kind.long_name(), |print, label, set| {
            print.predictor(label, kind, kind.of(set))
        });
    }
    let bitstring = sets.bitstring.is_some().then_some(least.bitstring);
    say_entropy(&mut run, options, data, "\n", least.original, bitstring);
    let assessed = assessed(options, data, least.original, bitstring);
    let fields = [
        number("hBitstring", bitstring),
        number("hOriginal", options.initial.then_some(least.original)),
        number("dataWordSize", Some(data.width())),
        number("hAssessed", Some(assessed)),
    ];
    run.push_case("Overall", fields.into_iter().flatten().collect());
    run.succeed()
}

struct Least {
    original: f64,
    bitstring: f64,
}

/// The steps of a run, one per estimator.
struct Steps<'a> {
    run: &'a mut Run,
    verbose: u32,
    data: &'a Data,
    sets: &'a Sets,
    least: &'a mut Least,
}

impl Steps<'_> {
    fn heading(&mut self, text: &str) {
        if self.verbose == 1 || self.verbose == 2 {
            self.run.say(text);
        }
    }

    fn estimate_line(&mut self, name: &str, on_bits: bool, value: f64) {
        if self.verbose != 2 {
            return;
        }
        // What is for bit strings only has one bit, whatever the symbols have.
        let bits_only = matches!(name, "Collision Test" | "Markov Test" | "Compression Test");
        let text = if on_bits {
            format!("\t{name} Estimate (bit string) = {value:.6} / 1 bit(s)")
        } else {
            let width = if bits_only { 1 } else { self.data.word_size };
            format!("\t{name} Estimate = {value:.6} / {width} bit(s)")
        };
        self.run.say(text);
    }

    /// The bitstring and then the literal symbols, through one estimator.
    fn both(
        &mut self,
        name: &str,
        estimate: impl Fn(&mut Printer<'_>, &str, &Estimators) -> Option<f64>,
    ) -> (Option<f64>, Option<f64>) {
        let sets = self.sets;
        let mut found = [None, None];
        for (at, (label, set)) in
            [("Bitstring", &sets.bitstring), ("Literal", &sets.literal)].into_iter().enumerate()
        {
            let Some(set) = set else { continue };
            let mut print = Printer { run: self.run, verbose: self.verbose };
            let Some(value) = estimate(&mut print, label, set) else { continue };
            self.estimate_line(name, at == 0, value);
            self.lower(at == 0, value);
            found[at] = Some(value);
        }
        (found[0], found[1])
    }

    fn lower(&mut self, on_bits: bool, value: f64) {
        let least = if on_bits { &mut self.least.bitstring } else { &mut self.least.original };
        *least = least.min(value);
    }

    fn one(
        &mut self,
        case: &str,
        name: &str,
        estimate: impl Fn(&mut Printer<'_>, &str, &Estimators) -> Option<f64>,
    ) {
        let (on_bits, literal) = self.both(name, estimate);
        let fields = [number("hBitstring", on_bits), number("hOriginal", literal)];
        self.run.push_case(case, fields.into_iter().flatten().collect());
    }

    fn mcv(&mut self) {
        let (on_bits, literal) =
            self.both("Most Common Value", |print, label, set| print.mcv(label, set.mcv.as_ref()));
        // The record has the figures of the string that came last.
        let last = self.sets.literal.as_ref().or(self.sets.bitstring.as_ref());
        let mcv = last.and_then(|set| set.mcv.as_ref()).and_then(|outcome| outcome.value());
        let fields = [
            number("hBitstring", on_bits),
            number("hOriginal", literal),
            number("mcvEstimateMode", mcv.map(|mcv| mcv.mode_count as f64)),
            number("mcvEstimatePHat", mcv.map(|mcv| mcv.p_hat)),
            number("mcvEstimatePU", mcv.map(|mcv| mcv.p_u)),
        ];
        self.run.push_case("Most Common Value", fields.into_iter().flatten().collect());
    }

    fn tuples(&mut self) {
        let sets = self.sets;
        let mut repeats = [(None, None), (None, None)];
        for (at, (label, set)) in
            [("Bitstring", &sets.bitstring), ("Literal", &sets.literal)].into_iter().enumerate()
        {
            let Some(set) = set else { continue };
            let mut print = Printer { run: self.run, verbose: self.verbose };
            repeats[at] = print.tuples(label, set);
            if let Some(value) = repeats[at].0 {
                self.estimate_line("T-Tuple Test", at == 0, value);
                self.lower(at == 0, value);
            }
        }
        for (at, (_, lrs)) in repeats.into_iter().enumerate() {
            if let Some(value) = lrs {
                self.estimate_line("LRS Test", at == 0, value);
                self.lower(at == 0, value);
            }
        }
        let [(bit_tuple, bit_lrs), (tuple, lrs)] = repeats;
        let cases = [
            ("T-Tuple Test", "binTTupleRes", bit_tuple, "tTupleRes", tuple),
            ("LRS Test", "binLrsRes", bit_lrs, "lrsRes", lrs),
        ];
        for (case, bit_name, on_bits, name, literal) in cases {
            let fields = [number(bit_name, on_bits), number(name, literal)];
            let fields: Vec<(&'static str, Json)> = fields.into_iter().flatten().collect();
            self.run.push_case(case, fields);
        }
    }
}
