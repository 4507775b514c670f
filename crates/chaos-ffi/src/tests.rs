// SPDX-License-Identifier: GPL-2.0-or-later
//! Host tests of both faces: here the wrapper's declarations find the object's definitions, on the machine's own
//! counter, and the C header is compiled and asked what it says.

use std::string::String;
use std::vec::Vec;
use std::{format, fs, vec};

use chaos_vocab::{
    ENGINE_ALIGN, ErrorCode, HealthReport, MEMORY_BYTES, OnFailure, Parameter, Params, RawParams,
    State, Workload,
};

use crate::{Engine, Place, abi, check};

fn observing() -> Params {
    Params { workload: Workload::Pause, on_failure: OnFailure::Observe, ..Params::default() }
}

#[test]
fn the_defaults_are_those_of_the_engine() {
    let mut numbers = [99; Parameter::ALL.len()];
    // SAFETY: the pointer is to a whole struct that this function owns.
    unsafe { abi::uchaos_default_params(&raw mut numbers) };
    assert_eq!(Params::from_numbers(&numbers), Ok(Params::default()));
    assert_eq!(check(&numbers), Ok(()));
}

#[test]
fn each_bad_parameter_is_named_with_what_is_allowed() {
    for (which, &parameter) in (0..).zip(Parameter::ALL) {
        let mut numbers: RawParams = Params::default().numbers();
        numbers[parameter as usize] = 100_000;
        assert_eq!(check(&numbers), Err(parameter));
        let mut place = Place::new();
        // SAFETY: the place is a local; the parameters are only read.
        let status = unsafe {
            let place: *mut Place = &raw mut place;
            abi::uchaos_engine_init(
                place.cast(),
                Place::BYTES,
                &raw const numbers,
                core::ptr::null_mut(),
                0,
            )
        };
        assert_eq!(status, ErrorCode::BadParameter.number());
        let text = |pointer| {
            // SAFETY: the function returns a static text that ends with NUL.
            unsafe { core::ffi::CStr::from_ptr(pointer) }.to_str().unwrap()
        };
        assert_eq!(text(abi::uchaos_param_name(which)), parameter.key());
        assert_eq!(text(abi::uchaos_param_allowed(which)), parameter.allowed_text());
        assert_eq!(text(abi::uchaos_param_name(which + Parameter::ALL.len() as u32)), "");
    }
}

#[test]
fn an_engine_gives_all_outputs_and_counts_its_samples() {
    for workload in Workload::everywhere() {
        let mut place = Place::new();
        let mut memory = vec![0; MEMORY_BYTES];
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
    assert_eq!(health.fresh_microbits_per_output_bit, 1953);
}

#[test]
fn what_is_no_engine_is_refused() {
    let params = observing();
    let numbers = params.numbers();
    let mut place = Place::new();
    let pointer: *mut Place = &raw mut place;
    // SAFETY: the place is a local; nothing else uses it.
    let empty = unsafe { abi::uchaos_engine_restart(pointer.cast()) };
    assert_eq!(empty, ErrorCode::BadPlace.number());
    // SAFETY: as above; the parameters are only read.
    let small = unsafe {
        abi::uchaos_engine_init(pointer.cast(), 100, &raw const numbers, core::ptr::null_mut(), 0)
    };
    assert_eq!(small, ErrorCode::BadPlace.number());
    // SAFETY: as above; a place of one byte less begins one byte later.
    let askew = unsafe {
        abi::uchaos_engine_init(
            pointer.cast::<u8>().add(1).cast(),
            Place::BYTES - 1,
            &raw const numbers,
            core::ptr::null_mut(),
            0,
        )
    };
    assert_eq!(askew, ErrorCode::BadPlace.number());
    for workload in [Workload::Dram, Workload::Flush] {
        let memory_params = Params { workload, ..params };
        let failure = Engine::start(&mut place, &memory_params, &mut [0; 1000]).unwrap_err();
        assert_eq!(failure.code, ErrorCode::BadParameter.number());
    }
    // A failed start leaves no engine behind.
    // SAFETY: as above.
    assert_eq!(unsafe { abi::uchaos_engine_restart(pointer.cast()) }, ErrorCode::BadPlace.number());
}

#[test]
fn the_texts_for_c_are_those_of_the_vocabulary() {
    for code in (-99..=0).chain([1]) {
        let text = abi::uchaos_error_text(code);
        // SAFETY: the function returns a static text that ends with NUL.
        assert_eq!(unsafe { core::ffi::CStr::from_ptr(text) }, chaos_vocab::error_text(code));
    }
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

fn numbers() -> Vec<(String, i64)> {
    let mut numbers = vec![
        ("UCHAOS_OK".into(), ErrorCode::Ok.number().into()),
        ("UCHAOS_ADAPTIVE_PROPORTION".into(), ErrorCode::AdaptiveProportion.number().into()),
        ("UCHAOS_MEMORY_BYTES".into(), MEMORY_BYTES as i64),
        ("UCHAOS_ENGINE_ALIGN".into(), ENGINE_ALIGN as i64),
        ("sizeof(struct uchaos_params)".into(), size_of::<RawParams>() as i64),
        ("sizeof(struct uchaos_health)".into(), size_of::<HealthReport>() as i64),
    ];
    let mut words = |words: &[&str], number: fn(usize) -> u32| {
        for (index, word) in words.iter().enumerate() {
            numbers.push((
                format!("UCHAOS_{}", word.to_uppercase().replace('-', "_")),
                number(index).into(),
            ));
        }
    };
    words(Workload::WORDS, |index| Workload::ALL[index].number());
    words(OnFailure::WORDS, |index| OnFailure::ALL[index].number());
    words(State::WORDS, |index| State::ALL[index].number());
    numbers
}

/// Name, offset and size of every member of the structs, by the Rust declarations.
fn places() -> Vec<(String, usize, usize)> {
    let params = Parameter::ALL
        .iter()
        .map(|parameter| (parameter.member(), *parameter as usize * size_of::<u32>(), 4));
    macro_rules! members {
        ($($member:ident),* $(,)?) => {{
            // Naming every member: one that the list lacks is a compile error.
            let HealthReport { $($member),* } = HealthReport::default();
            [$((stringify!($member), core::mem::offset_of!(HealthReport, $member), size_of_val(&$member))),*]
        }};
    }
    let health = members![
        state,
        last_error,
        samples,
        repetition_count_failures,
        adaptive_proportion_failures,
        lag_predictor_failures,
        stuck_failures,
        stuck_samples,
        backward_steps,
        repeated_reads,
        repetition_count_cutoff,
        adaptive_proportion_window,
        adaptive_proportion_cutoff,
        prediction_run_cutoff,
        prediction_count_cutoff,
        fresh_microbits_per_output_bit,
    ];
    let params = params.map(|member| ("uchaos_params", member));
    let health = health.into_iter().map(|member| ("uchaos_health", member));
    params
        .chain(health)
        .map(|(of, (member, offset, size))| (format!("{of}.{member}"), offset, size))
        .collect()
}
