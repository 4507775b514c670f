// SPDX-License-Identifier: GPL-2.0-or-later
//! What clones of one saved machine show.

use crate::claim::{
    BegunAlike, Claim, ClonedOutputs, GenerationId, IsolatedClones, OrdinaryClones,
};
use crate::format::count;
use crate::page::Table;
use crate::result::{ClonePair, ClonedOutput, Clones, CompareResult, NotMeasured};

/// Independent random byte strings share a prefix this long in 1 of 4 billion pairs.
const ALIKE_BYTES: u64 = 4;
/// Its samples are small numbers, and often equal by chance.
const RAW_NOISE: &str = "raw noise";

/// Pairs of clones with everything that they show, the most important first.
#[must_use]
pub fn clones(pairs: Vec<ClonePair>, not_measured: Vec<NotMeasured>) -> Clones {
    Clones { claims: claims(&pairs), pairs, not_measured }
}

/// Adds clones to a result, with what they show among its findings.
pub fn add_clones(result: &mut CompareResult, clones: Clones) {
    result.clones = Some(clones);
    super::attach(result);
}

fn claims(pairs: &[ClonePair]) -> Vec<Claim> {
    let plain = |isolated: bool| {
        let pairs = pairs.iter().filter(move |p| p.isolated == isolated && !p.generation_id);
        pairs.map(outputs).collect::<Vec<_>>()
    };
    let mut claims = vec![
        OrdinaryClones { pairs: plain(false) }.into(),
        IsolatedClones { pairs: plain(true) }.into(),
    ];
    claims.extend(pairs.iter().filter(|pair| pair.generation_id).filter_map(|with| {
        let key = |pair: &ClonePair| (pair.guest.clone(), pair.accel.clone(), pair.isolated);
        let without = pairs.iter().find(|p| !p.generation_id && key(p) == key(with))?;
        Some(Claim::from(GenerationId {
            guest: with.guest.clone(),
            accel: with.accel.clone(),
            isolated: with.isolated,
            acpi: with.acpi,
            reseedings: with.reseedings.map(|lines| lines.iter().sum()),
            same_without: names(without, |output| output.identical),
            same_with: names(with, |output| output.identical),
        }))
    }));
    claims.retain(|claim: &Claim| !claim.text.is_empty());
    claims
}

fn outputs(pair: &ClonePair) -> ClonedOutputs {
    ClonedOutputs {
        guest: pair.guest.clone(),
        accel: pair.accel.clone(),
        same: names(pair, |output| output.identical),
        different: names(pair, differs),
        begun_alike: pair
            .outputs
            .iter()
            .filter(|output| differs(output) && output.name != RAW_NOISE)
            .filter(|output| output.common_prefix_bytes >= ALIKE_BYTES)
            .map(|output| BegunAlike {
                output: output.name.clone(),
                bytes: output.common_prefix_bytes,
            })
            .collect(),
    }
}

fn differs(output: &ClonedOutput) -> bool {
    !output.identical && output.given_bytes != [0, 0]
}

fn names(pair: &ClonePair, wanted: fn(&ClonedOutput) -> bool) -> Vec<String> {
    pair.outputs.iter().filter(|output| wanted(output)).map(|output| output.name.clone()).collect()
}

/// The figures of all pairs as a table.
#[must_use]
pub fn clones_table(clones: &Clones) -> Table {
    let rows = clones.pairs.iter().flat_map(|pair| {
        pair.outputs.iter().map(|output| {
            vec![
                pair.title(),
                output.name.clone(),
                count(output.asked_bytes),
                count(output.common_prefix_bytes),
                count(output.equal_bytes),
                output.outcome().to_owned(),
            ]
        })
    });
    let heads = [
        "clones of",
        "output",
        "bytes asked for",
        "in common from the start",
        "equal at the same place",
        "the two are",
    ];
    Table {
        caption: "One saved state, restored twice: what each clone gave first".to_owned(),
        heads: heads.map(str::to_owned).into(),
        rows: rows.collect(),
    }
}
