// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask doctor`: shows what this machine has and lacks. It changes nothing.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use guest_run::{KvmState, Qemu};
use serde::Serialize;

use guest_run::CommandContext;
use guest_run::ExitKind;
use guest_run::tools::{self, Need, TO_RUN, install_line};
use guest_run::{output, say};
use measure::provenance;

/// Approximate space for a full run and the build of both images.
const WANTED_FREE_BYTES: u64 = 6 << 30;

/// Show what this machine has: tools, QEMU, accelerator, disk, sources.
#[derive(Debug, Args)]
pub struct Doctor {}

#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    found: String,
    /// The remedy; absent if nothing is wrong.
    remedy: Option<String>,
    /// Whether `compare` cannot run without it.
    needed: bool,
}

impl Doctor {
    /// Checks the machine and prints the findings: the needs of booting a guest, and `more_needs`.
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Missing`]) if something is missing that `compare` needs and cannot install.
    pub fn run(self, context: &CommandContext, more_needs: &[Need]) -> Result<()> {
        let needs = [TO_RUN, more_needs].concat();
        let mut findings =
            vec![fine("host", provenance::host()), fine("processor", provenance::cpu_model())];
        findings.push(fine("compiler", provenance::COMPILER.to_owned()));
        findings.extend(needs.iter().map(tool));
        findings.push(accelerator());
        findings.push(free_space("disk for builds", &context.out));
        findings.push(free_space("disk for sources", &context.cache));
        if context.json {
            output::json(&findings)?;
        } else {
            print(&findings)?;
        }
        let missing = tools::missing(&needs);
        if !missing.is_empty() && !context.json {
            say!("\nInstall what is missing:\n    {}", install_line(&tools::packages(&missing)))?;
        }
        if findings.iter().any(|finding| finding.needed && finding.remedy.is_some()) {
            return Err(ExitKind::Missing(
                "something that `compare` needs is missing; see above".to_owned(),
            )
            .into());
        }
        Ok(())
    }
}

fn fine(what: &str, found: String) -> Finding {
    Finding { what: what.to_owned(), found, remedy: None, needed: false }
}

fn tool(need: &Need) -> Finding {
    match need.found() {
        Some(path) => Finding { needed: true, ..fine(need.name, path.display().to_string()) },
        None => Finding {
            what: need.name.to_owned(),
            found: format!("missing: {}", need.why),
            remedy: Some(format!("package {}", need.package)),
            needed: true,
        },
    }
}

fn accelerator() -> Finding {
    let what = "accelerator".to_owned();
    let qemu = match Qemu::find() {
        Ok(qemu) => qemu,
        Err(error) => {
            return Finding {
                what,
                found: "not checked: there is no QEMU".to_owned(),
                remedy: Some(error.to_string()),
                needed: true,
            };
        }
    };
    match guest_run::probe(&qemu) {
        Ok(probe) => {
            let usable = matches!(probe.kvm, KvmState::Usable { .. });
            let stamp = if usable {
                ""
            } else {
                "; guests run under TCG, whose timing reflects the emulator"
            };
            Finding {
                what,
                found: format!("{}, KVM {}{stamp}", qemu.version(), probe.kvm),
                remedy: probe.kvm.remedy().map(str::to_owned),
                needed: false,
            }
        }
        Err(error) => Finding {
            what,
            found: qemu.version().to_owned(),
            remedy: Some(error.to_string()),
            needed: true,
        },
    }
}

/// The free space at `folder`, which may not exist yet.
fn free_space(what: &str, folder: &Path) -> Finding {
    let place = folder.ancestors().find(|ancestor| ancestor.exists()).unwrap_or(Path::new("/"));
    let Some(free_bytes) = guest_run::free_bytes(place) else {
        let found = format!("{} does not report its free space", place.display());
        return Finding { what: what.to_owned(), found, remedy: None, needed: false };
    };
    let found = format!("{:.1} GB free at {}", free_bytes as f64 / 1e9, place.display());
    let short = free_bytes < WANTED_FREE_BYTES;
    let remedy =
        short.then(|| format!("free {:.1} GB for a full run", WANTED_FREE_BYTES as f64 / 1e9));
    Finding { what: what.to_owned(), found, remedy, needed: false }
}

fn print(findings: &[Finding]) -> Result<()> {
    for finding in findings {
        let mark = match (&finding.remedy, finding.needed) {
            (None, _) => "ok",
            (Some(_), true) => "MISSING",
            (Some(_), false) => "note",
        };
        say!("{mark:<8}{:<24}{}", finding.what, finding.found)?;
        if let Some(remedy) = &finding.remedy {
            say!("{:<32}-> {remedy}", "")?;
        }
    }
    Ok(())
}
