// SPDX-License-Identifier: MIT OR Apache-2.0
//! `ea_transpose`: a restart matrix column by column.

use super::data::{self, Block};
use super::getopt::Call;
use super::number::strtoull;
use super::run::Run;
use super::{FAILED, MIN_SIZE, Outcome, Program};

const ROWS: usize = 1000;

pub(super) fn run(call: &Call) -> Outcome {
    let mut run = Run::new(Program::Transpose, call, "", true);
    let Some(parsed) = call.parse("vl:") else { return run.refuse(None) };
    let mut verbose = 1;
    let mut block = None;
    for (letter, value) in parsed.options {
        match letter {
            'v' => verbose += 1,
            _ => block = Some(Block { index: strtoull(&value).0, samples: MIN_SIZE as u64 }),
        }
    }
    let [path, out_path] = parsed.operands.as_slice() else {
        run.say("Incorrect usage.");
        return run.refuse(None);
    };
    if verbose > 1 {
        run.say(match block {
            None => format!("Opening input file: '{path}'"),
            Some(Block { index, samples }) => {
                format!("Opening file: '{path}', reading block {index} of size {samples}")
            }
        });
    }
    let bytes = std::fs::read(path).ok();
    let data = match data::load(&mut run, path, bytes, None, block) {
        Ok(data) => data,
        Err(message) => return run.unreadable(&message),
    };
    let symbols = &data.symbols;
    if verbose > 1 {
        run.say(format!(
            "Loaded {} samples of {} distinct {}-bit-wide symbols",
            symbols.len(),
            symbols.alphabet_size(),
            data.word_size
        ));
    }
    if symbols.len() != MIN_SIZE {
        run.say(format!("Data must be {MIN_SIZE} samples."));
        return run.refuse(None);
    }
    if verbose > 1 {
        run.say(format!("Opening output file: '{out_path}'"));
    }
    if let Err(error) = std::fs::write(out_path, columns(symbols.raw())) {
        eprintln!("Can't open output file: {error}");
        let mut outcome = run.refuse(None);
        outcome.status = FAILED;
        return outcome;
    }
    run.succeed()
}

/// The matrix of 1,000 rows, column by column.
pub(super) fn columns(raw: &[u8]) -> Vec<u8> {
    let width = raw.len() / ROWS;
    (0..width).flat_map(|column| raw.iter().skip(column).step_by(width).copied()).collect()
}
