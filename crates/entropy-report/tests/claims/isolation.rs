// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether boots repeat each other.

use entropy_report::{Status, analyse, to_html};

use super::common::{provenance, whole};
use super::{BASE, SMALL, shown, with};

#[test]
fn isolated_boots_that_differ_are_a_control_that_failed() {
    let result = with(|result| {
        for comparison in &mut result.isolation {
            comparison.identical = false;
            comparison.all_differ = true;
            comparison.stream_identical = Some(false);
            comparison.stream_common_prefix_bytes = Some(77);
        }
    });
    let text = shown(&result);
    for never in [
        "gave the same bytes",
        "can predict the next",
        "The control worked",
        "CONTROL WORKED</span> <b>",
    ] {
        assert!(!text.contains(never), "{never}");
    }
    assert!(
        text.contains("did not repeat each other")
            && text.contains("the stream agrees for the first 77 bytes")
    );
    assert!(
        !text.contains("raw noise agrees for the first"),
        "the raw noise is the same to the end"
    );
    assert_eq!(result.claims[0].status, Status::Failed);
    // One that differs among others is named, and the others are not dragged along.
    let one = with(|result| {
        result.isolation[1].identical = false;
        result.isolation[1].raw_identical = Some(false);
    });
    assert!(
        one.summary
            .contains("both boots of baremetal, linux-user and linux-crng gave the same bytes")
    );
    assert!(one.summary.contains("Isolated boots of linux-module did not repeat"));
}

#[test]
fn a_control_that_worked_is_not_praise() {
    let isolation = &BASE.isolation[0].verdict;
    assert!(
        isolation
            .text
            .contains("The control worked: both boots gave the same raw noise and stream")
    );
    assert!(isolation.text.contains("says nothing about how much entropy an ordinary boot has"));
    let page = to_html(&BASE).unwrap();
    assert!(page.contains("= CONTROL WORKED"));
    let boots = page.split("id=\"boots\"").nth(1).unwrap().split("id=\"streams\"").next().unwrap();
    let isolated = boots.split("<details").filter(|part| part.contains("isolated boots:"));
    for part in isolated {
        assert!(!part.contains("badge passed"), "0 bits are not green: {part}");
    }
    let three = with(|result| result.isolation.iter_mut().for_each(|c| c.boots = 3));
    assert!(three.summary.contains("all 3 boots of each of 4 targets"), "{}", three.summary);
}

#[test]
fn an_isolated_stream_that_fails_its_tests_does_not_pass_them() {
    let result = with(|result| {
        for target in result.targets.iter_mut().filter(|target| target.isolated) {
            let tests = &mut target.stream.as_mut().unwrap().output_tests;
            tests.iter_mut().for_each(|test| test.status = Status::Failed);
        }
    });
    assert!(!result.summary.contains("although its output passes"));
    assert!(result.summary.contains("its output fails statistical output tests"));
}

#[test]
fn one_boot_shows_nothing_about_another() {
    let boots: Vec<_> = whole(SMALL).into_iter().filter(|boot| boot.boot == 1).collect();
    let result = analyse(&boots, provenance()).unwrap();
    let text = shown(&result);
    for never in
        ["gave the same bytes", "no two boots", "The control worked", "can predict the next"]
    {
        assert!(!text.contains(never), "{never}");
    }
    assert!(
        text.contains("this run has no control")
            && text.contains("whether boots differ was not tested")
    );
}

#[test]
fn ordinary_boots_that_repeat_are_said_to() {
    let result = with(|result| result.ordinary[0].all_differ = false);
    assert!(result.summary.contains("At least two ordinary boots of baremetal gave the same data"));
    assert!(!result.summary.contains("no two boots of each of"));
    assert!(result.ordinary[0].verdict.text.contains("do not use this source"));
}
