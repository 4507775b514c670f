// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the programs say of themselves.

use super::{MIN_SIZE, Program, VERSION};

/// The answer to `--version`.
pub(super) fn version(program: Program) -> String {
    let name = match program {
        Program::NonIid => "noniid",
        Program::Iid => "iid",
        Program::Restart => "restart",
        Program::Conditioning => "conditioning",
        Program::Transpose => "transpose",
    };
    format!(
        "{name} {VERSION}\n\nThis is `ea` {} of the crate sp800-90b, which gives the answers of NIST's \
         SP800-90B_EntropyAssessment 1.1.8 in its format. It holds no code of NIST's; NIST's own tool is the reference, \
         and a validation must name the tool that it used.\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// How a program is called.
pub(super) fn text(program: Program) -> String {
    let assess = |name: &str| {
        format!(
            "Usage is: {name} [-i|-c] [-a|-t] [-v] [-q] [-l <index>,<samples>] [-o <file>] <file_name> \
             [bits_per_symbol]\n\n\
             \t <file_name>: one symbol per byte, {MIN_SIZE} of them or more\n\
             \t [bits_per_symbol]: 1 to 8; that of the widest symbol without it\n\
             \t -i: initial estimate (SP 800-90B §3.1.3), the default\n\
             \t -c: h' of a conditioned sequential dataset (§3.1.5.2)\n\
             \t -a: assess the whole bitstring, the default; -t: its first {MIN_SIZE} bits\n\
             \t -v: more figures, -vv: all of them; -q: none\n\
             \t -l <index>,<samples>: assess block <index> of <samples> samples\n\
             \t -o <file>: write a JSON record\n\
             \t --version: print the version\n"
        )
    };
    match program {
        Program::NonIid => assess("ea_non_iid"),
        Program::Iid => assess("ea_iid"),
        Program::Restart => "Usage is: ea_restart [-i|-n] [-v] [-q] [-s <simulation count>] [-o <file>] <file_name> [bits_per_symbol] \
             <H_I>\n\n\
             \t <file_name>: 1000 restarts of 1000 samples, row by row, one symbol per byte\n\
             \t [bits_per_symbol]: 1 to 8; that of the widest symbol without it\n\
             \t <H_I>: the initial estimate in bits per sample\n\
             \t -i: IID data; -n: non-IID data, the default\n\
             \t -s: rows to simulate, 5000000 or more; not needed here, the cutoff is computed\n\
             \t -v: more figures; -q: none; -o <file>: write a JSON record\n\
             \t --version: print the version\n"
            .to_owned(),
        Program::Conditioning => "Usage is: ea_conditioning [-v] [-q] <n_in> <n_out> <nw> <h_in> [-o <file>]\n\
             \tor ea_conditioning -n [-q] <n_in> <n_out> <nw> <h_in> [h' | -i <file> [-c iid]] [-o <file>]\n\n\
             \t <n_in>, <n_out>, <nw>: bits of the input, the output and the narrowest internal width\n\
             \t <h_in>: bits of min-entropy in the input\n\
             \t -v: vetted component, the default; -n: not vetted\n\
             \t h': min-entropy per bit of the conditioned output; -i <file>: assess it on this file\n\
             \t -q: print nothing; -o <file>: write a JSON record\n\
             \t --version: print the version\n"
            .to_owned(),
        Program::Transpose => "Usage is: ea_transpose [-v] [-l <index>] <file> <outfile>\n\n\
             \t <file>: 1000 restarts of 1000 samples, row by row\n\
             \t <outfile>: gets the same samples column by column\n\
             \t -l <index>: read block <index> of 1000000 samples\n\
             \t -v: say what is done; --version: print the version\n"
            .to_owned(),
    }
}
