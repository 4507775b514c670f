// SPDX-License-Identifier: GPL-2.0-or-later
//! Orders between targets, and medians with their range.

use entropy_report::{CompareResult, to_html};

use super::{order, ordinary, says, set, with};

/// Figures of five boots of two targets; no other target has any.
fn two(low: &[f64], high: &[f64]) -> CompareResult {
    with(|result| {
        set(result, "baremetal", low);
        set(result, "linux-user", high);
    })
}

#[test]
fn an_order_is_stated_only_where_boots_support_it() {
    let low = [0.50, 0.52, 0.51, 0.53, 0.50];
    let clear = two(&low, &[0.90, 0.92, 0.91, 0.93, 0.90]);
    assert!(
        order(&clear)
            .contains("baremetal lower than linux-user (at most 0.530 against at least 0.900"),
        "{}",
        order(&clear)
    );
    // The other way round it is said the other way round.
    let reverse = two(&[0.90, 0.92, 0.91, 0.93, 0.90], &low);
    assert!(order(&reverse).contains("linux-user lower than baremetal"), "{}", order(&reverse));
    assert!(!order(&reverse).contains("baremetal lower"));
    let overlap = two(&low, &[0.52, 0.92, 0.91, 0.93, 0.90]);
    assert_eq!(order(&overlap), "These boots support no order between targets.");
    let narrow = two(&low, &[0.54, 0.56, 0.57, 0.55, 0.58]);
    assert_eq!(order(&narrow), "These boots support no order between targets.");
    let few = two(&low[..3], &[0.90, 0.92, 0.91]);
    assert!(order(&few).contains("No order between targets is stated: 3 boots"), "{}", order(&few));
}

#[test]
fn a_target_that_failed_a_check_is_not_ranked() {
    let result = with(|result| {
        set(result, "baremetal", &[0.50, 0.52, 0.51, 0.53, 0.50]);
        set(result, "host-user", &[1.90, 1.92, 1.91, 1.93, 1.90]);
        ordinary(result, "host-user").boots[2].restarts_held = Some(false);
    });
    assert!(!order(&result).contains("lower than"), "{}", order(&result));
    assert!(
        order(&result).contains("1 pair with a target that failed its restart check"),
        "{}",
        order(&result)
    );
    assert!(result.summary.contains("host-user (1 of 5 boots)"));
    let page = to_html(&result).unwrap();
    assert!(page.contains("restart check failed") && page.contains("hollow"));
}

#[test]
fn figures_are_medians_with_their_range() {
    let result = two(&[0.9, 0.5, 0.6], &[1.0, 1.2, 1.1]);
    assert!(result.summary.contains("assessed at 0.600 to 1.10 bits"), "{}", result.summary);
    assert!(says(&result, "0.600 (0.500–0.900)"));
    let target = result.targets.iter().find(|t| t.name == "baremetal" && !t.isolated).unwrap();
    let text = &target.raw.as_ref().unwrap().verdict.text;
    assert!(text.contains("Over 3 boots the median is 0.600, from 0.500 to 0.900"), "{text}");
}
