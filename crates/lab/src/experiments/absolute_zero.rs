// SPDX-License-Identifier: GPL-2.0-or-later
//! 5: boots in isolation, where a guest's only time is an instruction count, next to ordinary boots.

use anyhow::{Context, Result};
use entropy_report::TakenRun;

use crate::{Found, Guests};
use measure::guest::GuestKind;

const JOBS: &str = "uchaos.job=raw:20000,stream:64K uchaos.health=observe";
const SHOWN_BYTES: usize = 16;

pub(super) fn run(guests: &Guests<'_>) -> Result<Found> {
    let mut found = Found::default();
    let arguments = format!("{JOBS} uchaos.target=linux-module+linux-crng");
    let (mut rows, mut bytes) = (Vec::new(), Vec::new());
    let (mut same_when_isolated, mut same_when_ordinary) = (0, 0);
    for isolated in [true, false] {
        let mut boot = || -> Result<Vec<TakenRun>> {
            let mut taken = vec![guests.bare(&mut found, isolated, JOBS)?];
            taken.extend(guests.boot(&mut found, GuestKind::Linux, isolated, &arguments)?);
            Ok(taken)
        };
        let (first, second) = (boot()?, boot()?);
        let condition = if isolated { "isolated" } else { "ordinary" };
        for first in first {
            let second = second
                .iter()
                .find(|run| run.target == first.target)
                .with_context(|| format!("{} is in one boot only", first.target))?;
            let same = first.raw == second.raw && first.stream == second.stream;
            if isolated {
                same_when_isolated += usize::from(same);
            } else {
                same_when_ordinary += usize::from(same);
            }
            rows.push(vec![
                first.target.clone(),
                condition.to_owned(),
                common(&first.raw, &second.raw),
                common(&first.stream, &second.stream),
                if same { "the same" } else { "different" }.to_owned(),
            ]);
            for (boot, run) in [(1, &first), (2, second)] {
                let head = run.stream.iter().take(SHOWN_BYTES);
                bytes.push(vec![
                    first.target.clone(),
                    condition.to_owned(),
                    boot.to_string(),
                    head.map(|byte| format!("{byte:02x}")).collect::<String>(),
                ]);
            }
        }
    }
    let heads = ["target", "boots", "equal samples", "equal bytes", "the two boots are"];
    found.table("Two boots compared from their first bytes", &heads, rows);
    let heads = ["target", "boots", "boot", "first 16 bytes of the stream"];
    found.table("What the streams look like", &heads, bytes);
    found.conclusion = format!(
        "In isolation {same_when_isolated} of 3 targets gave the same twice; under ordinary conditions \
         {same_when_ordinary} of 3 did. What came out the same twice was arithmetic in these boots, however it looks; that boots \
         differ does not say how much entropy they have. linux-crng is the generator behind /dev/random and /dev/urandom."
    );
    Ok(found)
}

/// The length of the common prefix of two boots.
fn common<T: PartialEq>(first: &[T], second: &[T]) -> String {
    if first.is_empty() {
        return "not recorded".to_owned();
    }
    let same = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    format!("{same} of {}", first.len())
}
