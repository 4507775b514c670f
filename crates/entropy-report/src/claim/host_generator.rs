// SPDX-License-Identifier: GPL-2.0-or-later
//! What boots show of a source that isolation does not reach.

use super::{Sentence, all_boots};
use crate::status::Status;
use serde::{Deserialize, Serialize};

/// Isolated boots of a target whose bytes are those of the host's generator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostGenerator {
    /// The target.
    pub target: String,
    /// Boots compared.
    pub boots: u32,
    /// Whether all gave the same bytes.
    pub identical: bool,
}

impl Sentence for HostGenerator {
    fn text(&self) -> String {
        let Self { target, boots, identical } = self;
        let boots = all_boots(*boots);
        if *identical {
            format!(
                "In isolation, {boots} of {target} gave the same bytes, although these come from the host's generator: do \
                 not use this source."
            )
        } else {
            format!(
                "Isolated boots of {target} gave different bytes: this source is the host's generator, handed to the guest by \
                 virtio-rng, and isolation does not reach it. So they are not a control, and say nothing about the guest."
            )
        }
    }

    fn status(&self) -> Status {
        if self.identical { Status::Failed } else { Status::Stated }
    }
}
