// SPDX-License-Identifier: MIT OR Apache-2.0
//! What `ea_non_iid` and `ea_iid` share: options, loading, and the bitstring.

use super::MIN_SIZE;
use super::data::{self, Block, Data};
use super::getopt::Call;
use super::number::{atoi, strtoull};
use super::run::Run;
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

pub(super) const CONSTANT: &str = "Symbol alphabet consists of 1 symbol. No entropy awarded...";

/// Reads the command line; without a result the run ends with the usage text.
pub(super) fn options(call: &Call, run: &mut Run) -> Result<Options, Option<String>> {
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
            // The record names the file although it was not read.
            let sum = data::read_bytes(&options.path).map(|(_, sum)| sum);
            run.set_file(&options.path, sum.as_deref());
            // Each program words it in its own way.
            return Err(Some(format!("{bits}")));
        }
    }
    Ok(options)
}

/// Loads the samples and prints what was loaded.
pub(super) fn load(run: &mut Run, options: &Options, binary_name: &str) -> Result<Data, String> {
    let read = data::read_bytes(&options.path);
    let sum = read.as_ref().map(|(_, sum)| sum.clone());
    run.set_file(&options.path, sum.as_deref());
    if options.verbose > 1 {
        let block =
            options.block.filter(|block| block.samples > 0).map_or_else(String::new, |block| {
                format!(", reading block {} of size {}", block.index, block.samples)
            });
        run.say(format!(
            "Opening file: '{}' (SHA-256 hash {}){block}",
            options.path,
            sum.as_deref().unwrap_or_default()
        ));
    }
    let bytes = read.map(|(bytes, _)| bytes);
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
