// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that is not there is one error that names how much is needed, and what is there is used within its bounds.

// A test that cannot make its data has to fail.
#![allow(clippy::unwrap_used)]

use sp800_90b::{Track, memory_needed};
use std::io::Write;
use std::process::{Command, Output};

/// Assesses so many 8-bit samples of noise with so many kB of address space.
fn assess_within(samples: usize, limit_kb: u64, more: &[&str]) -> Output {
    let mut state = 1_u64;
    let noise: Vec<u8> = (0..samples)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&noise).unwrap();
    Command::new("sh")
        .args([
            "-c",
            "ulimit -v $0 && exec \"$@\"",
            &limit_kb.to_string(),
            env!("CARGO_BIN_EXE_ea"),
        ])
        .args(["assess", "--bits", "8"])
        .args(more)
        .arg(file.path())
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap()
}

/// The number of MB before `phrase`.
fn megabytes(error: &str, phrase: &str) -> u64 {
    let before = error.split(phrase).next().unwrap().trim_end();
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("no {phrase}: {error}"))
}

#[test]
fn too_little_memory_is_one_error_that_names_the_need() {
    let needed = memory_needed(1_000_000, 8, Track::NonIid).div_ceil(1_000_000);
    let error_with = |more: &[&str]| {
        let output = assess_within(1_000_000, 70_000, more);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        error
    };
    // The command counts the samples as well, two bytes each; 70,000 KiB are 71 MB.
    let error = error_with(&[]);
    let stated = megabytes(&error, " MB of memory");
    assert!((needed..=needed + 3).contains(&stated), "{error}");
    assert_eq!(megabytes(&error, " MB are available"), 71, "{error}");
    // The library detects this itself.
    assert_eq!(megabytes(&error_with(&["--force"]), " MB of memory"), needed);
}

#[test]
fn the_stated_memory_is_enough() {
    // The program itself, its stacks and the samples take less than 60 MB of address space.
    let limit_kb = memory_needed(300_000, 8, Track::NonIid) / 1000 + 60_000;
    let output = assess_within(300_000, limit_kb, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
