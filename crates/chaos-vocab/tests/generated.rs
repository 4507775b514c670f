// SPDX-License-Identifier: GPL-2.0-or-later
//! The checked-in files that are derived from the vocabulary: each must be what the generator below writes.
//! `UPDATE=1 cargo test -p chaos-vocab` writes them.

use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use chaos_vocab::{
    Allowed, ENGINE_ALIGN, ErrorCode, FUNCTIONS, Function, HealthReport, MEMORY_BYTES, OnFailure,
    Parameter, State, Workload,
};

/// Columns of the C files.
const COLUMNS: usize = 116;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a checked-in file with what it should be, or writes it.
fn check(path: &str, expected: &str) {
    let path = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, expected).expect("a writable checkout");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{} is stale: run `UPDATE=1 cargo test -p chaos-vocab` and commit what it writes",
        path.display()
    );
}

#[test]
fn the_header_is_up_to_date() {
    check("crates/chaos-ffi/include/uchaos_engine.h", &header());
}

#[test]
fn the_tables_of_the_kernel_module_are_up_to_date() {
    check("linux-guest/uchaos/vocabulary.h", &module_tables());
}

#[test]
fn the_table_in_the_documentation_is_up_to_date() {
    const BEGIN: &str = "<!-- generated from chaos-vocab: begin -->\n";
    const END: &str = "<!-- generated from chaos-vocab: end -->\n";
    let path = "docs/wire.md";
    let page = fs::read_to_string(root().join(path)).expect("docs/wire.md");
    let (before, rest) = page.split_once(BEGIN).expect("a begin marker");
    let (_, after) = rest.split_once(END).expect("an end marker");
    check(path, &format!("{before}{BEGIN}{}{END}{after}", documentation()));
}

fn header() -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's C interface, which one object offers to the kernel module, uchaosbox and the microkernel. Generated from
 * crates/chaos-vocab by `UPDATE=1 cargo test -p chaos-vocab`: change it there.
 *
 * The engine allocates nothing, keeps no global state, never sleeps and uses no floating point. One engine must not
 * be used by two callers at once; two engines are independent. After an error from raw, stream or seed the whole output
 * buffer is zero.
 */
#ifndef UCHAOS_ENGINE_H
#define UCHAOS_ENGINE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

",
    );
    let mut define = |text: &str, name: &str, value: usize| {
        out += &format!("/* {text} */\n#define {name} {value}\n");
    };
    define("Bytes that the memory workload walks through.", "UCHAOS_MEMORY_BYTES", MEMORY_BYTES);
    define("Alignment of the memory for an engine, in bytes.", "UCHAOS_ENGINE_ALIGN", ENGINE_ALIGN);
    out += "\n";
    enumeration(&mut out, "code", ErrorCode::ALL, ErrorCode::number);
    enumeration(&mut out, "workload", Workload::ALL, Workload::number);
    enumeration(&mut out, "on_failure", OnFailure::ALL, OnFailure::number);
    enumeration(&mut out, "state", State::ALL, State::number);
    out += "struct uchaos_params {\n";
    for &parameter in Parameter::ALL {
        let (text, allowed, default) = explained(parameter);
        comment(&mut out, "\t", &format!("{text}: {allowed}; by default {default}"));
        out += &format!("\tuint32_t {};\n", parameter.member());
    }
    out += "};\n\nstruct uchaos_health {\n";
    comment(&mut out, "\t", "enum uchaos_state");
    out += "\tuint32_t state;\n";
    comment(&mut out, "\t", "enum uchaos_code of the last failure");
    out += "\tint32_t last_error;\n";
    for member in HealthReport::KEYS {
        comment(&mut out, "\t", member.text);
        out += &format!("\t{} {};\n", c_type(member.rust_type).trim_end(), member.key);
    }
    out += "};\n\n";
    for function in FUNCTIONS {
        comment(&mut out, "", function.text);
        out += &prototype(function);
    }
    out + "\n#endif\n"
}

fn enumeration<T: Copy + std::fmt::Debug, N: Display>(
    out: &mut String,
    name: &str,
    values: &[T],
    number: impl Fn(T) -> N,
) {
    *out += &format!("enum uchaos_{name} {{\n");
    for value in values {
        *out += &format!("\tUCHAOS_{} = {},\n", screaming(&format!("{value:?}")), number(*value));
    }
    out.push_str("};\n\n");
}

/// `ClockStuck` as `CLOCK_STUCK`.
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(letter.to_uppercase());
    }
    out
}

/// A C comment, on as many lines as it takes.
fn comment(out: &mut String, indent: &str, text: &str) {
    let lines = wrap(text, COLUMNS - 8);
    if let [line] = lines.as_slice() {
        *out += &format!("{indent}/* {line} */\n");
        return;
    }
    *out += &format!("{indent}/*\n");
    for line in lines {
        *out += &format!("{indent} * {line}\n");
    }
    *out += &format!("{indent} */\n");
}

fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.len() + 1 + word.len() > columns {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

fn prototype(function: &Function) -> String {
    let arguments: Vec<String> =
        function.arguments.iter().map(|(name, kind)| format!("{}{name}", c_type(kind))).collect();
    let arguments = if arguments.is_empty() { "void".to_owned() } else { arguments.join(", ") };
    let result = if function.result.is_empty() { "void " } else { &c_type(function.result) };
    let line = format!("{result}{}({arguments});", function.name);
    if line.len() <= COLUMNS {
        return line + "\n";
    }
    let lines = wrap(&line, COLUMNS - 8);
    lines.join("\n\t\t") + "\n"
}

/// A Rust type of the C ABI in C, ready for a name to follow.
fn c_type(rust: &str) -> String {
    // How `stringify!` spaces a pointer depends on the compiler.
    let rust = &rust.replace("* ", "*");
    if let Some(target) = rust.strip_prefix("*mut ") {
        return format!("{}*", c_type(target));
    }
    if let Some(target) = rust.strip_prefix("*const ") {
        return format!("const {}*", c_type(target));
    }
    let c = match rust.as_str() {
        "c_char" => "char",
        "c_int" => "int",
        "c_void" => "void",
        "i32" => "int32_t",
        "u8" => "uint8_t",
        "u32" => "uint32_t",
        "u64" => "uint64_t",
        "usize" => "size_t",
        "HealthReport" => "struct uchaos_health",
        "RawParams" => "struct uchaos_params",
        other => panic!("add how C spells `{other}` to this list"),
    };
    format!("{c} ")
}

/// What a parameter sets, what it allows, and its default.
fn explained(parameter: Parameter) -> (String, &'static str, String) {
    let default = parameter.value(parameter.default_number());
    (parameter.meaning().to_string(), parameter.allowed_text(), default.to_string())
}

/// X-macros for params.c and status.c.
fn module_tables() -> String {
    let mut out = String::from(
        "/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's vocabulary for the module. Generated from crates/chaos-vocab by `UPDATE=1 cargo test -p chaos-vocab`: change
 * it there.
 */
#ifndef UCHAOS_VOCABULARY_H
#define UCHAOS_VOCABULARY_H

/* Words by number, ended by NULL. */
",
    );
    let mut words = |name: &str, words: &[&str]| {
        out += &format!("#define UCHAOS_{name}_WORDS {{ \"{}\", NULL }}\n", words.join("\", \""));
    };
    words("STATE", State::WORDS);
    for &parameter in Parameter::ALL {
        if let Allowed::Words(of_parameter) = parameter.allowed() {
            words(&parameter.key().to_uppercase(), of_parameter);
        }
    }
    out += "
/*
 * Parameters in the order of struct uchaos_params: WORD(key, words, text) for those whose value is a word,
 * NUMBER(key, report_key, text) for the others.
 */
#define UCHAOS_PARAMETERS(WORD, NUMBER)";
    for &parameter in Parameter::ALL {
        let key = parameter.key();
        let (text, allowed, default) = explained(parameter);
        let text = format!("{text}: {allowed} (default {default})");
        match parameter.allowed() {
            Allowed::Words(_) => {
                let words = key.to_uppercase();
                out += &format!(" \\\n\tWORD({key}, UCHAOS_{words}_WORDS, \"{text}\")");
            }
            _ => {
                let report_key = parameter.report_key();
                out += &format!(" \\\n\tNUMBER({key}, {report_key}, \"{text}\")");
            }
        }
    }
    out += "\n\n/* The members of struct uchaos_health after state and last_error. */\n#define UCHAOS_HEALTH_KEYS(KEY)";
    for member in HealthReport::KEYS {
        out += &format!(" \\\n\tKEY({})", member.key);
    }
    out + "\n\n#endif\n"
}

/// Rows of the table of keys in docs/wire.md.
fn documentation() -> String {
    let mut out =
        String::from("| key | what it sets | values | default |\n| --- | --- | --- | --- |\n");
    for &parameter in Parameter::ALL {
        let (text, allowed, default) = explained(parameter);
        let key = parameter.command_line_key();
        out += &format!("| `{key}` | {text} | {allowed} | {default} |\n");
    }
    out
}
