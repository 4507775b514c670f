// SPDX-License-Identifier: GPL-2.0-or-later
//! Checks on the real images, each a trial of libtest-mimic that is named after its function:
//! `baremetal::boots::self_tests_pass_on_every_machine`. Each area lists its checks with `checks!`. A check gets its own
//! [`Rig`] and depends on no other check; expensive shared parts are made on first use.
#![forbid(unsafe_code)]
#![allow(missing_docs, reason = "an internal crate: self-explanatory names need no sentence")]

/// The checks of an area; those after `long:` run with `--all` only.
macro_rules! checks {
    (long: $($long:path),+ $(,)?) => {
        checks! { ; long: $($long),+ }
    };
    ($($check:path),* $(,)? $(; long: $($long:path),+ $(,)?)?) => {
        pub(crate) const CHECKS: &[$crate::Check] = &[
            $($crate::Check::new(concat!(module_path!(), "::", stringify!($check)), false, $check),)*
            $($($crate::Check::new(concat!(module_path!(), "::", stringify!($long)), true, $long),)+)?
        ];
    };
}

mod baremetal;
mod builds;
mod campaign;
mod clones;
mod command;
mod debug;
mod download;
mod exec;
mod failures;
mod homogeneity;
mod hwrng;
mod input;
mod instance;
mod kit;
mod lab;
mod linux;
mod live;
mod main_job;
mod module;
mod packed;
mod pc;
mod peers;
mod person;
mod power_cut;
mod profiles;
mod rig;
mod server;
mod smp;
mod stock;
mod uchaosbox;
mod uefi;
mod usb;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Parser;
use guest_run::progress::show_duration;
use guest_run::{ExitKind, interrupt};
use libtest_mimic::{Arguments, Completion, Conclusion, Failed, Trial};
use serde_json::json;

use self::rig::{Rig, Setup, Shared, Skip};

/// Boots the real images and checks them. `cargo xtask test` starts this program.
#[derive(Debug, Parser)]
struct OnTarget {
    #[command(flatten)]
    setup: Setup,
    /// Run the long checks too
    #[arg(long)]
    all: bool,
    /// Run only the checks whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write here how many passed, failed and were skipped, as JSON
    #[arg(long, value_name = "FILE")]
    counts: PathBuf,
}

fn main() -> ExitCode {
    let OnTarget { setup, all, filter, counts } = OnTarget::parse();
    guest_run::exit::run(|| {
        let conclusion = run(setup, filter.as_deref(), all);
        interrupt::check()?;
        let Conclusion { num_passed, num_failed, num_ignored, .. } = conclusion;
        let text = json!({ "passed": num_passed, "failed": num_failed, "skipped": num_ignored })
            .to_string();
        fs::write(&counts, text).with_context(|| format!("writing {}", counts.display()))?;
        // The names of those that failed are on standard output.
        if conclusion.has_failed() { Err(ExitKind::Said.into()) } else { Ok(()) }
    })
}

/// How many of the slowest checks are named at the end.
const SLOWEST: usize = 8;

/// One check. It fails by returning an error that says what was expected and what was seen.
struct Check {
    path: &'static str,
    long: bool,
    run: fn(&Rig) -> Result<()>,
}

impl Check {
    const fn new(path: &'static str, long: bool, run: fn(&Rig) -> Result<()>) -> Self {
        Self { path, long, run }
    }

    fn name(&self) -> &'static str {
        self.path.trim_start_matches("on_target::")
    }

    fn run(&self, shared: &Arc<Shared>, all: bool) -> Result<Completion, Failed> {
        if interrupt::requested() {
            return Ok(Completion::ignored_with("interrupted"));
        }
        if self.long && !all {
            return Ok(Completion::ignored_with("long: --all runs it"));
        }
        match Rig::new(shared).and_then(|rig| (self.run)(&rig)) {
            Ok(()) => Ok(Completion::Completed),
            Err(error) => match error.downcast_ref() {
                Some(Skip(reason)) => Ok(Completion::ignored_with(reason)),
                None => Err(format!("{error:#}").into()),
            },
        }
    }
}

fn checks() -> impl Iterator<Item = &'static Check> {
    [
        baremetal::CHECKS,
        linux::CHECKS,
        live::CHECKS,
        clones::CHECKS,
        lab::CHECKS,
        module::CHECKS,
        uchaosbox::CHECKS,
        homogeneity::CHECKS,
        profiles::CHECKS,
        exec::CHECKS,
        server::CHECKS,
        hwrng::CHECKS,
        smp::CHECKS,
        stock::CHECKS,
        debug::CHECKS,
        kit::CHECKS,
        packed::CHECKS,
        uefi::CHECKS,
        usb::CHECKS,
        builds::CHECKS,
        download::CHECKS,
        failures::CHECKS,
        input::CHECKS,
        main_job::CHECKS,
        campaign::CHECKS,
        peers::CHECKS,
    ]
    .into_iter()
    .flatten()
}

/// Runs the checks whose names contain `filter`, one after the other, and names the slowest.
fn run(setup: Setup, filter: Option<&str>, all: bool) -> Conclusion {
    let shared = Arc::new(Shared::new(setup));
    let times = Arc::new(Mutex::new(Vec::new()));
    let trial = |check: &'static Check| {
        let (shared, times) = (shared.clone(), times.clone());
        Trial::ignorable_test(check.name(), move || {
            let begun = Instant::now();
            let outcome = check.run(&shared, all);
            let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
            times.push((begun.elapsed(), check.name()));
            outcome
        })
    };
    let arguments = Arguments {
        filter: filter.map(str::to_owned),
        test_threads: Some(1),
        ..Arguments::default()
    };
    let conclusion = libtest_mimic::run(&arguments, checks().map(trial).collect());
    let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
    times.sort_by_key(|(took, _)| std::cmp::Reverse(*took));
    for (took, name) in
        times.iter().take(SLOWEST).filter(|(took, _)| *took > Duration::from_secs(5))
    {
        eprintln!("{:>7}  {name}", show_duration(*took));
    }
    conclusion
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_check_has_its_own_name() {
        let names: Vec<_> = checks().map(Check::name).collect();
        assert!(names.iter().all(|name| name.contains("::")), "{names:?}");
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
    }
}
