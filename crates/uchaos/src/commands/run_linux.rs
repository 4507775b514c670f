// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-linux`: a shell in the Linux guest on this terminal, or the jobs given.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, ValueEnum};
use guest_run::{Attached, Drive, Forward, LinuxImage, Network};

use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use guest_run::ExitKind;
use measure::data_disk;
use measure::guest::GuestKind;
use measure::run_guest::RunOptions;

/// Boot the Linux guest: a shell, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-linux                                        a shell: try uchaosbox raw 20
  cargo xtask run-linux --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-linux --isolated --job stream:1M --target linux-crng --output out
  cargo xtask run-linux --profile osso                         a small machine on the network
  cargo xtask run-linux --profile osso --open                  the same, which reaches what this machine reaches
  cargo xtask run-linux --smp 2                                two processors, and a kernel for them
  cargo xtask run-linux --profile mariadb --data db.img        a database server with TLS, until Ctrl-C
  cargo xtask run-linux --dry-run                              the QEMU command, to copy")]
pub struct RunLinux {
    #[command(flatten)]
    pub options: RunOptions,
    /// What the network card of a profile that has one is plugged into [default: user]
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with = "isolated")]
    network: Option<Cable>,
    /// Let the guest reach beyond the gateway what this machine reaches; by default it reaches the gateway alone
    #[arg(long, conflicts_with = "isolated")]
    open: bool,
    /// Keep the server's data in FILE, a disk that is made where there is none; by default it is in memory
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    data: Option<PathBuf>,
    /// The port of 127.0.0.1 by which a profile that serves is reached
    #[arg(long, value_name = "PORT", default_value_t = 13306, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

/// What a network card is plugged into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cable {
    /// There is no card
    None,
    /// QEMU's user network, whose gateway answers
    User,
    /// A network on which nobody answers
    Silent,
}

impl Cable {
    fn network(self, open: bool) -> Result<Option<Network>> {
        match (self, open) {
            (Self::None, false) => Ok(None),
            (Self::Silent, false) => Ok(Some(Network::Silent)),
            (Self::User, false) => Ok(Some(Network::User)),
            (Self::User, true) => Ok(Some(Network::Open)),
            (Self::None | Self::Silent, true) => {
                let text =
                    "--open opens QEMU's user network: leave --network out, or give --network user";
                Err(ExitKind::Usage(text.to_owned()).into())
            }
        }
    }
}

impl RunLinux {
    /// Builds what is needed, and runs it.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        self.options.check(GuestKind::Linux)?;
        let asked = self.network.map(|cable| cable.network(self.open)).transpose()?;
        let images = source.images(context, Parts::both(self.options.cpus()), 0)?;
        let linux = images.linux()?;
        let network = match (linux.network, asked) {
            (_, None) if self.options.isolated => None,
            (true, Some(asked)) => asked,
            (true, None) => Cable::User.network(self.open)?,
            (false, None) if !self.open => None,
            (false, _) => {
                return Err(ExitKind::Usage(format!(
                    "the profile {} has no network: leave --network and --open out, or take a profile that has one (osso, lab)",
                    linux.profile
                ))
                .into());
            }
        };
        let attached = self.attached(context, linux)?;
        let guest = GuestKind::Linux.in_images(&images)?.with(&attached);
        let least_mib = linux.server_memory_mib(self.options.isolated)?;
        let options = self.options.with_memory(least_mib);
        options.run(context, guest, network)
    }

    /// What is attached to the machine besides what its profile has.
    fn attached(&self, context: &CommandContext, linux: &LinuxImage) -> Result<Attached> {
        if self.data.is_some() && linux.server.is_none() {
            let text = format!(
                "--data: the profile {} serves nothing and keeps nothing; take --profile mariadb",
                linux.profile
            );
            return Err(ExitKind::Usage(text).into());
        }
        let mut attached = Attached::default();
        if let Some(server) = linux.server {
            attached.forward = Some(Forward { host_port: self.port, guest_port: server.port });
        }
        if let Some(file) = &self.data {
            if !context.dry_run {
                data_disk::prepare(file)?;
            }
            let file = file.clone();
            attached.drives.push(Drive { name: "uchaos-data", file, writable: true });
        }
        Ok(attached)
    }
}
