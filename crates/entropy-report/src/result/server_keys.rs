// SPDX-License-Identifier: GPL-2.0-or-later
//! By what a database server is known that makes its TLS key and its UUID at its first start.

use crate::claim::Claim;
use crate::provenance::Artifact;
use serde::{Deserialize, Serialize};

/// First starts of a server under both conditions, and what they show.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerKeys {
    /// The findings, each with the figures that it follows from.
    pub claims: Vec<Claim>,
    /// Profile and kernel of the Linux guest that serves.
    pub guest: String,
    /// Its files.
    pub artifacts: Vec<Artifact>,
    /// One per condition.
    pub pairs: Vec<ServerPair>,
}

/// Two first starts under one condition. Private keys never leave their guests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerPair {
    /// Whether time was a count of instructions.
    pub isolated: bool,
    /// `kvm` or `tcg`.
    pub accel: String,
    /// Whether both made the same TLS key.
    pub same_tls_key: bool,
    /// Whether both made the same UUID.
    pub same_uuid: bool,
    /// Each of the two.
    pub starts: [ServerStart; 2],
}

/// The first start of a server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerStart {
    /// SHA-256 of the public key in its certificate, in lower-case hexadecimal.
    pub tls_public_key_sha256: String,
    /// The UUID that it gave itself.
    pub server_uuid: String,
    /// The command that booted it.
    pub command: String,
}

impl ServerPair {
    /// Compares two first starts. A public key belongs to one private key: where one is the same, the other is.
    #[must_use]
    pub fn compare(isolated: bool, accel: &str, starts: [ServerStart; 2]) -> Self {
        let [first, second] = &starts;
        Self {
            isolated,
            accel: accel.to_owned(),
            same_tls_key: first.tls_public_key_sha256 == second.tls_public_key_sha256,
            same_uuid: first.server_uuid == second.server_uuid,
            starts,
        }
    }

    /// `isolated` or `ordinary`.
    #[must_use]
    pub fn condition(&self) -> &'static str {
        if self.isolated { "isolated" } else { "ordinary" }
    }
}
