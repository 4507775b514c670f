// SPDX-License-Identifier: GPL-2.0-or-later
//! `cargo xtask run-linux`: a shell in the Linux guest on this terminal, or the jobs given.

use std::fs;
use std::path::{Path, PathBuf};

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
  cargo xtask run-linux --profile lab --share . --exec './my-program 1000'
                                                               a static program of yours, in the guest
  cargo xtask run-linux --smp 2                                two processors, and a kernel for them
  cargo xtask run-linux --profile mariadb --data db.img        a database server with TLS, until Ctrl-C
  cargo xtask run-linux --profile hwrng --job stream:64K --target linux-hwrng --output out   the host's generator
  cargo xtask run-linux --dry-run                              the QEMU command, to copy")]
pub struct RunLinux {
    #[command(flatten)]
    pub options: RunOptions,
    /// Network of the card, for profiles that have one [default: user]
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with = "isolated")]
    network: Option<Cable>,
    /// Let the guest reach everything that this machine reaches; by default it reaches only the gateway
    #[arg(long, conflicts_with = "isolated")]
    open: bool,
    /// Let the guest read this folder, in /share; for profiles that can (lab)
    #[arg(long, value_name = "DIR", conflicts_with = "isolated")]
    share: Option<PathBuf>,
    /// Run this shell command in the guest (in /share, if shared), print its output here, and end the guest
    #[arg(long, value_name = "COMMAND", conflicts_with = "job", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    exec: Option<String>,
    /// Keep the server's data in FILE, a disk that is created if it does not exist; by default it is in memory
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    data: Option<PathBuf>,
    /// Port of 127.0.0.1 for the server of a profile that has one
    #[arg(long, value_name = "PORT", default_value_t = 13306, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

/// The network of a network card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Cable {
    /// No network card
    None,
    /// QEMU's user network with a gateway
    User,
    /// A network without other hosts
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
                    "--open opens QEMU's user network: omit --network, or give --network user";
                Err(ExitKind::Usage(text.to_owned()).into())
            }
        }
    }
}

impl RunLinux {
    /// Builds what is needed, and runs it.
    pub fn run(self, context: &CommandContext, source: &dyn ImageSource) -> Result<()> {
        let request = self.options.check(GuestKind::Linux)?;
        if self.exec.is_some() && !request.jobs.is_empty() {
            let text = "--exec: the guest runs either a command or the job of --append; omit one";
            return Err(ExitKind::Usage(text.to_owned()).into());
        }
        let share = self.share.as_deref().map(readable_folder).transpose()?;
        let asked = self.network.map(|cable| cable.network(self.open)).transpose()?;
        let images = source.images(context, Parts::both(self.options.cpus()), 0)?;
        let linux = images.linux()?;
        if self.options.asks_for_host_rng() && !linux.host_rng {
            let text = format!(
                "--target linux-hwrng: the profile {} has no virtio-rng; take --profile hwrng",
                linux.profile
            );
            return Err(ExitKind::Usage(text).into());
        }
        let network = match (linux.network, asked) {
            (_, None) if self.options.isolated => None,
            (true, Some(asked)) => asked,
            (true, None) => Cable::User.network(self.open)?,
            (false, None) if !self.open => None,
            (false, _) => {
                return Err(ExitKind::Usage(format!(
                    "the profile {} has no network: omit --network and --open, or use a profile with one (osso, lab)",
                    linux.profile
                ))
                .into());
            }
        };
        let attached = Attached { share, ..self.attached(context, linux)? };
        let guest = GuestKind::Linux.in_images(&images)?.with(&attached);
        let least_mib = linux.server_memory_mib(self.options.isolated)?;
        let options = self.options.with_memory(least_mib);
        options.run(context, guest, network)
    }

    /// The devices attached to the machine in addition to its profile's.
    fn attached(&self, context: &CommandContext, linux: &LinuxImage) -> Result<Attached> {
        let refuse = |option: &str, what: &str, profile: &str| {
            let text =
                format!("{option}: the profile {} {what}; use --profile {profile}", linux.profile);
            Err(ExitKind::Usage(text).into())
        };
        if self.share.is_some() && !linux.share {
            return refuse("--share", "cannot read a folder of this machine", "lab");
        }
        if self.exec.is_some() && !linux.share {
            return refuse("--exec", "cannot run a command from this machine", "lab");
        }
        if self.data.is_some() && linux.server.is_none() {
            return refuse("--data", "has no server and stores nothing", "mariadb");
        }
        let mut attached = Attached { command: self.exec.clone(), ..Attached::default() };
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

/// The absolute path of a folder that can be listed.
fn readable_folder(folder: &Path) -> Result<PathBuf> {
    let unusable = |why: String| ExitKind::Usage(format!("--share {}: {why}", folder.display()));
    if !folder.exists() {
        return Err(unusable("there is no such folder".to_owned()).into());
    }
    if !folder.is_dir() {
        return Err(unusable("this is not a folder; give its folder".to_owned()).into());
    }
    fs::read_dir(folder).map_err(|error| {
        unusable(format!("it cannot be read ({error}); QEMU reads it as this user"))
    })?;
    Ok(std::path::absolute(folder)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_the_guest_could_not_read_is_refused_with_the_reason() {
        let place = tempfile::tempdir().unwrap();
        let refused = |folder: &Path| readable_folder(folder).unwrap_err().to_string();
        assert!(refused(&place.path().join("none")).contains("there is no such folder"));
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(refused(&file).contains("not a folder"));
        let name = place.path().join("a, b: c");
        fs::create_dir(&name).unwrap();
        assert_eq!(readable_folder(&name).unwrap(), name);
        assert!(readable_folder(Path::new(".")).unwrap().is_absolute());
    }
}
