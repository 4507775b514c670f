// SPDX-License-Identifier: GPL-2.0-or-later
//! The report as a browser shows it: headless Chromium opens the file on a desk's and on a phone's width, light and dark,
//! and on paper, and every page is looked over by the same checks, which a page of known faults has to fail.
//!
//! Pictures are kept in `$CARGO_TARGET_TMPDIR` (`target/tmp/report-*.png`). Without Chromium this test is skipped.

mod chromium;
#[path = "../common/mod.rs"]
mod common;

use chromium::{Chromium, Program, Screen};
use common::{Sizes, provenance, run, together, whole};
use entropy_report::result::{Absent, Judges, Opinion};
use entropy_report::{Provenance, Status, TakenRun, Verdict, to_html};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use test_support::trials;

/// What is looked for in a page that has been laid out; each finding begins with its kind.
const CHECKS: &str = include_str!("checks.js");

const DESK: Screen = Screen { width: 1280, height: 900, dark: false, paper: false };
const SCREENS: [(&str, Screen); 4] = [
    ("1280", DESK),
    ("390", Screen { width: 390, height: 844, ..DESK }),
    ("390-dark", Screen { width: 390, height: 844, dark: true, ..DESK }),
    ("paper", Screen { width: 794, height: 1123, paper: true, ..DESK }),
];

const SIZES: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 60 };

/// Every part that a report can have: a synthetic clock, several runs, judges.
fn boots() -> Vec<TakenRun> {
    let mut boots = whole(SIZES);
    let mut lesson = run("synthetic-period-16", false, 1, 11, SIZES);
    lesson.accel = "synthetic".into();
    lesson.raw = (0..12_000).map(|i| 500 + 3 * (i * 5 % 16)).collect();
    boots.push(lesson);
    boots
}

fn page(runs: usize) -> String {
    let runs: Vec<(Provenance, Vec<TakenRun>)> =
        (0..runs).map(|_| (provenance(), boots())).collect();
    let mut result = together(runs).expect("runs make a result");
    let opinion = Opinion {
        judge: "dieharder".into(),
        version: "3.31.1".into(),
        target: "linux-module (tcg)".into(),
        data: "stream".into(),
        bytes: 16 << 20,
        figure: "tests failed".into(),
        unit: String::new(),
        theirs: Some(0.0),
        ours: Some(0.0),
        difference: Some(0.0),
        seconds: 4.25,
        command: "dieharder -g 201 -d 0 -p 10 -f /tmp/.tmpAbCdEf/stream.bin".into(),
        verdict: Verdict::new(Status::Passed, "Of 5 tests, failed: none; weak: none.", "p-values"),
    };
    let absent = Absent { judge: "RNG_test".into(), from: "PractRand, to be built".into() };
    result.judges = Some(Judges { opinions: vec![opinion], absent: vec![absent] });
    to_html(&result).expect("a result makes a page")
}

fn saved(name: &str, text: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the test's folder can be written");
    path
}

/// Opens a page, and gives everything that is wrong with it.
fn looked_over(browser: &mut Chromium, page: &Path, screen: Screen) -> Vec<String> {
    browser.open(page, screen);
    let value = browser.evaluate(CHECKS);
    let mut findings: Vec<String> = serde_json::from_value(value).expect("checks give a list");
    findings.extend(browser.take_complaints());
    findings
}

fn main() -> ExitCode {
    test_support::run(trials![
        Chromium::find => a_browser_shows_every_report_whole_and_asks_nothing_of_anyone
    ])
}

fn a_browser_shows_every_report_whole_and_asks_nothing_of_anyone(program: &Program) {
    let mut browser = Chromium::start(program);
    let faulty = saved("faulty.html", include_str!("faulty.html"));
    let findings = looked_over(&mut browser, &faulty, DESK);
    for kind in ["overflow", "outside", "overlap", "letters", "no marks", "console", "request"] {
        assert!(
            findings.iter().any(|finding| finding.starts_with(kind)),
            "a page that has a fault of the kind `{kind}` was let through: {findings:#?}"
        );
    }
    for (name, runs) in [("report", 1), ("report-runs", 2)] {
        let path = saved(&format!("{name}.html"), &page(runs));
        for (screen_name, screen) in SCREENS {
            let findings = looked_over(&mut browser, &path, screen);
            let picture = path.with_file_name(format!("{name}-{screen_name}.png"));
            std::fs::write(&picture, browser.picture()).expect("the test's folder can be written");
            assert!(findings.is_empty(), "{name} at {screen_name}: {findings:#?}");
        }
    }
}
