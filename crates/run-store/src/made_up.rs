// SPDX-License-Identifier: GPL-2.0-or-later
//! Synthetic rows for benchmarks of the store, like a fleet's: many machines, few kinds of processor, a year of runs.

use chaos_vocab::Parameter;
use guest_run::hex;
use sha2::{Digest as _, Sha256};

use crate::column::{Row, Utc};

const CPUS: [(&str, &str, &str); 8] = [
    ("made-up processor A", "6", "85"),
    ("made-up processor B", "6", "106"),
    ("made-up processor C", "6", "143"),
    ("made-up processor D", "25", "1"),
    ("made-up processor E", "25", "17"),
    ("made-up processor F", "26", "2"),
    ("made-up processor G", "6", "154"),
    ("made-up processor H", "6", "190"),
];
const TARGETS: [&str; 4] = ["baremetal", "linux-module", "linux-user", "host-user"];
const ACCELERATORS: [&str; 3] = ["kvm", "tcg", "hardware"];
const WORKLOADS: [&str; 3] = ["dram", "flush", "pause"];
const MACHINES: [&str; 2] = ["q35", "microvm"];
/// 2026-01-01T00:00:00Z, and a year.
const FIRST_US: i64 = 1_767_225_600_000_000;
const YEAR_US: i64 = 365 * 86_400 * 1_000_000;

/// Row `number` of `count`, the same at each call.
#[must_use]
pub fn made_up(number: u64, count: u64) -> Row {
    let run = number / TARGETS.len() as u64;
    let mut of_run = Numbers(run ^ 0x5eed);
    let mut numbers = Numbers(number ^ 0xfeed_0000_0000);
    let (cpu, family, model) = of_run.one_of(&CPUS);
    let accelerator = of_run.one_of(&ACCELERATORS);
    let workload = of_run.one_of(&WORKLOADS);
    let machine_number = of_run.below(200);
    let share = (run * TARGETS.len() as u64) as f64 / count.max(1) as f64;
    let h = 1.0 + 2.5 * of_run.part() + 0.3 * numbers.part();
    let passed = numbers.part() > 0.1;
    let sha = |what: &str, number: u64| hex(&Sha256::digest(format!("{what} {number}")));
    let parameter = |parameter: &Parameter| match parameter {
        Parameter::Workload => workload.to_owned(),
        other => other.value(other.default_number()).to_string(),
    };
    let text = |text: &str| Some(text.to_owned());
    let result_sha256 = sha("result", run);
    Row {
        key: Some(sha("key", number)[..32].to_owned()),
        recorded_utc: Some(Utc(FIRST_US + (share * YEAR_US as f64) as i64)),
        run: Some(format!("made-up-{run:08}")),
        campaign: Some(format!("made-up-{}", run / 10_000)),
        cell: i64::try_from(run % 10_000).ok(),
        coordinates: Some(format!(r#"{{"workload":"{workload}"}}"#)),
        state: text("done"),
        host: Some(format!("node-{machine_number:03}")),
        system: text("made-up system"),
        cpu: text(cpu),
        cpu_family: text(family),
        cpu_model: text(model),
        cpu_stepping: Some((machine_number % 4).to_string()),
        microcode: Some(format!("0x{:x}", 0x2b00 + machine_number % 7)),
        firmware: Some(format!("made-up firmware {}", machine_number % 9)),
        accelerator: text(accelerator),
        machine: text(of_run.one_of(&MACHINES)),
        memory_mib: Some(64),
        target: text(TARGETS[(number % TARGETS.len() as u64) as usize]),
        isolated: Some(false),
        derived: Some(false),
        kernel: text("made-up kernel"),
        boots: Some(5),
        samples: Some(1_000_000),
        h: Some(h),
        h_min: Some(h - 0.1 * numbers.part()),
        h_max: Some(h + 0.1 * numbers.part()),
        h_informed: Some(h * 0.9),
        restarts: text(if passed { "passed" } else { "failed" }),
        h_restarts: passed.then_some(h),
        isolation: text("identical"),
        health_state: text("healthy"),
        health_failures: Some(0),
        median_delta_ticks: i64::try_from(400 + numbers.below(600)).ok(),
        mb_per_s: Some(10.0 + 20.0 * numbers.part()),
        boot_us: Some(1e6 * (0.8 + numbers.part())),
        path: Some(format!("made-up-{run:08}")),
        origin: text("made up"),
        result_bytes: Some(900_000),
        result_mtime_ns: Some(FIRST_US * 1000),
        raw_path: text("target/ordinary-1/raw.u64le"),
        raw_sha256: Some(sha("raw", number)),
        stream_sha256: Some(sha("stream", number)),
        restarts_sha256: Some(sha("restarts", number)),
        engine_sha256: Some(sha("engine", run / 1_000)),
        result_sha256: Some(result_sha256),
        tool: text("uchaos 0.1.0"),
        parameters: Parameter::ALL.iter().map(|one| Some(parameter(one))).collect(),
        ..Row::default()
    }
}

/// `SplitMix64`: Steele, Lea and Flood, 2014.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn made_up_rows_repeat_and_each_is_another() {
        let rows: Vec<Row> = (0..1000).map(|number| made_up(number, 1000)).collect();
        assert_eq!(rows[17], made_up(17, 1000));
        assert_eq!(rows.iter().map(|row| row.key.clone()).collect::<BTreeSet<_>>().len(), 1000);
        assert_eq!(rows.iter().map(|row| row.path.clone()).collect::<BTreeSet<_>>().len(), 250);
        assert!(rows[999].recorded_utc > rows[0].recorded_utc);
        assert!(rows.iter().all(|row| row.parameters.iter().all(Option::is_some)));
    }
}
