// SPDX-License-Identifier: GPL-2.0-or-later
//! First starts of the server guest, twice in isolation and twice with ordinary time, and what each generates: its TLS
//! key and its UUID.

use std::path::Path;

use anyhow::{Context, Result};
use entropy_report::{ServerKeys, ServerPair, ServerStart};
use guest_run::{FIRST_OUTPUT, Guest, Images, Limits, Machine, Session, quoted};
use indicatif::ProgressBar;

use crate::guest::{GuestKind, Host, MachineOptions};
use crate::provenance::artifact;
use crate::serve::until_serving;

/// What all starts have in common.
#[derive(Debug)]
pub struct FirstStarts<'a> {
    /// The images; the Linux guest has a server.
    pub images: &'a Images,
    pub host: &'a Host,
    pub machine: &'a MachineOptions,
    /// Temporary folder for logs.
    pub scratch: &'a Path,
}

impl FirstStarts<'_> {
    /// Starts all servers and compares them; `bar` shows the current one.
    pub fn take_all(&self, bar: &ProgressBar) -> Result<ServerKeys> {
        let linux = self.images.linux()?;
        let pairs = vec![self.take_pair(true, bar)?, self.take_pair(false, bar)?];
        let files = linux.files().into_iter().map(|(name, path)| artifact(name, path));
        let guest = format!("profile {}, Linux {}", linux.profile, linux.release);
        Ok(entropy_report::server_keys(guest, files.collect::<Result<_>>()?, pairs))
    }

    /// The command of each condition, with its name.
    pub fn commands(&self) -> Result<Vec<(&'static str, String)>> {
        let command = |isolated| {
            let (machine, guest) = self.server(isolated)?;
            Ok((name(isolated), quoted(&machine.command(&self.host.qemu, &guest))))
        };
        [true, false].into_iter().map(command).collect()
    }

    fn take_pair(&self, isolated: bool, bar: &ProgressBar) -> Result<ServerPair> {
        let condition = name(isolated);
        let take = |ordinal| {
            bar.set_prefix(format!("{condition}, {ordinal}"));
            self.take(isolated).with_context(|| format!("starting the {ordinal} {condition}"))
        };
        let starts = [take("first")?, take("second")?];
        let accel = self.machine.machine(self.host, isolated).runs_on().to_string();
        Ok(ServerPair::compare(isolated, &accel, starts))
    }

    /// Boots the server with empty data, and stops it when it is ready.
    fn take(&self, isolated: bool) -> Result<ServerStart> {
        let (machine, guest) = self.server(isolated)?;
        let limits = Limits {
            deadline: Some(self.machine.deadline()),
            first_output: Some(FIRST_OUTPUT),
            console_log: Some(self.scratch.join("server.console.log")),
        };
        let mut session = Session::start(&self.host.qemu, &machine, &guest, &limits)?;
        let command = session.command().to_owned();
        let (serving, _) = until_serving(&mut session)?;
        Ok(ServerStart {
            tls_public_key_sha256: serving.tls_public_key_sha256,
            server_uuid: serving.server_uuid,
            command,
        })
    }

    fn server(&self, isolated: bool) -> Result<(Machine, Guest)> {
        let least_mib = self.images.linux()?.server_memory_mib(isolated)?;
        let machine = self.machine.machine(self.host, isolated);
        let machine = Machine { memory_mib: machine.memory_mib.max(least_mib), ..machine };
        let guest = GuestKind::Linux.in_images(self.images)?.guest(&machine, "", None);
        Ok((machine, guest))
    }
}

fn name(isolated: bool) -> &'static str {
    if isolated { "isolated server" } else { "ordinary server" }
}
