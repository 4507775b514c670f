// SPDX-License-Identifier: GPL-2.0-or-later
//! The report as a browser shows it: headless Chromium opens the file on a desk's and on a phone's width, light and dark,
//! and on paper, folded and unfolded, and every page is looked over by the same checks, which a page of known faults has
//! to fail. axe-core looks for barriers to readers.
//!
//! Pictures and the printed page are kept in `$CARGO_TARGET_TMPDIR` (`target/tmp/report-*`). Without Chromium, or without
//! axe-core where npm cannot fetch it, these tests are skipped with the reason.

mod axe;
mod chromium;
#[path = "../common/mod.rs"]
mod common;

use chromium::{Chromium, Program, Screen};
use common::{Sizes, provenance, run, together, whole};
use entropy_report::result::{Absent, BootFigures, Judges, Opinion};
use entropy_report::{Provenance, Status, TakenRun, Verdict, to_html};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use test_support::trials;

/// What is looked for in a page that has been laid out; each finding begins with its kind.
const CHECKS: &str = include_str!("checks.js");
/// Unfolds everything.
const UNFOLD: &str =
    "document.querySelectorAll('details').forEach((one) => { one.open = true; }), 0";
/// How far down the lead and the picture reach, in CSS pixels.
const OPENING: &str = "['.lead', '.mirrors'].map((one) => document.querySelector(one).getBoundingClientRect().bottom)";
/// The tallest page at a desk's width, folded, in CSS pixels.
const TALLEST: f64 = 15_000.0;
/// The most sheets of A4 that it prints on.
const MOST_SHEETS: usize = 12;

const DESK: Screen = Screen { width: 1280, height: 900, dark: false, paper: false };
const PHONE: Screen = Screen { width: 390, height: 844, ..DESK };
const SCREENS: [(&str, Screen); 6] = [
    ("1280", DESK),
    ("1280-dark", Screen { dark: true, ..DESK }),
    ("390", PHONE),
    ("390-dark", Screen { dark: true, ..PHONE }),
    ("320", Screen { width: 320, height: 640, ..DESK }),
    ("paper", Screen { width: 720, height: 1040, paper: true, ..DESK }),
];

const SIZES: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 60 };

/// Every part that a report can have: a synthetic clock, several runs, external tests.
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
    // Small runs are not assessed, and a page should be looked over with its figures in place.
    for (at, target) in result.targets.iter_mut().enumerate().filter(|(_, t)| t.raw.is_some()) {
        let figures: Vec<f64> =
            (0..5).map(|boot| 0.4 + 0.3 * at as f64 + 0.031 * f64::from(boot)).collect();
        target.raw.as_mut().expect("it has raw noise").min_entropy_bits_per_sample =
            Some(figures[0]);
        let boot = |(boot, h): (u32, f64)| BootFigures {
            boot,
            boot_us: Some(1_022_238 + u64::from(boot) * 31_000),
            min_entropy_bits_per_sample: Some(h),
            median_delta_ticks: Some(700 + u64::from(boot)),
            restarts_held: Some(at != 4 || boot != 2),
            mb_per_s: Some(17.5 + f64::from(boot)),
            ..BootFigures::default()
        };
        target.boots = (1..).zip(figures).map(boot).collect();
    }
    let absent = Absent { judge: "RNG_test".into(), from: "PractRand, to be built".into() };
    result.judges = Some(Judges { opinions: vec![opinion], absent: vec![absent] });
    // Read back, so that its sentences are those of these figures.
    result.claims.clear();
    let json = entropy_report::to_json(&result).expect("a result can be written");
    let result = entropy_report::from_json(&json).expect("a result can be read");
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
    let mut findings: Vec<String> = list(browser, CHECKS);
    if !screen.paper {
        browser.evaluate(UNFOLD);
        findings.extend(
            list::<String>(browser, CHECKS)
                .into_iter()
                .map(|finding| format!("{finding} (unfolded)")),
        );
    }
    findings.extend(browser.take_complaints());
    findings
}

fn list<T: serde::de::DeserializeOwned>(browser: &mut Chromium, expression: &str) -> Vec<T> {
    serde_json::from_value(browser.evaluate(expression)).expect("a list is given")
}

/// The checks find a page's faults, and none in any report.
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
    let mut all = Vec::new();
    for (name, runs) in [("report", 1), ("report-runs", 2)] {
        let path = saved(&format!("{name}.html"), &page(runs));
        for (screen_name, screen) in SCREENS {
            browser.open(&path, screen);
            let picture = path.with_file_name(format!("{name}-{screen_name}.png"));
            std::fs::write(&picture, browser.picture()).expect("the test's folder can be written");
            let findings = looked_over(&mut browser, &path, screen).into_iter();
            all.extend(findings.map(|finding| format!("{name} at {screen_name}: {finding}")));
        }
    }
    assert!(all.is_empty(), "{all:#?}");
}

/// The first screen has the findings and the picture, the whole is not long, and it prints on few sheets.
fn a_report_is_read_in_two_minutes_and_printed_on_few_sheets(program: &Program) {
    let mut browser = Chromium::start(program);
    let path = saved("report-short.html", &page(1));
    for screen in [DESK, PHONE] {
        browser.open(&path, screen);
        let reach: Vec<f64> = list(&mut browser, OPENING);
        assert!(
            reach.iter().all(|bottom| *bottom <= f64::from(screen.height)),
            "the opening reaches down to {reach:?} on {screen:?}"
        );
    }
    browser.open(&path, DESK);
    let tall = browser.evaluate("document.documentElement.scrollHeight").as_f64();
    assert!(tall.is_some_and(|tall| tall <= TALLEST), "{tall:?} px tall of {TALLEST}");
    let pdf = browser.print();
    let file = path.with_file_name("report-print.pdf");
    std::fs::write(file, &pdf).expect("the test's folder can be written");
    // Page objects are plain text in what Chromium writes: `/Type /Page`, and `/Type /Pages` for their tree.
    let is_page = |at: &&[u8]| at.starts_with(b"/Type /Page") && at[11] != b's';
    let sheets = pdf.windows(12).filter(is_page).count();
    assert!((1..=MOST_SHEETS).contains(&sheets), "{sheets} sheets of {MOST_SHEETS}");
}

/// axe-core finds nothing serious, folded or unfolded, and finds what is put there for it.
fn axe_finds_nothing_serious_in_a_report((program, axe): &(Program, PathBuf)) {
    let mut browser = Chromium::start(program);
    let source = std::fs::read_to_string(axe).expect("axe-core can be read");
    for (name, runs) in [("report-axe", 1), ("report-runs-axe", 2)] {
        let path = saved(&format!("{name}.html"), &page(runs));
        for (screen_name, screen) in SCREENS.into_iter().filter(|(_, screen)| !screen.paper) {
            browser.open(&path, screen);
            browser.evaluate(&format!("{source}\n0"));
            let mut found = axe::violations(&mut browser);
            // Unfolded, a page has some 10,000 elements, which axe-core takes a minute for: once in each colour scheme.
            if runs == 1 && screen.width == DESK.width {
                browser.evaluate(UNFOLD);
                found.extend(axe::violations(&mut browser));
            }
            assert!(found.is_empty(), "{name} at {screen_name}: {found:#?}");
        }
    }
    axe::finds_a_picture_without_a_text(&mut browser);
}

fn main() -> ExitCode {
    let mut all = trials![
        Chromium::find => a_browser_shows_every_report_whole_and_asks_nothing_of_anyone,
        a_report_is_read_in_two_minutes_and_printed_on_few_sheets,
    ];
    all.extend(trials![axe::browser_and_axe => axe_finds_nothing_serious_in_a_report]);
    test_support::run(all)
}
