// SPDX-License-Identifier: MIT OR Apache-2.0
//! The samples of a file, one per byte, as NIST's programs load them.

use super::run::Run;
use crate::source::hex;
use sha2::{Digest, Sha256};
use sp800_90b::Symbols;

/// Which part of a file is read.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) index: u64,
    pub(super) samples: u64,
}

/// Loaded samples.
pub(super) struct Data {
    pub(super) symbols: Symbols,
    /// Bits per symbol as the tool names it: 0 for nothing but zeros of unstated width.
    pub(super) word_size: u8,
}

impl Data {
    pub(super) fn is_binary(&self) -> bool {
        self.symbols.alphabet_size() == 2
    }

    pub(super) fn are_mapped(&self) -> bool {
        self.symbols.alphabet_size() < 1 << self.word_size
    }

    /// Whether any symbol occurs twice, as NIST's tool asserts.
    pub(super) fn has_repeat(&self) -> bool {
        let mut seen = [false; 256];
        let literal = self.symbols.literal();
        literal.iter().any(|&symbol| std::mem::replace(&mut seen[usize::from(symbol)], true))
    }

    pub(super) fn width(&self) -> f64 {
        f64::from(self.word_size)
    }
}

/// A file's bytes and their SHA-256; a message on standard error where it cannot be read, as the tool has it.
pub(super) fn read_bytes(path: &str) -> Option<(Vec<u8>, String)> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let sum = hex(&Sha256::digest(&bytes));
            Some((bytes, sum))
        }
        Err(error) => {
            eprintln!("Can't open the provided file name: {error}");
            None
        }
    }
}

/// A file's bytes; names it in the record and on the screen.
pub(super) fn open(
    run: &mut Run,
    path: &str,
    verbose: u32,
    block: Option<Block>,
) -> Option<Vec<u8>> {
    let read = read_bytes(path);
    let sum = read.as_ref().map(|(_, sum)| sum.as_str());
    run.set_file(path, sum);
    if verbose > 1 {
        let block = block.filter(|block| block.samples > 0).map_or_else(String::new, |block| {
            format!(", reading block {} of size {}", block.index, block.samples)
        });
        let sum = sum.unwrap_or_default();
        run.say(format!("Opening file: '{path}' (SHA-256 hash {sum}){block}"));
    }
    read.map(|(bytes, _)| bytes)
}

/// Symbols of `bytes`, or the message of what is wrong with them. `stated` is the width on the command line.
pub(super) fn load(
    run: &mut Run,
    path: &str,
    bytes: Option<Vec<u8>>,
    stated: Option<u8>,
    block: Option<Block>,
) -> Result<Data, String> {
    let Some(mut bytes) = bytes else {
        let message = format!("Error: could not open '{path}'");
        run.say(&message);
        return Err(message + "\n");
    };
    if let Some(Block { index, samples }) = block.filter(|block| block.samples > 0) {
        let total = bytes.len() as u64;
        let begin = index.wrapping_mul(samples);
        if begin > total {
            run.say("Error: file read failure");
            return Err("Error: file read failure".to_owned());
        }
        let end = total.min(begin.saturating_add(samples));
        bytes = bytes[begin as usize..end as usize].to_vec();
    }
    if bytes.is_empty() {
        let message = format!("Error: '{path}' is empty");
        run.say(&message);
        return Err(message + "\n");
    }
    let used_mask = bytes.iter().fold(0, |mask, &symbol| mask | symbol);
    let used = (u8::BITS - used_mask.leading_zeros()) as u8;
    let word_size = stated.unwrap_or(used);
    if used < word_size {
        run.say("Warning: Symbols appear to be narrower than described.");
        run.note("Warning: Symbols appear to be narrower than described.");
    } else if used > word_size {
        run.say(format!(
            "Incorrect bit width specification: Data ({used}) does not fit within described bit width: {word_size}."
        ));
        return Err(format!(
            "Error: Incorrect bit width specification: Data ({used}) does not fit within described bit width: \
             {word_size}."
        ));
    }
    let symbols =
        Symbols::new(bytes, word_size.max(1)).map_err(|error| format!("Error: {error}"))?;
    Ok(Data { symbols, word_size })
}
