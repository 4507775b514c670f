// SPDX-License-Identifier: GPL-2.0-or-later
//! What is said of clones follows from their figures, also where the story is the reverse of the usual one.

mod common;

use common::{Sizes, provenance, together, whole};
use entropy_report::{
    ClonePair, ClonedOutput, NotMeasured, Status, add_clones, clones, clones_table, from_json,
    to_html, to_json, to_markdown, to_terminal,
};

const OUTPUTS: [&str; 3] = ["getrandom", "private key", "raw noise"];

/// A pair whose outputs in `same` are the same and whose others differ.
fn pair(
    isolated: bool,
    generation_id: bool,
    same: &[&str],
    reseedings: Option<[u64; 2]>,
) -> ClonePair {
    let outputs = OUTPUTS.map(|name| {
        let second = if same.contains(&name) { 1 } else { 2 };
        ClonedOutput::compare(name, 8, 8, &[Ok(vec![1; 8]), Ok(vec![second; 8])])
    });
    ClonePair {
        guest: "linux".to_owned(),
        accel: "tcg".to_owned(),
        isolated,
        generation_id,
        acpi: reseedings.map(|lines| lines != [0, 0]),
        reseedings,
        outputs: outputs.into(),
        ..ClonePair::default()
    }
}

/// Status and text of what is said of these pairs.
fn said(pairs: Vec<ClonePair>) -> Vec<(Status, String)> {
    let found = clones(pairs, Vec::new());
    for claim in &found.claims {
        assert_eq!((claim.fact.text(), claim.fact.status()), (claim.text.clone(), claim.status));
    }
    found.claims.into_iter().map(|claim| (claim.status, claim.text)).collect()
}

#[test]
fn what_both_clones_gave_is_named_and_fails() {
    let said = said(vec![pair(false, false, &["getrandom", "private key"], None)]);
    let [(status, text)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*status, Status::Failed);
    assert!(
        text.contains("getrandom and private key were the same, and raw noise differed"),
        "{text}"
    );
    assert!(text.contains("known to anyone who has the saved state"), "{text}");
}

#[test]
fn clones_that_differ_in_all_are_not_said_to_share_anything() {
    let said = said(vec![pair(false, false, &[], None)]);
    let [(status, text)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*status, Status::Passed);
    assert!(text.contains("every output differed. Fresh noise"), "{text}");
    assert!(!text.contains("the same") && !text.contains("anyone"), "{text}");
}

#[test]
fn outputs_that_only_begin_alike_are_named() {
    let mut began = pair(false, false, &[], None);
    let given = [Ok([7; 16].to_vec()), Ok([[7; 8], [8; 8]].concat())];
    began.outputs[0] = ClonedOutput::compare("stream", 16, 1, &given);
    began.outputs[2] = ClonedOutput::compare("raw noise", 16, 8, &given);
    let said = said(vec![began]);
    let [(status, text)] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(*status, Status::Failed);
    assert!(text.contains("every output differed, but not the first 8 bytes of stream."), "{text}");
}

#[test]
fn isolated_clones_are_a_control_that_can_fail() {
    let same = &said(vec![pair(true, false, &OUTPUTS, None)])[0];
    assert!(same.1.contains("were the same in all 3 outputs"), "{same:?}");
    let differs = &said(vec![pair(true, false, &["getrandom"], None)])[0];
    assert!(differs.1.contains("differed in private key and raw noise of linux"), "{differs:?}");
    assert!(!differs.1.contains("the same"), "{differs:?}");
}

#[test]
fn a_device_gets_no_credit_unless_the_kernel_noticed_the_copy() {
    let with = |same_with: &[&str], reseedings| {
        let without = pair(false, false, &["getrandom", "private key"], Some([0, 0]));
        said(vec![without, pair(false, true, same_with, reseedings)]).remove(1)
    };
    let unnoticed = with(&["getrandom", "private key"], Some([0, 0]));
    assert_eq!(unnoticed.0, Status::Caution);
    assert!(
        unnoticed.1.contains("did not notice") && unnoticed.1.contains("has no ACPI"),
        "{unnoticed:?}"
    );
    assert!(!unnoticed.1.contains("chance"), "{unnoticed:?}");
    // Without a line in the log, the device gets no credit for a difference.
    let chance = with(&["getrandom"], Some([0, 0]));
    assert!(chance.1.contains("they had private key in common too"), "{chance:?}");
    assert!(chance.1.contains("chance of one run") && !chance.1.contains("reseeded"), "{chance:?}");
    let noticed = with(&[], Some([1, 1]));
    assert_eq!(noticed.0, Status::Passed);
    assert!(
        noticed.1.contains("reseeded its generator; its clones had no output in common"),
        "{noticed:?}"
    );
    assert!(noticed.1.contains("differed in getrandom and private key"), "{noticed:?}");
    let in_vain = with(&["getrandom", "private key"], Some([1, 1]));
    assert_eq!(in_vain.0, Status::Caution);
    assert!(in_vain.1.contains("had getrandom and private key in common"), "{in_vain:?}");
    assert!(!in_vain.1.contains("differed"), "{in_vain:?}");
}

#[test]
fn a_guest_without_a_log_is_only_compared() {
    let with = |same_with: &[&str]| {
        said(vec![pair(true, false, &OUTPUTS, None), pair(true, true, same_with, None)]).remove(1).1
    };
    assert!(with(&OUTPUTS).contains("in common, with a vmgenid device and without"));
    assert!(with(&[]).contains("Nothing in the guest says that the device is the reason"));
}

#[test]
fn every_figure_is_in_the_table_and_refusals_are_neither_same_nor_different() {
    let mut refused = pair(true, false, &["getrandom", "private key"], None);
    refused.outputs[2] =
        ClonedOutput::compare("raw noise", 8, 8, &[Err("no".into()), Err("no".into())]);
    let found = clones(vec![refused], Vec::new());
    let table = clones_table(&found);
    assert_eq!(table.rows.len(), 3);
    assert_eq!(table.rows[0][1..], ["getrandom", "8", "8", "8", "the same"]);
    assert_eq!(table.rows[2][5], "refused by both");
    let text = &found.claims[0].text;
    assert!(text.contains("the same in all 2 outputs") && !text.contains("raw noise"), "{text}");
}

#[test]
fn the_report_has_a_section_where_clones_were_made_and_none_elsewhere() {
    let sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };
    let mut result = together(vec![(provenance(), whole(sizes))]).unwrap();
    assert!(!to_html(&result).unwrap().contains("id=\"clones\""));
    let left_out = NotMeasured { what: "clones under KVM".into(), why: "it <hangs>".into() };
    let pairs = vec![
        pair(false, false, &["getrandom", "private key"], Some([0, 0])),
        pair(false, true, &["getrandom", "private key"], Some([0, 0])),
        pair(true, false, &OUTPUTS, None),
    ];
    add_clones(&mut result, clones(pairs, vec![left_out]));
    let (page, markdown) = (to_html(&result).unwrap(), to_markdown(&result));
    assert_eq!(page.matches("id=\"clones\"").count(), 1);
    assert!(page.contains("href=\"#clones\"") && page.contains("it &lt;hangs&gt;"));
    // Both clones' bytes, next to each other, for what they had in common.
    assert_eq!(page.matches("0101010101010101").count(), 4);
    assert!(markdown.contains("## Clones") && markdown.contains("it &lt;hangs&gt;"));
    let read = from_json(&to_json(&result).unwrap()).unwrap();
    assert_eq!(read, result);
    let found = result.clones.unwrap();
    assert_eq!(found.claims.len(), 3);
    for claim in &found.claims {
        assert!(read.claims.contains(claim) && read.summary.contains(&claim.text));
        assert!(page.contains(&claim.text) && markdown.contains(&claim.text), "{}", claim.text);
        let terminal = to_terminal(&read, 2000);
        assert!(terminal.contains(&claim.text), "{}", claim.text);
    }
}
