// SPDX-License-Identifier: MIT OR Apache-2.0
//! Memory that is not there is one error that names how much is needed, and what is there is used within its bounds.

// A test that cannot make its data has to fail.
#![allow(clippy::unwrap_used)]

use sp800_90b::{Track, memory_needed};
use std::io::Write;
use std::process::{Command, Output};

/// Assesses so many 8-bit samples of noise with so many kB of address space.
fn assess_within(samples: usize, limit_kb: u64) -> Output {
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
        .args(["-c", "ulimit -v $1 && exec $2 assess --bits 8 $3", "sh", &limit_kb.to_string()])
        .arg(env!("CARGO_BIN_EXE_ea"))
        .arg(file.path())
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap()
}

#[test]
fn too_little_memory_is_one_error_that_names_the_need() {
    let output = assess_within(1_000_000, 90_000);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    let needed = memory_needed(1_000_000, 8, Track::NonIid).div_ceil(1_000_000);
    assert!(error.contains(&format!("{needed} MB of memory")), "{error}");
}

#[test]
fn the_stated_memory_is_enough() {
    // The program itself, its stacks and the samples take less than 60 MB of address space.
    let limit_kb = memory_needed(300_000, 8, Track::NonIid) / 1000 + 60_000;
    let output = assess_within(300_000, limit_kb);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
