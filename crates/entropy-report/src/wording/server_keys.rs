// SPDX-License-Identifier: GPL-2.0-or-later
//! What first starts of a server show.

use crate::claim::{Claim, IsolatedServers, OrdinaryServers};
use crate::page::Table;
use crate::provenance::Artifact;
use crate::result::{CompareResult, ServerKeys, ServerPair};

/// Digits of a hash that tables show.
const SHOWN_DIGITS: usize = 16;

/// First starts with what they show.
#[must_use]
pub fn server_keys(guest: String, artifacts: Vec<Artifact>, pairs: Vec<ServerPair>) -> ServerKeys {
    ServerKeys { claims: pairs.iter().map(claim).collect(), guest, artifacts, pairs }
}

/// Adds first starts of a server to a result, with what they show among its findings.
pub fn add_server_keys(result: &mut CompareResult, keys: ServerKeys) {
    result.server_keys = Some(keys);
    super::attach(result);
}

fn claim(pair: &ServerPair) -> Claim {
    let ServerPair { same_tls_key, same_uuid, .. } = *pair;
    if pair.isolated {
        IsolatedServers { same_tls_key, same_uuid }.into()
    } else {
        OrdinaryServers { accel: pair.accel.clone(), same_tls_key, same_uuid }.into()
    }
}

/// What each server made, and how the two under one condition compare.
#[must_use]
pub fn server_keys_tables(keys: &ServerKeys) -> [Table; 2] {
    let made = keys.pairs.iter().flat_map(|pair| {
        (1..).zip(&pair.starts).map(|(number, start)| {
            let hash = start.tls_public_key_sha256.chars().take(SHOWN_DIGITS).collect();
            vec![
                pair.condition().to_owned(),
                i32::to_string(&number),
                hash,
                start.server_uuid.clone(),
            ]
        })
    });
    let same = |same| if same { "the same" } else { "different" }.to_owned();
    let compared = keys.pairs.iter().map(|pair| {
        vec![pair.condition().to_owned(), same(pair.same_tls_key), same(pair.same_uuid)]
    });
    let heads = ["boots", "boot", "TLS public key, SHA-256 (first 16 digits)", "server UUID"];
    [
        Table {
            caption: "What each server made at its first start".to_owned(),
            heads: heads.map(str::to_owned).into(),
            rows: made.collect(),
        },
        Table {
            caption: "Two boots compared".to_owned(),
            heads: ["boots", "TLS key", "server UUID"].map(str::to_owned).into(),
            rows: compared.collect(),
        },
    ]
}
