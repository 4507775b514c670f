// SPDX-License-Identifier: MIT OR Apache-2.0
//! The restart tests on matrices of which the outcome is known.

use super::*;
use crate::test_noise;

fn noise(len: usize, bits: u8) -> Vec<u8> {
    test_noise::symbols(bits.into(), 99).take(len).collect()
}

#[test]
fn a_good_source_passes() {
    let matrix = Symbols::new(noise(10_000, 4), 4).unwrap();
    let result = assess(&matrix, 100, 100, 3.0).unwrap();
    assert!(result.sanity.passed && result.short, "{result:?}");
    assert_eq!(result.status, RestartStatus::Passed, "{}", result.verdict);
    let (h_r, h_c) = (result.h_r.unwrap(), result.h_c.unwrap());
    assert_eq!(result.min_entropy_bits_per_sample, Some(h_r.min(h_c).min(3.0)));
}

#[test]
fn a_source_that_restarts_alike_fails_on_its_columns() {
    let row = noise(100, 4);
    let matrix = Symbols::new(row.repeat(100), 4).unwrap();
    let result = assess(&matrix, 100, 100, 3.0).unwrap();
    assert_eq!(result.status, RestartStatus::SanityFailed);
    assert_eq!(result.sanity.x_c, 100);
    assert_eq!((result.h_r, result.min_entropy_bits_per_sample), (None, None));
}

#[test]
fn too_little_is_invalid_and_nonsense_is_an_error() {
    let matrix = Symbols::new(noise(100, 4), 4).unwrap();
    assert_eq!(assess(&matrix, 10, 10, 3.0).unwrap().status, RestartStatus::Invalid);
    assert!(matches!(assess(&matrix, 10, 11, 3.0), Err(RestartError::Shape { .. })));
    assert!(matches!(assess(&matrix, 10, 10, 4.5), Err(RestartError::InitialEstimate { .. })));
    let empty = Symbols::new(vec![], 4).unwrap();
    assert_eq!(assess(&empty, 0, 0, 1.0), Err(RestartError::Empty));
    for h_i in [0.0, -0.0, -1.0, f64::NAN] {
        let error = assess(&matrix, 10, 10, h_i).unwrap_err();
        assert!(matches!(error, RestartError::InitialEstimate { .. }), "{error}");
    }
}

#[test]
fn a_constant_is_awarded_nothing() {
    let matrix = Symbols::new(vec![5; 10_000], 8).unwrap();
    let result = assess(&matrix, 100, 100, 1e-320).unwrap();
    assert_eq!(result.status, RestartStatus::Constant);
    assert_eq!(result.min_entropy_bits_per_sample, None);
    assert!(result.verdict.contains("no entropy is awarded"), "{}", result.verdict);
}

#[test]
fn restarts_too_few_to_fail_do_not_pass() {
    for (rows, columns) in [(1, 10_000), (2, 5_000), (10_000, 1)] {
        let matrix = Symbols::new(noise(10_000, 4), 4).unwrap();
        let result = assess(&matrix, rows, columns, 3.0).unwrap();
        assert_eq!(result.status, RestartStatus::Invalid, "{rows}: {}", result.verdict);
        assert!(result.verdict.contains("cannot fail"), "{}", result.verdict);
        assert_eq!(result.min_entropy_bits_per_sample, None);
    }
}

#[test]
fn narrow_symbols_are_warned_of() {
    let matrix = Symbols::new(noise(10_000, 3), 4).unwrap();
    let result = assess(&matrix, 100, 100, 2.0).unwrap();
    assert!(result.warnings[0].contains("only 3 of the stated 4 bits"), "{:?}", result.warnings);
    // More than 3 bits cannot be, and the sanity check sees it.
    let result = assess(&matrix, 100, 100, 3.9).unwrap();
    assert_eq!(result.status, RestartStatus::SanityFailed);
}

#[test]
fn the_iid_track_tests_rows_and_columns() {
    let noise = noise(1600, 2);
    let matrix = |raw| Symbols::new(raw, 2).unwrap();
    let result = assess_iid(&matrix(noise.clone()), 40, 40, 1.8, 1).unwrap();
    assert_eq!(result.status, RestartStatus::Passed, "{}", result.verdict);
    let iid = result.iid.unwrap();
    assert!(iid.row.value().unwrap().passed && iid.column.value().unwrap().passed);
    assert_eq!(result.h_r, result.h_c);
    // Each column begins with the same samples: the rows do not show it.
    let mut alike = noise;
    for row in 0..40 {
        for column in 0..40 {
            if (row + column) % 4 == 0 {
                alike[row * 40 + column] = (row % 4) as u8;
            }
        }
    }
    let result = assess_iid(&matrix(alike), 40, 40, 1.5, 1).unwrap();
    assert_eq!(result.status, RestartStatus::NotIid, "{}", result.verdict);
    assert_eq!(result.min_entropy_bits_per_sample, None);
    assert!(result.verdict.contains("NOT IID"), "{}", result.verdict);
}

#[test]
fn columns_are_columns() {
    assert_eq!(transpose(&[1, 2, 3, 4, 5, 6], 2, 3), [1, 4, 2, 5, 3, 6]);
}
