// SPDX-License-Identifier: GPL-2.0-or-later
//! What is said of servers' keys follows from what the servers made, also where a check fails.

mod common;

use common::{Sizes, provenance, together, whole};
use entropy_report::{
    Artifact, ServerKeys, ServerPair, ServerStart, Status, add_server_keys, from_json, server_keys,
    server_keys_tables, to_html, to_json, to_markdown, to_terminal,
};

/// A server whose key and UUID are each a repeated digit.
fn start(key: u8, uuid: u8) -> ServerStart {
    ServerStart {
        tls_public_key_sha256: format!("{key:02x}").repeat(32),
        server_uuid: format!("{uuid:08x}-0000-4000-8000-000000000000"),
        command: "qemu-system-x86_64 -M q35".to_owned(),
    }
}

/// What is found where the second server of each condition has this key and UUID, and the first has 1 and 1.
fn found(isolated: (u8, u8), ordinary: (u8, u8)) -> ServerKeys {
    let pair = |is_isolated, (key, uuid)| {
        ServerPair::compare(is_isolated, "tcg", [start(1, 1), start(key, uuid)])
    };
    let artifacts = vec![Artifact { name: "linux disk".to_owned(), ..Artifact::default() }];
    let pairs = vec![pair(true, isolated), pair(false, ordinary)];
    let keys = server_keys("profile mariadb, Linux 6.1.192".to_owned(), artifacts, pairs);
    for claim in &keys.claims {
        assert_eq!((claim.fact.text(), claim.fact.status()), (claim.text.clone(), claim.status));
    }
    keys
}

/// Status and text of each condition.
fn said(isolated: (u8, u8), ordinary: (u8, u8)) -> [(Status, String); 2] {
    let claims = found(isolated, ordinary).claims;
    [0, 1].map(|at| (claims[at].status, claims[at].text.clone()))
}

#[test]
fn both_checks_hold_where_isolated_servers_agree_and_ordinary_ones_do_not() {
    let [isolated, ordinary] = said((1, 1), (2, 2));
    assert_eq!([isolated.0, ordinary.0], [Status::Passed; 2]);
    assert!(isolated.1.contains("made the same TLS private key and the same UUID"), "{isolated:?}");
    assert!(ordinary.1.contains("different TLS private keys and different UUIDs"), "{ordinary:?}");
    assert!(ordinary.1.contains("does not show how hard"), "{ordinary:?}");
}

#[test]
fn isolated_servers_that_differ_in_anything_fail() {
    for (second, differs) in [
        ((2, 2), "different TLS private keys and UUIDs"),
        ((2, 1), "but different TLS private keys"),
        ((1, 2), "but different UUIDs"),
    ] {
        let [(status, text), _] = said(second, (2, 2));
        assert_eq!(status, Status::Failed, "{text}");
        assert!(text.contains(differs) && text.contains("this check failed"), "{text}");
        assert!(!text.contains("anyone"), "{text}");
    }
}

#[test]
fn ordinary_servers_that_share_anything_fail() {
    for (second, shared) in [
        ((1, 1), "made the same TLS private key and the same UUID:"),
        ((1, 2), "made the same TLS private key:"),
        ((2, 1), "made the same UUID:"),
    ] {
        let [_, (status, text)] = said((1, 1), second);
        assert_eq!(status, Status::Failed, "{text}");
        assert!(text.contains(shared) && text.contains("do not use a key"), "{text}");
        assert!(!text.contains("necessary"), "{text}");
    }
}

#[test]
fn tables_show_the_beginning_of_each_hash() {
    let [made, compared] = server_keys_tables(&found((1, 1), (2, 1)));
    assert_eq!(made.rows.len(), 4);
    assert_eq!(made.rows[0][..3], ["isolated", "1", "0101010101010101"]);
    assert_eq!(made.rows[3][..3], ["ordinary", "2", "0202020202020202"]);
    assert_eq!(
        compared.rows,
        [["isolated", "the same", "the same"], ["ordinary", "different", "the same"],]
    );
}

#[test]
fn the_report_has_a_section_where_servers_were_started_and_none_elsewhere() {
    let sizes = Sizes { raw: 12_000, stream: 120_000, side: 20 };
    let mut result = together(vec![(provenance(), whole(sizes))]).unwrap();
    let without = to_json(&result).unwrap();
    assert!(!to_html(&result).unwrap().contains("id=\"server-keys\""));
    assert!(!without.contains("server_keys") && from_json(&without).unwrap() == result);
    add_server_keys(&mut result, found((1, 2), (2, 2)));
    let (page, markdown) = (to_html(&result).unwrap(), to_markdown(&result));
    assert_eq!(page.matches("id=\"server-keys\"").count(), 1);
    assert!(page.contains("href=\"#server-keys\"") && page.contains("profile mariadb"));
    assert!(page.contains("<td>0202020202020202</td>") && !page.contains(&"02".repeat(9)));
    assert!(markdown.contains("## Server keys") && markdown.contains("- **FAILED.** Two database"));
    let read = from_json(&to_json(&result).unwrap()).unwrap();
    assert_eq!(read, result);
    let terminal = to_terminal(&read, 2000);
    assert!(terminal.contains("server keys, isolated boots") && terminal.contains("FAILED"));
    for claim in &read.server_keys.as_ref().unwrap().claims {
        assert!(read.claims.contains(claim) && read.summary.contains(&claim.text));
        assert!(page.contains(&claim.text) && markdown.contains(&claim.text), "{}", claim.text);
        assert!(terminal.contains(&claim.text), "{}", claim.text);
    }
}
