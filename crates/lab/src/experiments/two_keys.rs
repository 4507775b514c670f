// SPDX-License-Identifier: GPL-2.0-or-later
//! 15: the database server makes its TLS key and its UUID at its first start, in isolation and with ordinary time.

use anyhow::{Context, Result, bail};
use guest_run::{FIRST_OUTPUT, Limits, Machine, Session};
use measure::guest::GuestKind;
use measure::serve::{Serving, until_serving};

use crate::{Found, Guests};

/// Boots under each condition.
const BOOTS: usize = 2;

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let mut rows = Vec::new();
    let mut agree = Vec::new();
    for (condition, isolated) in [("isolated", true), ("ordinary", false)] {
        let mut served = Vec::new();
        for boot in 1..=BOOTS {
            let serving = first_start(guests, &mut found, isolated)
                .with_context(|| format!("{condition} boot {boot}"))?;
            rows.push(vec![
                condition.to_owned(),
                boot.to_string(),
                serving.tls_public_key_sha256.clone(),
                serving.server_uuid.clone(),
            ]);
            served.push(serving);
        }
        agree.push(Agree::of(&served)?);
    }
    let heads = ["boots", "boot", "SHA-256 of the TLS public key", "server UUID"];
    found.table("What each server is known by", &heads, rows);
    let [isolated, ordinary] = agree[..] else { bail!("there are two conditions") };
    let same = |same| if same { "the same" } else { "different" }.to_owned();
    let rows = [("isolated", isolated), ("ordinary", ordinary)]
        .map(|(condition, agree)| vec![condition.to_owned(), same(agree.key), same(agree.uuid)]);
    found.table("Two boots compared", &["boots", "TLS key", "server UUID"], rows.to_vec());
    found.conclusion = conclusion(isolated, ordinary);
    Ok(found)
}

/// What two servers have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Agree {
    key: bool,
    uuid: bool,
}

impl Agree {
    fn of(served: &[Serving]) -> Result<Self> {
        let [first, second] = served else {
            bail!("{} boots were made, not {BOOTS}", served.len())
        };
        Ok(Self {
            key: first.tls_public_key_sha256 == second.tls_public_key_sha256,
            uuid: first.server_uuid == second.server_uuid,
        })
    }
}

fn conclusion(isolated: Agree, ordinary: Agree) -> String {
    let in_isolation = match isolated {
        Agree { key: true, uuid: true } => {
            "Both isolated servers made the same private key and the same UUID: anyone who has one server's key has the other's."
        }
        Agree { key: false, uuid: false } => {
            "The isolated servers made different keys and UUIDs, so something physical reached them, which should not be."
        }
        _ => "The isolated servers agree in one of key and UUID only, which should not be.",
    };
    let with_time = match ordinary {
        Agree { key: false, uuid: false } => {
            "The ordinary ones made different keys and UUIDs. That is necessary for a key, and does not show how hard it is to guess."
        }
        _ => {
            "The ordinary ones have a key or a UUID in common: this machine gave the generator nothing that differs from boot to boot."
        }
    };
    format!("{in_isolation} {with_time}")
}

/// Boots the server with empty data, and stops it when it is ready.
fn first_start(guests: &Guests<'_>, found: &mut Found, isolated: bool) -> Result<Serving> {
    let images = guests.images.context("this experiment has no guests")?;
    let host = guests.host.context("this experiment has no QEMU")?;
    let least_mib = images.linux()?.server_memory_mib(isolated)?;
    let machine = guests.machine.machine(host, isolated);
    let machine = Machine { memory_mib: machine.memory_mib.max(least_mib), ..machine };
    let guest = GuestKind::Linux.in_images(images)?.guest(&machine, "", None);
    let limits = Limits {
        deadline: Some(guests.deadline()),
        first_output: Some(FIRST_OUTPUT),
        console_log: Some(guests.scratch.join("two-keys.console.log")),
    };
    let mut session = Session::start(&host.qemu, &machine, &guest, &limits)?;
    found.commands.push(session.command().to_owned());
    until_serving(&mut session).map(|(serving, _)| serving)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_conclusion_follows_from_what_agrees() {
        let (all, none) = (Agree { key: true, uuid: true }, Agree { key: false, uuid: false });
        let expected = conclusion(all, none);
        assert!(
            expected.contains("same private key") && expected.contains("necessary"),
            "{expected}"
        );
        assert!(conclusion(none, none).contains("should not be"));
        assert!(conclusion(all, all).contains("in common"));
        assert!(conclusion(Agree { key: true, uuid: false }, none).contains("one of key and UUID"));
    }
}
