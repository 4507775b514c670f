// SPDX-License-Identifier: GPL-2.0-or-later
//! Host tests of both faces: here the wrapper's declarations find the object's definitions, on the machine's own
//! counter, and the C header is compiled and asked what it says.

use std::string::{String, ToString as _};
use std::vec::Vec;
use std::{format, fs, vec};

use crate::abi::{self, Health, Params, code};
use crate::{Engine, Failure, Place};

fn observing() -> Params {
    Params { enforce: 0, ..Params::default() }
}

#[test]
fn the_defaults_are_those_of_the_engine() {
    let expected = Params {
        turns: 1,
        init_turns: 7,
        min_delta: 3,
        workload: 0,
        claim_millibits: 125,
        enforce: 1,
    };
    assert_eq!(Params::default(), expected);
    assert_eq!(Params::default().check(), Ok(()));
}

#[test]
fn each_bad_parameter_is_named_with_what_is_allowed() {
    let good = Params::default();
    for (params, name, allowed) in [
        (Params { turns: 8, ..good }, "turns", "1 to 7"),
        (Params { init_turns: 0, ..good }, "init_turns", "1 to 63"),
        (Params { min_delta: 256, ..good }, "min_delta", "1 to 255"),
        (Params { workload: 4, ..good }, "workload", "pause, memory, hash or combined"),
        (Params { claim_millibits: 100, ..good }, "claim", "62, 125"),
        (Params { enforce: 2, ..good }, "health", "enforce or observe"),
    ] {
        let bad = params.check().unwrap_err();
        assert_eq!(bad.name, name);
        assert!(bad.allowed.starts_with(allowed), "{name}: {}", bad.allowed);
        let failure = Engine::start(&mut Place::new(), &params, &mut []).unwrap_err();
        assert_eq!(failure, Failure(code::BAD_PARAMETER));
    }
    // The texts for C are those of chaos-core.
    for (which, (name, allowed)) in (0..).zip(chaos_core::params::PARAMETERS) {
        let text = |pointer| {
            // SAFETY: the function returns a static text that ends with NUL.
            unsafe { core::ffi::CStr::from_ptr(pointer) }.to_str().unwrap()
        };
        assert_eq!(text(abi::uchaos_param_name(which)), name);
        assert_eq!(text(abi::uchaos_param_allowed(which)), allowed);
    }
}

#[test]
fn an_engine_gives_all_outputs_and_counts_its_samples() {
    for workload in 0..4 {
        let mut place = Place::new();
        let mut memory = vec![0; abi::MEMORY_BYTES];
        let mut engine =
            Engine::start(&mut place, &Params { workload, ..observing() }, &mut memory).unwrap();
        let begun = engine.health().unwrap();
        assert_eq!(begun.samples, 1024 + 7);
        let (mut raw, mut stream) = (vec![0; 1000], vec![0; 805]);
        engine.raw(&mut raw).unwrap();
        assert!(raw.iter().all(|&delta| delta >= 3));
        engine.stream(&mut stream).unwrap();
        assert!(stream.chunks(8).all(|word| word != vec![0; word.len()]));
        engine.stir(b"from outside").unwrap();
        assert_eq!(engine.health().unwrap().samples, begun.samples + 1000 + 101);
        engine.restart().unwrap();
        assert_eq!(engine.health().unwrap().samples, begun.samples);
    }
}

#[test]
fn the_health_report_has_the_cutoffs_and_the_label() {
    let mut place = Place::new();
    let engine = Engine::start(&mut place, &observing(), &mut []).unwrap();
    let health = engine.health().unwrap();
    assert_eq!((health.repetition_count_cutoff, health.adaptive_proportion_cutoff), (241, 502));
    assert_eq!((health.adaptive_proportion_window, health.prediction_run_cutoff), (512, 240));
    assert_eq!(
        (health.claim_millibits, health.enforce, health.fresh_microbits_per_output_bit),
        (125, 0, 1953)
    );
}

#[test]
fn what_is_no_engine_is_refused() {
    let params = observing();
    let mut place = Place::new();
    let pointer: *mut Place = &raw mut place;
    // SAFETY: the place is this function's; nothing else uses it.
    let empty = unsafe { abi::uchaos_engine_restart(pointer.cast()) };
    assert_eq!(empty, code::BAD_PLACE);
    // SAFETY: as above; the parameters are only read.
    let small = unsafe {
        abi::uchaos_engine_init(pointer.cast(), 100, &raw const params, core::ptr::null_mut(), 0)
    };
    assert_eq!(small, code::BAD_PLACE);
    // SAFETY: as above; a place of one byte less begins one byte later.
    let askew = unsafe {
        abi::uchaos_engine_init(
            pointer.cast::<u8>().add(1).cast(),
            1023,
            &raw const params,
            core::ptr::null_mut(),
            0,
        )
    };
    assert_eq!(askew, code::BAD_PLACE);
    let memory_params = Params { workload: 1, ..params };
    let failure = Engine::start(&mut place, &memory_params, &mut [0; 1000]).unwrap_err();
    assert_eq!(failure, Failure(code::BAD_PARAMETER));
    // A failed start leaves no engine behind.
    // SAFETY: as above.
    assert_eq!(unsafe { abi::uchaos_engine_restart(pointer.cast()) }, code::BAD_PLACE);
}

#[test]
fn every_code_has_a_text_of_its_own() {
    let texts: Vec<&str> = (code::BAD_PLACE..=code::OK).map(|code| Failure(code).text()).collect();
    for (place, text) in texts.iter().enumerate() {
        assert!(text.len() >= 8 && !texts[..place].contains(text), "{text}");
    }
    assert!(Failure(-99).to_string().contains("another engine"));
}

/// What the header says, printed by a C program: `name value` lines.
const PROBE: &str = r#"
#include <stdio.h>
#include "uchaos_engine.h"
#define NUMBER(name) printf(#name " %ld\n", (long)(name))
#define PLACE(type, member) printf(#type "." #member " %ld %ld\n", (long)offsetof(struct type, member), \
        (long)sizeof(((struct type *)0)->member))
int main(void) {
"#;

/// The functions as `abi.rs` has them, in C.
const FUNCTIONS: [(&str, &str); 14] = [
    ("uchaos_default_params", "void(struct uchaos_params *)"),
    ("uchaos_check_params", "int(const struct uchaos_params *, uint32_t *)"),
    ("uchaos_param_name", "const char *(uint32_t)"),
    ("uchaos_param_allowed", "const char *(uint32_t)"),
    ("uchaos_engine_size", "size_t(void)"),
    ("uchaos_engine_init", "int(void *, size_t, const struct uchaos_params *, uint8_t *, size_t)"),
    ("uchaos_engine_restart", "int(void *)"),
    ("uchaos_engine_raw", "int(void *, uint64_t *, size_t)"),
    ("uchaos_engine_stream", "int(void *, uint8_t *, size_t)"),
    ("uchaos_engine_seed", "int(void *, uint8_t *, size_t)"),
    ("uchaos_engine_stir", "int(void *, const uint8_t *, size_t)"),
    ("uchaos_engine_health", "int(const void *, struct uchaos_health *)"),
    ("uchaos_error_text", "const char *(int)"),
    ("uchaos_ticks", "uint64_t(void)"),
];

#[test]
fn the_header_says_the_same_as_the_rust_declarations() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("probe.c");
    let mut program = String::from(PROBE);
    let mut expected = Vec::new();
    for (name, value) in numbers() {
        program += &format!("NUMBER({name});\n");
        expected.push(format!("{name} {value}"));
    }
    for (member, offset, size) in places() {
        program += &format!("PLACE({});\n", member.replace('.', ", "));
        expected.push(format!("{member} {offset} {size}"));
    }
    for (function, declared) in FUNCTIONS {
        program += &format!(
            "_Static_assert(__builtin_types_compatible_p(__typeof__({function}), {declared}), \"{function}\");\n"
        );
    }
    program += "return 0; }\n";
    fs::write(&source, program).unwrap();
    let run = |command: &mut std::process::Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    // rustc links with cc, so that it is there.
    let binary = folder.path().join("probe");
    let header = concat!(env!("CARGO_MANIFEST_DIR"), "/include");
    let mut cc = std::process::Command::new("cc");
    cc.args([
        "-std=c11",
        "-Wall",
        "-Werror",
        "-Wno-unused-but-set-variable",
        "-O1",
        "-I",
        header,
        "-o",
    ]);
    run(cc.arg(&binary).arg(&source));
    let said: Vec<String> =
        run(&mut std::process::Command::new(&binary)).lines().map(String::from).collect();
    assert_eq!(said, expected);
}

fn numbers() -> Vec<(&'static str, i64)> {
    vec![
        ("UCHAOS_OK", code::OK.into()),
        ("UCHAOS_CLOCK_STUCK", code::CLOCK_STUCK.into()),
        ("UCHAOS_CLOCK_COARSE", code::CLOCK_COARSE.into()),
        ("UCHAOS_CLOCK_BACKWARDS", code::CLOCK_BACKWARDS.into()),
        ("UCHAOS_REPETITION_COUNT", code::REPETITION_COUNT.into()),
        ("UCHAOS_ADAPTIVE_PROPORTION", code::ADAPTIVE_PROPORTION.into()),
        ("UCHAOS_LAG_PREDICTOR", code::LAG_PREDICTOR.into()),
        ("UCHAOS_STARTUP", code::STARTUP.into()),
        ("UCHAOS_BAD_PARAMETER", code::BAD_PARAMETER.into()),
        ("UCHAOS_STUCK", code::STUCK.into()),
        ("UCHAOS_BAD_PLACE", code::BAD_PLACE.into()),
        ("UCHAOS_PAUSE", chaos_core::Workload::Pause as i64),
        ("UCHAOS_MEMORY", chaos_core::Workload::Memory as i64),
        ("UCHAOS_HASH", chaos_core::Workload::Hash as i64),
        ("UCHAOS_COMBINED", chaos_core::Workload::Combined as i64),
        ("UCHAOS_MEMORY_BYTES", abi::MEMORY_BYTES as i64),
        ("UCHAOS_ENGINE_ALIGN", abi::ENGINE_ALIGN as i64),
        ("sizeof(struct uchaos_params)", size_of::<Params>() as i64),
        ("sizeof(struct uchaos_health)", size_of::<Health>() as i64),
    ]
}

/// Name, offset and size of every member of a struct, by the Rust declaration.
macro_rules! members {
    ($c:literal, $type:ident, $value:expr, [$($member:ident),* $(,)?]) => {{
        let value: $type = $value;
        // Naming every member: one that the list lacks is a compile error.
        let $type { $($member: _),* } = value;
        vec![$((
            concat!($c, ".", stringify!($member)),
            core::mem::offset_of!($type, $member),
            size_of_val(&value.$member),
        )),*]
    }};
}

fn places() -> Vec<(&'static str, usize, usize)> {
    let mut places = members!(
        "uchaos_params",
        Params,
        Params::default(),
        [turns, init_turns, min_delta, workload, claim_millibits, enforce]
    );
    places.extend(members!(
        "uchaos_health",
        Health,
        Health::default(),
        [
            samples,
            repetition_count_failures,
            adaptive_proportion_failures,
            lag_predictor_failures,
            stuck_failures,
            stuck_samples,
            backward_steps,
            repeated_reads,
            state,
            last_error,
            repetition_count_cutoff,
            adaptive_proportion_window,
            adaptive_proportion_cutoff,
            prediction_run_cutoff,
            prediction_count_cutoff,
            claim_millibits,
            enforce,
            fresh_microbits_per_output_bit,
        ]
    ));
    places
}
