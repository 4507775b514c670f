// SPDX-License-Identifier: GPL-2.0-or-later
//! Whether boots repeat each other.

use entropy_report::{CompareResult, Status, analyse, from_json, to_html, to_json};

use super::common::{provenance, run, together, whole};
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

/// A run with the host's generator in it, whose isolated boots are made from these seeds.
fn with_host_generator(isolated_seeds: [u64; 2]) -> CompareResult {
    let of_host = |isolated, boot, seed| run("linux-hwrng", isolated, boot, seed, SMALL);
    let mut boots = whole(SMALL);
    for (boot, seed) in (1..).zip(isolated_seeds) {
        boots.push(of_host(false, boot, 1000 + u64::from(boot)));
        boots.push(of_host(true, boot, seed));
    }
    analyse(&boots, provenance()).expect("the made-up boots make a result")
}

#[test]
fn the_hosts_generator_is_not_a_control_and_is_said_to_be_the_hosts() {
    let result = with_host_generator([71, 72]);
    let text = shown(&result);
    assert!(text.contains("isolation does not reach it"));
    assert!(!text.contains("did not repeat each other") && !text.contains("CONTROL FAILED"));
    assert!(!text.contains("The control failed"));
    assert!(result.summary.contains("both boots of each of 4 targets gave the same bytes"));
    assert!(result.summary.contains("no two boots of each of 6 targets"), "{}", result.summary);
    let comparison = result.isolation.iter().find(|c| c.target == "linux-hwrng").unwrap();
    assert_eq!(comparison.verdict.status, Status::Stated);
    let target = result.targets.iter().find(|target| target.name == "linux-hwrng").unwrap();
    let stream = &target.stream.as_ref().unwrap().verdict;
    assert!(stream.text.contains("handed to the guest by virtio-rng"), "{}", stream.text);
    assert!(target.raw.is_none() && target.restarts.is_none());
    assert_eq!(from_json(&to_json(&result).unwrap()).unwrap(), result);
}

#[test]
fn a_hosts_generator_that_repeats_fails() {
    let result = with_host_generator([71, 71]);
    assert!(result.summary.contains("although these come from the host's generator: do not use"));
    assert!(!result.summary.contains("isolation does not reach it"));
    let comparison = result.isolation.iter().find(|c| c.target == "linux-hwrng").unwrap();
    assert_eq!(comparison.verdict.status, Status::Failed);
}

#[test]
fn isolated_boots_of_the_hosts_generator_are_not_compared_across_runs() {
    let of_host = |boot, seed| run("linux-hwrng", true, boot, seed, SMALL);
    let runs = [81, 82].map(|seed| (provenance(), vec![of_host(1, seed), of_host(2, seed + 10)]));
    let result = together(runs.into()).unwrap();
    assert!(result.across.is_empty(), "{:?}", result.across);
    assert!(result.summary.contains("this run has no control"), "{}", result.summary);
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
