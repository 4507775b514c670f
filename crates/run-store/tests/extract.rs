// SPDX-License-Identifier: GPL-2.0-or-later
//! Rows of real results (of this version, of an older one, damaged) and of cells.

use std::path::Path;
use std::sync::LazyLock;

use chaos_vocab::Parameter;
use entropy_report::{AnalyseOptions, Provenance, RestartMatrix, TakenRun, analyse, to_json};
use run_store::{Place, Row, places, rows};

const OLDER: &str = include_str!("../../entropy-report/tests/older-result.json");

/// Two boots of one target, isolated boots of it, and a target without raw noise.
fn result() -> String {
    static RESULT: LazyLock<String> = LazyLock::new(make_result);
    RESULT.clone()
}

fn make_result() -> String {
    let noise = |seed: u64| -> Vec<u64> {
        (0..1_000_u64)
            .scan(seed, |state, _| {
                *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                Some(500 + (*state >> 60))
            })
            .collect()
    };
    let boot = |boot, isolated| TakenRun {
        target: "baremetal".into(),
        accel: "tcg".into(),
        isolated,
        boot,
        kernel: "a kernel".into(),
        boot_us: Some(1_000_000 * u64::from(boot)),
        raw: noise(if isolated { 1 } else { u64::from(boot) }),
        restarts: (boot == 1 && !isolated).then(|| RestartMatrix {
            rows: 20,
            columns: 20,
            delta_ticks: noise(9)[..400].to_vec(),
        }),
        command: "qemu-system-x86_64 -machine microvm,acpi=on -cpu max".into(),
        paths: [("raw".to_owned(), format!("baremetal/ordinary-{boot}/raw.u64le"))].into(),
        ..TakenRun::default()
    };
    let stream = TakenRun {
        target: "linux-crng".into(),
        accel: "tcg".into(),
        boot: 1,
        stream: vec![7; 4096],
        stream_seconds: Some(0.001),
        ..TakenRun::default()
    };
    let boots = [boot(1, false), boot(2, false), boot(1, true), boot(2, true), stream];
    let text = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let provenance = Provenance {
        taken_utc: "2026-03-01T12:00:00Z".into(),
        cpu_model: "Fast CPU".into(),
        host: "Some Linux".into(),
        host_facts: text(&[
            ("microcode", "0x1f"),
            ("board_vendor", "Maker"),
            ("board_model", "B1"),
        ]),
        parameters: text(&[("workload", "dram"), ("turns", "2"), ("memory_mib", "64")]),
        ..Provenance::default()
    };
    let options = AnalyseOptions { provenance, runs: Vec::new(), progress: &|_| {} };
    let mut result = analyse(&boots, options).expect("a made-up run");
    // So few samples are not assessed.
    for (boot, h) in result.targets[0].boots.iter_mut().zip([2.0, 3.0]) {
        boot.min_entropy_bits_per_sample = Some(h);
    }
    to_json(&result).expect("a made-up run")
}

fn write(path: &Path, text: &str) {
    fs_err::create_dir_all(path.parent().expect("a made-up run")).expect("a made-up run");
    fs_err::write(path, text).expect("a made-up run");
}

fn places_of(top: &Path) -> Vec<Place> {
    places(&top.join("runs"), &top.join("campaigns")).expect("a made-up run")
}

#[test]
fn a_run_gives_one_row_per_target_with_its_figures() {
    let top = tempfile::tempdir().unwrap();
    write(&top.path().join("runs/one/result.json"), &result());
    let [place] = &places_of(top.path())[..] else { panic!("one run") };
    let rows = rows(place).unwrap();
    let [bare, crng] = &rows[..] else { panic!("{rows:#?}") };
    assert_eq!((bare.target.as_deref(), bare.run.as_deref()), (Some("baremetal"), Some("one")));
    assert_eq!((bare.boots, bare.samples), (Some(2), Some(1_000)));
    assert_eq!((bare.h, bare.h_min, bare.h_max), (Some(2.5), Some(2.0), Some(3.0)));
    assert_eq!(bare.isolation.as_deref(), Some("identical"));
    assert_eq!(bare.machine.as_deref(), Some("microvm"));
    assert_eq!(
        (bare.microcode.as_deref(), bare.board.as_deref()),
        (Some("0x1f"), Some("Maker B1"))
    );
    assert_eq!((bare.parameter("workload"), bare.parameter("turns")), (Some("dram"), Some("2")));
    assert_eq!((bare.memory_mib, bare.boot_us), (Some(64), Some(1_500_000.0)));
    assert_eq!((bare.derived, bare.isolated), (Some(false), Some(false)));
    assert_eq!(bare.recorded_utc.unwrap().0, 1_772_366_400_000_000);
    assert_eq!(bare.raw_sha256.as_ref().map(String::len), Some(64));
    assert_eq!(bare.result_sha256.as_ref().map(String::len), Some(64));
    assert_eq!((crng.h, crng.mb_per_s), (None, Some(4.096)));
    assert_eq!(crng.reason.as_deref(), Some("the target has no raw noise"));
    assert_ne!(bare.key, crng.key);
}

#[test]
fn a_copy_of_a_run_has_the_same_keys_and_another_run_has_others() {
    let top = tempfile::tempdir().unwrap();
    let text = result();
    write(&top.path().join("runs/one/result.json"), &text);
    write(&top.path().join("runs/copy/result.json"), &text);
    write(&top.path().join("runs/other/result.json"), &text.replace("Fast CPU", "Slow CPU"));
    let keys = |rows: Vec<Row>| rows.into_iter().map(|row| row.key).collect::<Vec<_>>();
    let found: Vec<_> =
        places_of(top.path()).iter().map(|place| keys(rows(place).unwrap())).collect();
    assert_eq!(found[0], found[1]);
    assert!(found[2].iter().all(|key| !found[0].contains(key)));
}

#[test]
fn a_result_of_an_older_version_gives_rows() {
    let top = tempfile::tempdir().unwrap();
    write(&top.path().join("runs/old/result.json"), OLDER);
    let rows = rows(&places_of(top.path())[0]).unwrap();
    let bare = rows.iter().find(|row| row.target.as_deref() == Some("baremetal")).unwrap();
    assert_eq!((bare.h, bare.boots), (Some(0.5086435915228442), Some(1)));
    assert_eq!(bare.restarts.as_deref(), Some("passed"));
    assert_eq!((bare.h_restarts, bare.h_informed), (Some(0.5086435915228442), None));
    assert!(rows.len() >= 5, "{}", rows.len());
}

#[test]
fn a_cut_foreign_or_newer_result_is_an_error_that_names_it() {
    let top = tempfile::tempdir().unwrap();
    let text = result();
    let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 2", 1);
    for (name, text, reason) in [
        ("cut", &text[..text.len() / 2], "EOF"),
        ("foreign", "{\"name\": \"a web page\"}", "missing field"),
        ("newer", &newer, "has schema 2"),
    ] {
        let path = top.path().join("runs").join(name).join("result.json");
        write(&path, text);
        let place = places_of(top.path()).into_iter().find(|place| place.path == name).unwrap();
        let error = format!("{:#}", rows(&place).unwrap_err());
        assert!(error.contains(&*path.to_string_lossy()) && error.contains(reason), "{error}");
    }
}

#[test]
fn a_cell_gives_rows_with_its_coordinates_and_a_failed_one_gives_its_reason() {
    let top = tempfile::tempdir().unwrap();
    let cells = top.path().join("campaigns/fleet/cells");
    let cell = |number: u32, rest: &str| {
        let text = format!(
            r#"{{"schema": 1, "plan_sha256": "ab", "cell": {number}, "host": "node-1", {rest},
                "coordinates": {{"workload": "flush", "guest": "baremetal", "claim": 125}},
                "ended_utc": "2026-03-01T12:00:00Z"}}"#
        );
        write(&cells.join(format!("{number:05}/cell.json")), &text);
    };
    cell(1, r#""state": "done""#);
    write(&cells.join("00001/run/result.json"), &result());
    cell(2, r#""state": "failed", "reason": "QEMU ended with status 1""#);
    cell(3, r#""state": "done""#);
    let found: Vec<Vec<Row>> =
        places_of(top.path()).iter().map(|place| rows(place).unwrap()).collect();
    let (done, failed, lost) = (&found[0][0], &found[1][0], &found[2][0]);
    assert_eq!((done.campaign.as_deref(), done.cell), (Some("fleet"), Some(1)));
    assert_eq!((done.run.as_deref(), done.host.as_deref()), (Some("fleet/00001"), Some("node-1")));
    assert!(done.coordinates.as_ref().unwrap().contains("\"workload\":\"flush\""));
    assert_eq!((failed.state.as_deref(), found[1].len()), (Some("failed"), 1));
    assert_eq!(failed.reason.as_deref(), Some("QEMU ended with status 1"));
    assert_eq!(failed.parameters[Parameter::Workload as usize].as_deref(), Some("flush"));
    assert_eq!(failed.parameter("claim_millibits"), Some("125"));
    assert!(lost.reason.as_ref().unwrap().contains("run/result.json does not exist"));
    assert_ne!(failed.key, lost.key);
}
