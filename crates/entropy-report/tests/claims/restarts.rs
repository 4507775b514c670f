// SPDX-License-Identifier: GPL-2.0-or-later
//! The restart check.

use entropy_report::result::{RestartResult, Sanity, WorstLine};
use entropy_report::{CompareResult, Status};

use super::{ordinary, set, with};

/// A restart matrix of 1,000 x 1,000 that was checked against `h_initial`.
fn checked(result: &mut CompareResult, change: impl FnOnce(&mut RestartResult)) {
    set(result, "baremetal", &[0.774]);
    let target = ordinary(result, "baremetal");
    target.boots.clear();
    let restarts = target.restarts.as_mut().expect("the made-up run has it");
    (restarts.rows, restarts.columns) = (1_000, 1_000);
    restarts.h_initial = Some(0.774);
    restarts.cutoff = Some(548);
    restarts.sanity = Sanity::Passed;
    restarts.worst_row = Some(WorstLine { index: 3, count: 401 });
    restarts.worst_column = Some(WorstLine { index: 505, count: 402 });
    (restarts.h_rows, restarts.h_columns) = (Some(0.70), Some(0.81));
    restarts.min_entropy_bits_per_sample = Some(0.70);
    change(restarts);
}

fn restart_text(result: &CompareResult) -> (Status, String) {
    let target = result
        .targets
        .iter()
        .find(|t| t.name == "baremetal" && !t.isolated)
        .expect("the made-up run has it");
    let verdict = &target.restarts.as_ref().expect("the made-up run has it").verdict;
    (verdict.status, verdict.text.clone())
}

#[test]
fn a_restart_check_says_where_and_which_way() {
    let (status, text) = restart_text(&with(|r| checked(r, |_| ())));
    assert_eq!(status, Status::Passed);
    assert!(
        text.contains("assessed at 0.700 bits per sample or more, fewer than the long run's 0.774"),
        "{text}"
    );
    let (_, text) = restart_text(&with(|r| {
        checked(r, |m| {
            (m.h_rows, m.h_columns) = (Some(0.9), Some(0.81));
            m.min_entropy_bits_per_sample = Some(0.774);
        });
    }));
    assert!(
        text.contains("0.810 bits per sample or more, no fewer than the long run's 0.774"),
        "{text}"
    );
    let column = with(|r| {
        checked(r, |m| {
            m.sanity = Sanity::Failed;
            m.worst_column = Some(WorstLine { index: 505, count: 830 });
            m.min_entropy_bits_per_sample = None;
        });
    });
    let (status, text) = restart_text(&column);
    assert_eq!(status, Status::Failed);
    assert!(text.contains("830 of the 1,000 samples in column 505 are equal"), "{text}");
    assert!(!text.contains("in row") && !text.contains("are credited"), "{text}");
    assert!(column.summary.contains("The restart check failed for baremetal"));
    assert!(!column.summary.contains("The restart check held for baremetal"));
    let (_, text) = restart_text(&with(|r| {
        checked(r, |m| {
            m.sanity = Sanity::Failed;
            m.worst_row = Some(WorstLine { index: 7, count: 900 });
            m.min_entropy_bits_per_sample = None;
        });
    }));
    assert!(
        text.contains("in row 7 are equal") && !text.contains("column 505 are equal"),
        "{text}"
    );
    // The sanity check holds, and the second check does not.
    let low = with(|r| {
        checked(r, |m| {
            (m.h_rows, m.h_columns) = (Some(0.2), Some(0.81));
            m.min_entropy_bits_per_sample = None;
        });
    });
    let (status, text) = restart_text(&low);
    assert_eq!(status, Status::Failed);
    assert!(text.contains("less than half of the long run's 0.774"), "{text}");
    assert!(low.summary.contains("The restart check failed for baremetal"));
}
