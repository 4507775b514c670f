// SPDX-License-Identifier: GPL-2.0-or-later
//! Table, Markdown and HTML report: complete, self-contained, harmless, and never a NaN.

mod common;

use common::{Dice, Sizes, provenance, run, together, whole};
use entropy_report::result::{Absent, Judges, Opinion};
use entropy_report::{
    CompareResult, Provenance, Status, TakenRun, Verdict, analyse, to_html, to_markdown,
    to_terminal,
};
use proptest::prelude::*;

const SMALL: Sizes = Sizes { raw: 12_000, stream: 120_000, side: 60 };

fn result() -> CompareResult {
    analyse(&whole(SMALL), provenance()).expect("these runs make a result")
}

#[test]
fn the_report_is_one_file_that_asks_for_nothing() {
    let page = to_html(&result()).unwrap();
    for forbidden in
        ["http://", "https://", "<script", "src=", "@import", "url(", "<iframe", "<object", "<base"]
    {
        assert!(!page.contains(forbidden), "{forbidden} in the report");
    }
    // Links lead to places in the page, and the one icon is empty.
    for (at, _) in page.match_indices("href=\"") {
        let target = &page[at + 6..];
        assert!(target.starts_with('#') || target.starts_with("data:,\""), "{}", &target[..40]);
    }
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("Content-Security-Policy"));
}

#[test]
fn every_part_of_the_report_is_there() {
    let page = to_html(&result()).unwrap();
    let ids = [
        "noise",
        "findings",
        "table",
        "deltas",
        "boots",
        "streams",
        "targets",
        "reading",
        "provenance",
    ];
    for id in ids {
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "section {id}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "link to {id}");
    }
    let sentences = [
        "timing here reflects the emulator",
        "Looking random is not being unpredictable",
        "within one boot",
        "both boots gave the same raw noise and stream, byte for byte",
        "load 0.25 before and 1.50 after on 2 processors",
        "cargo xtask compare",
    ];
    for sentence in sentences {
        assert!(page.contains(sentence), "{sentence}");
    }
    // Two pairs of boots; a histogram of each of four ordinary targets; six pictures of each of seven.
    assert_eq!(page.matches("<svg role=\"img\" aria-label=").count(), 2 + 4 + 7 * 6);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

#[test]
fn runs_recorded_apart_and_external_tests_have_sections_that_one_run_has_not() {
    let alone = to_html(&result()).unwrap();
    assert!(!alone.contains("id=\"runs\"") && !alone.contains("id=\"external\""));
    let other = Provenance { host: "Another host".into(), ..provenance() };
    let runs = vec![(provenance(), whole(SMALL)), (other, whole(SMALL))];
    let mut result = together(runs).unwrap();
    result.judges = Some(judges());
    let page = to_html(&result).unwrap();
    for id in ["runs", "external"] {
        assert_eq!(page.matches(&format!("id=\"{id}\"")).count(), 1, "section {id}");
        assert!(page.contains(&format!("href=\"#{id}\"")), "link to {id}");
    }
    // Only what is not the same in both is marked.
    assert!(page.contains("host ≠") && !page.contains("QEMU ≠"));
    assert!(page.contains("<th scope=\"row\">difference</th>"));
    assert!(page.contains("<td>+0.010</td>") && page.contains("sh &lt;data.bin"));
    for text in [page, to_markdown(&result), to_terminal(&result, 100)] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Markdown would take the line below the letters for emphasis.
        let text = text.replace('\\', "");
        assert!(text.contains("RNG_test") && text.contains("a program's text"), "{text}");
    }
}

fn judges() -> Judges {
    let opinion = Opinion {
        judge: "ent".into(),
        version: "1".into(),
        target: "baremetal of A (tcg)".into(),
        data: "stream".into(),
        bytes: 120_000,
        figure: "chi-square".into(),
        unit: String::new(),
        theirs: Some(255.01),
        ours: Some(255.0),
        difference: Some(0.01),
        seconds: 0.5,
        command: "sh <data.bin".into(),
        verdict: Verdict::new(Status::Stated, "a program's text", "a formula"),
    };
    let absent = Absent { judge: "RNG_test".into(), from: "its site".into() };
    Judges { opinions: vec![opinion], absent: vec![absent] }
}

#[test]
fn the_boot_is_a_line_of_moments_and_stretches() {
    let page = to_html(&result()).unwrap();
    for moment in ["machine on", "ready", "first sample", "raw noise", "output stream", "done"] {
        assert!(page.contains(&format!("<th scope=\"row\">{moment}</th>")), "{moment}");
    }
    assert!(page.contains("Ready after 43 ms, first sample after 43.9 ms"));
}

#[test]
fn every_plot_has_marks_and_a_table_behind_it() {
    let page = to_html(&result()).unwrap();
    for svg in page.split("<svg").skip(1).map(|rest| rest.split("</svg>").next().unwrap()) {
        let label = svg.split('"').nth(3).unwrap();
        let marks = ["#000003", "#000010", "#000011", "#000012", "#000013", "#000014", "#000015"];
        assert!(marks.iter().any(|mark| svg.contains(mark)), "nothing is drawn in {label}");
    }
    assert_eq!(page.matches("<summary>The numbers</summary>").count(), 4 + 7 * 6);
}

#[test]
fn hostile_text_of_a_guest_does_no_harm() {
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=y>\u{1b}[2J|`";
    let mut runs = whole(SMALL);
    for run in &mut runs {
        run.kernel = hostile.into();
        run.command = hostile.into();
        run.target.push_str(hostile);
        run.health.insert(hostile.into(), hostile.into());
        run.meta.insert(hostile.into(), hostile.into());
        run.paths.insert("raw".into(), hostile.into());
        run.timeline[0].what = hostile.into();
    }
    let mut provenance = provenance();
    provenance.banners.push(hostile.into());
    provenance.run = hostile.into();
    provenance.command_line = hostile.into();
    provenance.repeat[0].line = hostile.into();
    let result = analyse(&runs, provenance).unwrap();
    let page = to_html(&result).unwrap();
    assert!(!page.contains("<script") && !page.contains("<img"));
    let markdown = to_markdown(&result);
    let outside_code: String = markdown.split("```").step_by(2).collect();
    assert!(!outside_code.contains("<script"));
    assert!(to_terminal(&result, 80).chars().all(|c| c == '\n' || !c.is_control()));
}

#[test]
fn commands_in_a_banner_are_code() {
    let mut provenance = provenance();
    provenance.banners.push("run `cargo xtask setup` first".into());
    let page = to_html(&analyse(&whole(SMALL), provenance).unwrap()).unwrap();
    assert!(page.contains("run <code>cargo xtask setup</code> first"));
}

#[test]
fn the_terminal_table_fits() {
    let result = result();
    for columns in [80, 100, 120, 200] {
        let text = to_terminal(&result, columns);
        for line in text.lines() {
            assert!(
                line.chars().count() <= columns,
                "{} wide at {columns}: {line}",
                line.chars().count()
            );
        }
        for name in ["baremetal", "bits/sample", "MB/s", "ticks", "INVALID", "identical"] {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(name), "{name} at {columns} columns");
        }
    }
}

#[test]
fn markdown_tables_have_as_many_cells_as_heads() {
    let text = to_markdown(&result());
    let mut lines = text.lines().peekable();
    let mut tables = 0;
    while let Some(line) = lines.next() {
        if line.starts_with('|') && lines.peek().is_some_and(|next| next.starts_with("| ---")) {
            tables += 1;
            let cells = line.matches('|').count();
            while let Some(row) = lines.next_if(|row| row.starts_with('|')) {
                assert_eq!(row.matches('|').count() - row.matches("\\|").count(), cells, "{row}");
            }
        }
    }
    assert!(tables > 10);
}

#[test]
fn a_page_of_the_busiest_noise_is_small() {
    let mut runs = whole(Sizes { raw: 100_000, stream: 120_000, side: 200 });
    let dice = &mut Dice(4);
    for run in &mut runs {
        run.raw.iter_mut().for_each(|delta| *delta = dice.roll() >> (dice.roll() % 64));
        if let Some(matrix) = &mut run.restarts {
            matrix.delta_ticks.iter_mut().for_each(|delta| *delta = dice.roll() % 1_000);
        }
    }
    let page = to_html(&analyse(&runs, provenance()).unwrap()).unwrap();
    assert!(page.len() < 2_000_000, "{} bytes", page.len());
}

/// Text of a figure that is none.
fn shows_nan(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .any(|word| ["NaN", "nan", "inf", "Infinity"].contains(&word))
}

fn shown(runs: &[TakenRun]) -> [String; 3] {
    let result = analyse(runs, provenance()).expect("these runs make a result");
    [
        to_html(&result).expect("these runs make a result"),
        to_markdown(&result),
        to_terminal(&result, 80),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_data_panics_or_shows_nan(
        raw in proptest::collection::vec(prop_oneof![Just(0), Just(u64::MAX), any::<u64>(), 500..520u64], 0..3_000),
        stream in proptest::collection::vec(any::<u8>(), 0..600),
        seconds in prop_oneof![Just(None), any::<f64>().prop_map(Some)],
        turns in prop_oneof![Just("1".to_owned()), Just("NaN".to_owned()), Just("inf".to_owned()), "[a-z0-9]{0,4}"],
        (isolated, side) in (any::<bool>(), 0..12usize),
    ) {
        let mut first = run("baremetal", isolated, 1, 5, Sizes { raw: 0, stream: 0, side });
        first.raw = raw;
        first.stream = stream;
        first.stream_seconds = seconds;
        first.meta.insert("turns".into(), turns);
        let mut second = TakenRun { boot: 2, ..first.clone() };
        second.raw.reverse();
        let [page, markdown, text] = shown(&[first, second]);
        // `turns` is the guest's own word, and is not shown as a figure.
        prop_assert!(!shows_nan(&page) && !shows_nan(&markdown) && !shows_nan(&text));
    }
}
