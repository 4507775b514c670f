// SPDX-License-Identifier: GPL-2.0-or-later
//! What is made next to the main job where it is asked for: clones, and first starts of a server.

use std::path::Path;

use anyhow::{Context, Result};
use chaos_wire::Params;
use entropy_report::{Clones, ServerKeys};
use guest_run::{Images, say};
use indicatif::ProgressBar;
use measure::clones::{self, Cloning, GenerationIds};
use measure::guest::{GuestKind, Host};
use measure::server_keys::FirstStarts;

use super::Compare;

impl Compare {
    pub(super) fn take_clones(
        &self,
        images: &Images,
        host: &Host,
        bar: &ProgressBar,
    ) -> Result<Clones> {
        let guests = [GuestKind::BareMetal, GuestKind::Linux];
        let (cases, left_out) = clones::plan(&guests, &self.machine, host, GenerationIds::Both)?;
        let scratch = tempfile::tempdir().context("creating a folder for the saved states")?;
        let params = self.settings.engine.over(Params::DEFAULT);
        let cloning =
            Cloning { images, host, machine: &self.machine, params, scratch: scratch.path() };
        cloning.take_all(&cases, left_out, bar)
    }

    pub(super) fn start_servers(
        &self,
        images: &Images,
        host: &Host,
        bar: &ProgressBar,
    ) -> Result<ServerKeys> {
        let scratch = tempfile::tempdir().context("creating a folder for the servers' logs")?;
        let scratch = scratch.path();
        FirstStarts { images, host, machine: &self.machine, scratch }.take_all(bar)
    }

    /// `--dry-run`: the commands of the servers.
    pub(super) fn show_servers(&self, images: &Images, host: &Host) -> Result<()> {
        let starts = FirstStarts { images, host, machine: &self.machine, scratch: Path::new("") };
        starts.commands()?.iter().try_for_each(|(name, command)| say!("# {name}\n{command}"))
    }
}
