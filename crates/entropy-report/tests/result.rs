// SPDX-License-Identifier: GPL-2.0-or-later
//! The shape of `result.json`: names that other tools read, and nothing lost between writing and reading.

mod common;

use common::{Sizes, provenance, together, whole};
use entropy_report::{ReportError, analyse, from_json, to_json};
use serde_json::Value;

const SMALL: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };

fn value() -> Value {
    let result = together(vec![(provenance(), whole(SMALL))]).expect("these runs make a result");
    serde_json::from_str(&to_json(&result).expect("these runs make a result"))
        .expect("these runs make a result")
}

/// Every name of `names` is a field of `object`.
fn has(object: &Value, names: &[&str]) {
    for name in names {
        assert!(object.get(name).is_some(), "{name} is missing in {object}");
    }
}

#[test]
fn every_field_that_is_promised_is_there() {
    let result = value();
    has(
        &result,
        &[
            "targets",
            "isolation",
            "ordinary",
            "engine_object_sha256",
            "provenance",
            "schema_version",
        ],
    );
    for target in result["targets"].as_array().unwrap() {
        has(
            target,
            &[
                "name", "accel", "isolated", "kernel", "boot_us", "raw", "stream", "restarts",
                "health",
            ],
        );
        has(&target["stream"], &["bytes", "sha256", "mb_per_s", "fresh_bits_per_output_bit"]);
        if target["name"] == "linux-crng" {
            assert_eq!((&target["raw"], &target["restarts"]), (&Value::Null, &Value::Null));
        } else {
            has(
                &target["raw"],
                &["samples", "gcd_ticks", "min_entropy_bits_per_sample", "estimators"],
            );
            has(&target["restarts"], &["rows", "columns", "sanity"]);
            assert!(target["raw"]["estimators"]["mcv"].is_f64());
            assert!(target["health"]["samples"].is_u64() && target["health"]["state"].is_string());
        }
    }
    for comparison in result["isolation"].as_array().unwrap() {
        has(comparison, &["target", "boots", "identical", "min_entropy_bits_per_sample"]);
    }
}

#[test]
fn one_entry_per_target_and_condition_from_the_first_boot() {
    let result = value();
    let entries: Vec<(&str, bool)> = result["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["name"].as_str().unwrap(), t["isolated"].as_bool().unwrap()))
        .collect();
    let expected = [
        ("baremetal", false),
        ("linux-module", false),
        ("linux-user", false),
        ("linux-crng", false),
        ("host-user", false),
        ("baremetal", true),
        ("linux-module", true),
        ("linux-user", true),
        ("linux-crng", true),
    ];
    assert_eq!(entries, expected);
    assert!(result["targets"].as_array().unwrap().iter().all(|t| t["boot"] == 1));
}

#[test]
fn what_is_written_is_read_back_to_the_last_bit() {
    let result = analyse(&whole(SMALL), provenance()).unwrap();
    assert_eq!(from_json(&to_json(&result).unwrap()).unwrap(), result);
}

#[test]
fn another_shape_is_refused() {
    let mut other = value();
    other["schema_version"] = Value::from(99);
    assert!(matches!(from_json(&other.to_string()), Err(ReportError::Schema { found: 99, .. })));
    let mut more = value();
    more["targets"][0]["surprise"] = Value::from(1);
    assert!(matches!(from_json(&more.to_string()), Err(ReportError::Json { .. })));
    assert!(from_json("{}").is_err() && from_json("").is_err());
}
