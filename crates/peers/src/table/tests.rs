// SPDX-License-Identifier: GPL-2.0-or-later

use super::*;
use crate::source::Description;
use entropy_report::{Provenance, RestartMatrix, TakenRun, analyse};

/// Noise of `values` values, so that its min-entropy is known about.
fn noise(values: u64, seed: u64) -> Vec<u64> {
    let mut x = seed;
    std::iter::repeat_with(|| {
        x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        1_000 + (x >> 33) % values
    })
    .take(1_000_000)
    .collect()
}

fn source(name: &'static str, raw: Option<Vec<u64>>, cost_s: f64, claim: f64) -> Measured {
    let description = Description {
        version: "1.0".to_owned(),
        claim: format!("{claim} bit per sample"),
        claim_bits_per_sample: Some(claim),
        no_raw: raw.is_none().then(|| "it is sealed".to_owned()),
    };
    let costs = vec![Cost { wall_s: 2.0 * cost_s, cpu_s: cost_s }];
    let run = |raw| TakenRun {
        target: name.into(),
        accel: "host".into(),
        boot: 1,
        raw,
        ..TakenRun::default()
    };
    Measured {
        name,
        description: Ok(description),
        raw_costs: if raw.is_some() { costs.clone() } else { Vec::new() },
        raw: raw.into_iter().map(run).collect(),
        output_bytes: 4_000,
        output_costs: costs,
    }
}

#[test]
fn rates_goals_and_gaps_follow_from_what_was_measured() {
    let absent = Measured {
        description: Err("no such library".to_owned()),
        ..source("kernel-jitterentropy", None, 1.0, 1.0)
    };
    let mut measured = [
        source("host-user", Some(noise(16, 1)), 0.5, 1.0),
        source("jitterentropy", Some(noise(16, 2)), 8.0, 0.333),
        absent,
        source("rdrand", None, 0.01, 1.0),
    ];
    let mut repeats = noise(16, 4);
    repeats[..1_000].fill(1_007);
    for (source, delta_ticks) in measured.iter_mut().zip([noise(16, 3), repeats]) {
        source.raw[0].starts = Some(RestartMatrix { rows: 1_000, columns: 1_000, delta_ticks });
    }
    let runs: Vec<TakenRun> = measured.iter().flat_map(|one| one.raw.clone()).collect();
    let result = analyse(&runs, Provenance::default()).unwrap();
    let found = compare(&measured, &result);
    let ours = &found.rows[0];
    let h = ours.h.unwrap();
    assert!(h > 1.5 && h <= 4.0, "16 values: {h}");
    let rate = ours.assessed_bits_rate.unwrap();
    assert_eq!((rate.per_s.median, rate.per_cpu_s.median), (h * 1e6, h * 2e6));
    assert_eq!(ours.output_bytes_rate.unwrap().per_cpu_s.median, 8_000.0);
    let goals: Vec<bool> =
        found.goals.iter().map(|goal| goal.found.unwrap() >= goal.at_least).collect();
    assert_eq!(goals, [true, true, false, false, true], "{:?}", found.goals);
    assert!(found.goals[0].text().ends_with("(goal: 10): reached"), "{}", found.goals[0].text());
    assert!(
        found.goals[2].text().contains("16.00 (goal: 30): missed"),
        "{}",
        found.goals[2].text()
    );
    let table = found.table();
    assert_eq!(table.rows.len(), 3, "a source that was not measured has no row: {table:?}");
    assert!(table.rows[0][4].starts_with("held at "), "{table:?}");
    assert!(table.rows[1][4].starts_with("failed: 1000 > "), "{table:?}");
    assert_eq!(table.rows[2][1..8].to_vec(), ["-", "-", "1.00", "-", "-", "-", "-"]);
    assert!(table.rows.iter().all(|row| row.len() == table.heads.len()));
    let notes = found.notes().join("\n");
    assert!(notes.contains("kernel-jitterentropy was not measured: no such library"), "{notes}");
    assert!(notes.contains("rdrand has no raw noise here: it is sealed"), "{notes}");
    assert!(CAVEATS.iter().all(|caveat| notes.contains(caveat)), "{notes}");
}

#[test]
fn a_goal_without_figures_is_not_reached() {
    let measured = [source("host-user", None, 0.5, 1.0)];
    let run = TakenRun { raw: vec![1, 2, 3], ..TakenRun::default() };
    let found = compare(&measured, &analyse(&[run], Provenance::default()).unwrap());
    assert!(found.goals.iter().all(|goal| goal.found.is_none()), "{:?}", found.goals);
    assert!(found.goals[0].text().contains("not known"), "{}", found.goals[0].text());
}

#[test]
fn figures_have_three_digits_and_a_range_where_there_are_rounds() {
    assert_eq!([1234.5, 12.345, 0.1234].map(significant), ["1234", "12.3", "0.12"]);
    let costs = [1.0, 2.0, 4.0].map(|s| Cost { wall_s: s, cpu_s: s });
    let rate = rate(8.0, &costs).unwrap();
    assert_eq!((rate.per_s.low, rate.per_s.median, rate.per_s.high), (2.0, 4.0, 8.0));
    assert_eq!(rate_of_nothing(), None);
}

fn rate_of_nothing() -> Option<Rate> {
    rate(0.0, &[Cost { wall_s: 1.0, cpu_s: 1.0 }])
}
