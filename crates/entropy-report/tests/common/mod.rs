// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs made up for tests and for looking at a report. None of this was measured in a guest.

use entropy_report::{
    AnalyseOptions, Artifact, CompareResult, Moment, Provenance, RepeatCommand, ReportError,
    RestartMatrix, Surroundings, TakenRun, analyse, side_by_side,
};
use std::collections::BTreeMap;

/// `SplitMix64`: repeatable, and looks random.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// The next 64 bits.
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

/// Deltas with a hill `spread` steps wide, a step of `gcd` ticks, and an interrupt now and then.
pub(crate) fn deltas(dice: &mut Dice, len: usize, base: u64, gcd: u64, spread: u64) -> Vec<u64> {
    std::iter::repeat_with(|| {
        let roll = dice.roll();
        let hill = (roll & 0xffff) * spread / 65_536 + ((roll >> 16) & 0xffff) * spread / 65_536;
        let late = if (roll >> 32).is_multiple_of(4_000) { base * 20 + (roll >> 48) } else { 0 };
        (base + hill + late) / gcd * gcd
    })
    .take(len)
    .collect()
}

/// Bytes that look random.
pub(crate) fn stream(dice: &mut Dice, len: usize) -> Vec<u8> {
    std::iter::repeat_with(|| dice.roll().to_le_bytes()).flatten().take(len).collect()
}

/// How large the parts of a run are.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    /// Raw samples.
    pub(crate) raw: usize,
    /// Bytes of stream.
    pub(crate) stream: usize,
    /// Rows and columns of the restart matrix; 0 for none.
    pub(crate) side: usize,
}

/// One boot; boots of the same seed are equal.
pub(crate) fn run(target: &str, isolated: bool, boot: u32, seed: u64, sizes: Sizes) -> TakenRun {
    let dice = &mut Dice(seed);
    let (base, gcd, spread) = match target {
        "baremetal" => (520, 2, 24),
        "linux-module" => (610, 2, 60),
        _ => (700, 2, 90),
    };
    let ours = !["linux-crng", "linux-hwrng"].contains(&target);
    let text = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    };
    TakenRun {
        target: target.to_owned(),
        run: String::new(),
        accel: if target == "host-user" { "host" } else { "tcg" }.to_owned(),
        isolated,
        boot,
        kernel: if target == "baremetal" { "µChaos microkernel 0.1.0" } else { "Linux 5.15.200" }
            .to_owned(),
        boot_us: Some(if target == "baremetal" { 43_000 } else { 2_870_000 }),
        raw: if ours { deltas(dice, sizes.raw, base, gcd, spread) } else { Vec::new() },
        stream: stream(dice, sizes.stream),
        stream_seconds: Some(sizes.stream as f64 / if target == "baremetal" { 31e6 } else { 16e6 }),
        restarts: (ours && sizes.side > 0).then(|| RestartMatrix {
            rows: sizes.side,
            columns: sizes.side,
            delta_ticks: deltas(dice, sizes.side * sizes.side, base, gcd, spread),
        }),
        starts: None,
        health: if ours {
            text(&[
                ("state", "healthy"),
                ("samples", "3097152"),
                ("repetition_count_failures", "0"),
                ("last_error", "none"),
            ])
        } else {
            BTreeMap::new()
        },
        meta: if ours { text(&[("turns", "1"), ("workload", "pause")]) } else { BTreeMap::new() },
        timeline: [
            ("machine on", 0),
            ("ready", 43_000),
            ("begin raw", 43_900),
            ("begin stream", 690_000),
            ("done", 1_400_000),
        ]
        .iter()
        .map(|(what, at_us)| Moment { what: (*what).to_owned(), at_us: *at_us })
        .collect(),
        paths: text(&[
            ("raw", "baremetal-tcg-1/raw.u64le"),
            ("stream", "baremetal-tcg-1/stream.bin"),
        ]),
        command: "qemu-system-x86_64 -M microvm -accel tcg -kernel uchaos-bare.elf".to_owned(),
    }
}

/// A provenance with every field filled.
pub(crate) fn provenance() -> Provenance {
    let hash = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b";
    Provenance {
        run: "2026-03-01T12-00-00".into(),
        taken_utc: "2026-03-01T12:00:00Z".into(),
        git_revision: "0123456789abcdef".into(),
        tool: "µChaos 0.1.0".into(),
        command_line: "cargo xtask compare".into(),
        engine_object_sha256: Some(hash.into()),
        qemu: "QEMU emulator version 7.2".into(),
        accelerator: "tcg".into(),
        accelerator_reason: "/dev/kvm opens, but a guest makes no progress".into(),
        cpu_model: "Example CPU @ 2.0 GHz".into(),
        host: "Debian 12".into(),
        host_facts: [("cpu_family", "25"), ("cpu_model", "1"), ("microcode", "0xa0011d1")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        clock: "lfence; rdtsc".into(),
        compiler: "rustc 1.95.0".into(),
        compiler_flags: "-C opt-level=2 -C code-model=kernel".into(),
        parameters: [("turns", "1"), ("workload", "pause")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into(),
        artifacts: vec![Artifact {
            name: "uchaos-bare.elf".into(),
            bytes: 76_368,
            sha256: hash.into(),
        }],
        repeat: vec![RepeatCommand {
            what: "The whole run".into(),
            line: "cargo xtask compare".into(),
        }],
        surroundings: Some(Surroundings {
            processors: 2,
            load_before: 0.25,
            load_after: 1.5,
            steal_percent: 0.0,
            other_measurements: 0,
        }),
        banners: vec!["Made-up data: nothing here was measured in a guest.".into()],
    }
}

/// Two ordinary and two isolated boots of each target, and two of the host.
pub(crate) fn whole(sizes: Sizes) -> Vec<TakenRun> {
    let mut runs = Vec::new();
    for (at, target) in ["baremetal", "linux-module", "linux-user", "linux-crng"].iter().enumerate()
    {
        for boot in [1, 2] {
            runs.push(run(target, false, boot, 100 * at as u64 + u64::from(boot), sizes));
            runs.push(run(target, true, boot, 100 * at as u64 + 50, sizes));
        }
    }
    for boot in [1, 2] {
        runs.push(run("host-user", false, boot, 900 + u64::from(boot), sizes));
    }
    runs
}

/// Runs that were recorded apart, analysed side by side.
pub(crate) fn together(
    runs: Vec<(Provenance, Vec<TakenRun>)>,
) -> Result<CompareResult, ReportError> {
    let (runs, boots) = side_by_side(runs)?;
    analyse(&boots, AnalyseOptions { runs, ..provenance().into() })
}
