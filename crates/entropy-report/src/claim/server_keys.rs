// SPDX-License-Identifier: GPL-2.0-or-later
//! What first starts of a server show that makes its TLS key and its UUID itself.

use super::Sentence;
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// Two first starts in isolation: they must make the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolatedServers {
    /// Whether both made the same TLS key.
    pub same_tls_key: bool,
    /// Whether both made the same UUID.
    pub same_uuid: bool,
}

impl Sentence for IsolatedServers {
    fn text(&self) -> String {
        let outcome = match (self.same_tls_key, self.same_uuid) {
            (true, true) => {
                "made the same TLS private key and the same UUID: anyone who has one server's key has the other's"
            }
            (true, false) => {
                "made the same TLS private key but different UUIDs: something other than the count of instructions reached \
                 one of them, so that this check failed"
            }
            (false, true) => {
                "made the same UUID but different TLS private keys: something other than the count of instructions reached \
                 one of them, so that this check failed"
            }
            (false, false) => {
                "made different TLS private keys and UUIDs: something other than the count of instructions reached them, so \
                 that this check failed"
            }
        };
        format!("Two database servers that were first started in isolation {outcome}.")
    }

    fn status(&self) -> Status {
        if self.same_tls_key && self.same_uuid { Status::Passed } else { Status::Failed }
    }
}

/// Two first starts with ordinary time: they must make different ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrdinaryServers {
    /// `kvm` or `tcg`.
    pub accel: String,
    /// Whether both made the same TLS key.
    pub same_tls_key: bool,
    /// Whether both made the same UUID.
    pub same_uuid: bool,
}

impl Sentence for OrdinaryServers {
    fn text(&self) -> String {
        let started = format!("Two that were started with ordinary time ({})", self.accel);
        let shared = match (self.same_tls_key, self.same_uuid) {
            (false, false) => {
                return format!(
                    "{started} made different TLS private keys and different UUIDs. That is necessary for a key, and does \
                     not show how hard it is to guess."
                );
            }
            (true, true) => "the same TLS private key and the same UUID",
            (true, false) => "the same TLS private key",
            (false, true) => "the same UUID",
        };
        format!(
            "{started} made {shared}: this machine gave the generator nothing that differs from boot to boot, so do not use a \
             key from it."
        )
    }

    fn status(&self) -> Status {
        if self.same_tls_key || self.same_uuid { Status::Failed } else { Status::Passed }
    }
}
