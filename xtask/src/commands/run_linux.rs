// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-linux`: a shell in the Linux guest on this terminal, or the jobs given.

use anyhow::Result;
use clap::{Args, ValueEnum};
use vm_runner::Network;

use crate::build::linux_image::LinuxOptions;
use crate::build::nested;
use crate::failure::Failure;
use crate::guest::GuestKind;
use crate::images;
use crate::preflight;
use crate::run_guest::RunOptions;
use crate::tools::TO_NEST;
use crate::workshop::Workshop;

/// Boot the Linux guest: a shell, or the jobs given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask run-linux                                        a shell: try uchaosbox raw 20
  cargo xtask run-linux --job raw:1000,stream:1M --output out  take, check, and write out/
  cargo xtask run-linux --isolated --job stream:1M --target linux-crng --output out
  cargo xtask run-linux --nested --job raw:1000                a guest in the guest does it
  cargo xtask run-linux --profile osso                         a small machine on the network
  cargo xtask run-linux --dry-run                              the QEMU command, to copy")]
pub(crate) struct RunLinux {
    /// The guest boots itself: QEMU in it boots the same image in 32 MB, and that guest does the jobs
    #[arg(long, conflicts_with_all = ["profile", "isolated"])]
    nested: bool,
    #[command(flatten)]
    options: RunOptions,
    #[command(flatten)]
    linux: LinuxOptions,
    /// What the network card of a profile that has one is plugged into [default: user]
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with_all = ["nested", "isolated"])]
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
    ///
    /// # Errors
    /// A step that failed, or the guest's own failure.
    pub(crate) fn run(mut self, shop: &Workshop) -> Result<()> {
        self.options.check()?;
        if self.nested {
            preflight::ensure(shop, TO_NEST)?;
            nested::PROFILE.clone_into(&mut self.linux.profile);
        }
        let more_steps = if self.nested { nested::STEPS } else { 0 };
        let images = images::prepare(shop, &self.linux, more_steps)?;
        if self.nested {
            let outer = nested::build(shop, &images.bzimage, &images.initramfs)?;
            let command_line = format!("{} {}", images.linux_command_line, nested::WORDS);
            let options = self.options.with_memory(nested::OUTER_MIB);
            let boots = GuestKind::Linux.boot_files(&images.bzimage, &outer, &command_line);
            return options.run(shop, boots, None);
        }
        let network = match (images.linux_network, self.network) {
            (_, None) if self.options.isolated => None,
            (true, cable) => cable.unwrap_or(Cable::User).network(),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(Failure::Usage(format!(
                    "the profile {} has no network: leave --network out, or take a profile that has one (osso, lab)",
                    self.linux.profile
                ))
                .into());
            }
        };
        self.options.run(shop, GuestKind::Linux.in_images(&images), network)
    }
}
