// SPDX-License-Identifier: GPL-2.0-or-later
//! The page of a campaign in Chromium, with the same checks as the report of a run: on several screens,
//! light and dark, on paper; by axe-core; and one of 10,000 cells, which has a limit of size and of time.

#[path = "../../../entropy-report/tests/browser/axe.rs"]
mod axe;
#[path = "../../../entropy-report/tests/browser/chromium.rs"]
mod chromium;
#[path = "../fleet/mod.rs"]
mod fleet;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use campaign_report::write_campaign_report;
use chromium::{Chromium, Program, Screen};
use fleet::campaign;
use test_support::trials;

const CHECKS: &str = include_str!("../../../entropy-report/tests/browser/checks.js");
const UNFOLD: &str =
    "document.querySelectorAll('details').forEach((one) => { one.open = true; }), 0";
/// Limits of size and opening time for a page of [`MANY`] cells.
const MOST_BYTES: u64 = 5_000_000;
const LONGEST: Duration = Duration::from_secs(2);
const MANY: usize = 10_000;
/// A busy machine may delay one opening; the page is what is measured.
const ATTEMPTS: usize = 3;

const DESK: Screen = Screen { width: 1280, height: 900, dark: false, paper: false };
const SCREENS: [(&str, Screen); 5] = [
    ("1280", DESK),
    ("1280-dark", Screen { dark: true, ..DESK }),
    ("390", Screen { width: 390, height: 844, ..DESK }),
    ("390-dark", Screen { width: 390, height: 844, dark: true, ..DESK }),
    ("paper", Screen { width: 720, height: 1040, paper: true, ..DESK }),
];

fn page(name: &str, count: usize) -> PathBuf {
    let top = tempfile::tempdir().expect("a folder");
    let folder = campaign(top.path(), count);
    // The links of this copy are broken; those of the original are checked in another test.
    let made = folder.join("report.html");
    write_campaign_report(&folder, &made).expect("a campaign makes a page");
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::copy(made, &kept).expect("the test's folder can be written");
    kept
}

fn list<T: serde::de::DeserializeOwned>(browser: &mut Chromium, expression: &str) -> Vec<T> {
    serde_json::from_value(browser.evaluate(expression)).expect("a list is given")
}

fn a_browser_shows_every_campaign_whole_and_asks_nothing_of_anyone(program: &Program) {
    let mut browser = Chromium::start(program);
    let path = page("campaign.html", 300);
    let mut all = Vec::new();
    for (name, screen) in SCREENS {
        browser.open(&path, screen);
        let picture = path.with_file_name(format!("campaign-{name}.png"));
        std::fs::write(picture, browser.picture()).expect("the test's folder can be written");
        let mut findings: Vec<String> = list(&mut browser, CHECKS);
        if !screen.paper {
            browser.evaluate(UNFOLD);
            findings.extend(list::<String>(&mut browser, CHECKS));
        }
        findings.extend(browser.take_complaints());
        all.extend(findings.into_iter().map(|finding| format!("{name}: {finding}")));
    }
    assert!(all.is_empty(), "{all:#?}");
    assert!(!browser.print().is_empty());
}

fn ten_thousand_cells_are_small_and_open_at_once(program: &Program) {
    let path = page("campaign-10000.html", MANY);
    let bytes = std::fs::metadata(&path).expect("the page").len();
    let mut browser = Chromium::start(program);
    let times: Vec<Duration> = (0..ATTEMPTS)
        .map(|_| {
            let begun = Instant::now();
            browser.open(&path, DESK);
            // The page is laid out before this is answered.
            let tall = browser.evaluate("document.documentElement.scrollHeight").as_f64();
            assert!(tall.is_some_and(|tall| tall > 1000.0), "{tall:?}");
            begun.elapsed()
        })
        .collect();
    println!("{MANY} cells: {bytes} bytes, opened in {times:?}");
    assert!(bytes < MOST_BYTES, "{bytes} bytes of {MOST_BYTES}");
    assert!(times.iter().any(|time| *time < LONGEST), "{times:?} of {LONGEST:?}");
}

fn axe_finds_nothing_serious_in_a_campaign((program, axe): &(Program, PathBuf)) {
    let mut browser = Chromium::start(program);
    let source = std::fs::read_to_string(axe).expect("axe-core can be read");
    let path = page("campaign-axe.html", 300);
    for (name, screen) in SCREENS.into_iter().filter(|(_, screen)| !screen.paper) {
        browser.open(&path, screen);
        browser.evaluate(&format!("{source}\n0"));
        let found = axe::violations(&mut browser);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
    axe::finds_a_picture_without_a_text(&mut browser);
}

fn main() -> ExitCode {
    let mut all = trials![
        Chromium::find => a_browser_shows_every_campaign_whole_and_asks_nothing_of_anyone,
        ten_thousand_cells_are_small_and_open_at_once,
    ];
    all.extend(trials![axe::browser_and_axe => axe_finds_nothing_serious_in_a_campaign]);
    test_support::run(all)
}
