// SPDX-License-Identifier: GPL-2.0-or-later
//! The diff in CONTRIBUTING.md, by which a parameter is added, still fits the files that it changes.

use std::fs;

#[test]
fn diff_of_a_parameter_still_applies() {
    let root = fs::canonicalize("../..").expect("the checkout");
    let guide = fs::read_to_string(root.join("CONTRIBUTING.md")).expect("CONTRIBUTING.md");
    let (_, rest) = guide.split_once("```diff\n").expect("a diff");
    let (diff, _) = rest.split_once("```").expect("the end of the diff");
    let mut hunks = 0;
    for file in diff.split("diff --git ").skip(1) {
        let (head, body) = file.split_once("\n@@ ").expect("a hunk");
        let (_, name) = head.split_once("\n+++ b/").expect("the name of the changed file");
        let text = fs::read_to_string(root.join(name)).expect("the changed file");
        for hunk in body.split("\n@@ ") {
            let before = hunk.lines().skip(1).filter(|line| !line.starts_with('+'));
            let before: Vec<&str> = before.map(|line| line.get(1..).unwrap_or_default()).collect();
            let before = before.join("\n");
            assert!(text.contains(&before), "{name} no longer contains:\n{before}");
            hunks += 1;
        }
    }
    assert_eq!(hunks, 3);
}
