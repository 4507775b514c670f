// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `ea_non_iid` and `ea_iid` share: options, loading, and the bitstring.

use super::data::{self, Block, Data};
use super::getopt::Call;
use super::number::{atoi, g17, strtoull};
use super::run::Run;
use super::{MIN_SIZE, Outcome, Program};
use sp800_90b::Symbols;

/// The options that `ea_non_iid` and `ea_iid` share.
pub(super) struct Options {
    /// Whether the initial estimate is asked for, and not `h'` of a conditioned sequence.
    pub(super) initial: bool,
    pub(super) all_bits: bool,
    pub(super) verbose: u32,
    pub(super) path: String,
    pub(super) word_size: Option<u8>,
    pub(super) block: Option<Block>,
}

/// In what the two programs differ before their tests.
pub(super) struct Wording {
    pub(super) program: Program,
    pub(super) bad_bits: fn(&str) -> String,
    pub(super) bit_count: &'static str,
    pub(super) translated: &'static str,
}

pub(super) const CONSTANT: &str = "Symbol alphabet consists of 1 symbol. No entropy awarded...";

/// Reads the command line and the samples; the outcome if there is nothing to test.
pub(super) fn begin(call: &Call, wording: &Wording) -> Result<(Run, Options, Data), Outcome> {
    let mut run = Run::new(wording.program, call, "", wording.program == Program::Iid);
    let options = match options(call, &mut run, wording.program) {
        Ok(options) => options,
        Err(Some(bits)) if bits.parse::<i64>().is_ok() => {
            let message = (wording.bad_bits)(&bits);
            run.say(&message);
            return Err(run.refuse(Some(&message)));
        }
        Err(message) => return Err(run.refuse(message.as_deref())),
    };
    let data = match load(&mut run, &options, wording.bit_count) {
        Ok(data) => data,
        Err(message) => return Err(run.unreadable(&message)),
    };
    if data.symbols.alphabet_size() <= 1 {
        run.say(CONSTANT);
        return Err(run.fail(CONSTANT));
    }
    if options.verbose > 1 && data.are_mapped() {
        run.say(wording.translated);
    }
    Ok((run, options, data))
}

/// Reads the command line; without a result the run ends with the usage text.
fn options(call: &Call, run: &mut Run, program: Program) -> Result<Options, Option<String>> {
    let parsed = call.parse("icatvql:o:").ok_or(None)?;
    let mut options = Options {
        initial: true,
        all_bits: true,
        verbose: 1,
        path: String::new(),
        word_size: None,
        block: None,
    };
    let mut quiet = false;
    for (letter, value) in parsed.options {
        match letter {
            'i' => options.initial = true,
            'c' => options.initial = false,
            'a' => options.all_bits = true,
            't' => options.all_bits = false,
            'v' => options.verbose += 1,
            'q' => quiet = true,
            'o' => run.write_json_to(value),
            _ => {
                let (index, rest) = strtoull(&value);
                let rest = rest
                    .strip_prefix(',')
                    .ok_or_else(|| Some("Error on index/samples.".to_owned()))?;
                options.block = Some(Block { index, samples: strtoull(rest).0 });
            }
        }
    }
    let mut operands = parsed.operands.into_iter();
    let (Some(path), bits, None) = (operands.next(), operands.next(), operands.next()) else {
        run.say("Incorrect usage.");
        return Err(None);
    };
    if quiet {
        options.verbose = 0;
    }
    options.path = path;
    if let Some(text) = bits {
        let bits = atoi(&text);
        options.word_size = u8::try_from(bits).ok().filter(|bits| (1..=8).contains(bits));
        if options.word_size.is_none() {
            // The record names the file although it was not assessed; `ea_iid` has not read it either.
            let sum = match program {
                Program::Iid => None,
                _ => data::read_bytes(&options.path).map(|(_, sum)| sum),
            };
            run.set_file(&options.path, sum.as_deref());
            // Each program words it in its own way.
            return Err(Some(format!("{bits}")));
        }
    }
    Ok(options)
}

/// Loads the samples and prints what was loaded.
fn load(run: &mut Run, options: &Options, binary_name: &str) -> Result<Data, String> {
    let bytes = data::open(run, &options.path, options.verbose, options.block);
    let data = data::load(run, &options.path, bytes, options.word_size, options.block)?;
    let symbols = &data.symbols;
    if options.verbose > 1 {
        run.say(format!(
            "Loaded {} samples of {} distinct {}-bit-wide symbols",
            symbols.len(),
            symbols.alphabet_size(),
            data.word_size
        ));
    }
    if symbols.alphabet_size() <= 1 {
        return Ok(data);
    }
    if options.verbose > 1 && (symbols.alphabet_size() > 2 || !options.initial) {
        run.say(format!("{binary_name}: {}", bit_count(&data, options)));
    }
    if symbols.len() < MIN_SIZE {
        run.say(format!("\n*** Warning: data contains less than {MIN_SIZE} samples ***\n"));
    }
    Ok(data)
}

/// Bits of the bitstring that are assessed.
pub(super) fn bit_count(data: &Data, options: &Options) -> usize {
    let all = data.symbols.len() * usize::from(data.word_size);
    if options.all_bits { all } else { all.min(MIN_SIZE) }
}

/// The bitstring that is assessed, as symbols of one bit.
pub(super) fn bitstring(data: &Data, options: &Options) -> Symbols {
    let bits = data.symbols.bit_string();
    Symbols::detect_width(bits.iter().take(bit_count(data, options)).collect())
}

/// Prints the entropy that the estimates leave, each after `lead`; without `bitstring` there is none to assess.
pub(super) fn say_entropy(
    run: &mut Run,
    options: &Options,
    data: &Data,
    lead: &str,
    original: f64,
    bitstring: Option<f64>,
) {
    let (width, word_size) = (data.width(), data.word_size);
    match options.verbose {
        1 | 2 if options.initial => {
            run.say(format!("{lead}H_original: {original:.6}"));
            if let Some(bitstring) = bitstring {
                run.say(format!("H_bitstring: {bitstring:.6}"));
                run.say(format!(
                    "min(H_original, {word_size} X H_bitstring): {:.6}",
                    original.min(width * bitstring)
                ));
            }
        }
        1 | 2 => run.say(format!("{lead}h': {:.6}", bitstring.unwrap_or(1.0))),
        0 => {}
        _ => {
            if let Some(bitstring) = bitstring {
                run.say(format!("H_bitstring = {}", g17(bitstring)));
                run.say(format!("H_bitstring Per Symbol = {}", g17(bitstring * width)));
            }
            if options.initial {
                run.say(format!("H_original = {}", g17(original)));
            }
            let assessed = assessed(options, data, original, bitstring);
            run.say(format!("Assessed min entropy: {}", g17(assessed)));
        }
    }
}

/// The least of the estimates that were asked for.
pub(super) fn assessed(
    options: &Options,
    data: &Data,
    original: f64,
    bitstring: Option<f64>,
) -> f64 {
    let width = data.width();
    let by_bits = bitstring.map_or(width, |bitstring| width.min(bitstring * width));
    if options.initial { by_bits.min(original) } else { by_bits }
}
