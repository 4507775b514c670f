// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-linux`: a shell in the Linux guest on this terminal, or the jobs given.

use anyhow::Result;
use clap::{Args, ValueEnum};
use guest_run::Network;

use crate::images::{ImageSource, Parts};
use guest_run::CommandContext;
use guest_run::ExitKind;
use measure::guest::GuestKind;
use measure::run_guest::RunOptions;

/// Boot the Linux guest: a shell, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-linux                                        a shell: try uchaosbox raw 20
  cargo xtask run-linux --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-linux --isolated --job stream:1M --target linux-crng --output out
  cargo xtask run-linux --profile osso                         a small machine on the network
  cargo xtask run-linux --dry-run                              the QEMU command, to copy")]
pub struct RunLinux {
    #[command(flatten)]
    pub options: RunOptions,
    /// What the network card of a profile that has one is plugged into [default: user]
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with = "isolated")]
    network: Option<Cable>,
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
    fn network(self) -> Option<Network> {
        match self {
            Self::None => None,
            Self::User => Some(Network::User),
            Self::Silent => Some(Network::Silent),
        }
    }
}

impl RunLinux {
    /// Builds what is needed, and runs it.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        self.options.check(GuestKind::Linux)?;
        let images = source.images(context, Parts::Both, 0)?;
        let linux = images.linux()?;
        let network = match (linux.network, self.network) {
            (_, None) if self.options.isolated => None,
            (true, cable) => cable.unwrap_or(Cable::User).network(),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(ExitKind::Usage(format!(
                    "the profile {} has no network: leave --network out, or take a profile that has one (osso, lab)",
                    linux.profile
                ))
                .into());
            }
        };
        self.options.run(context, GuestKind::Linux.in_images(&images)?, network)
    }
}
