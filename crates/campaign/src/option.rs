// SPDX-License-Identifier: GPL-2.0-or-later
//! The option for the folder of campaigns.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use guest_run::{CommandContext, ExitKind};

use crate::folder::ABOUT;

#[derive(Debug, Args)]
pub struct CampaignsOption {
    /// Folder of campaigns [default: campaigns/ in the checkout]
    #[arg(
        long = "campaigns",
        value_name = "DIR",
        env = "UCHAOS_CAMPAIGNS",
        help_heading = "Options"
    )]
    folder: Option<PathBuf>,
}

impl CampaignsOption {
    #[must_use]
    pub fn folder(&self, context: &CommandContext) -> PathBuf {
        self.folder.clone().unwrap_or_else(|| context.root.join("campaigns"))
    }

    /// The folder of the campaign `name`: a path, or a name below [`CampaignsOption::folder`].
    ///
    /// # Errors
    /// Returns an error ([`ExitKind::Usage`]) if neither exists.
    pub fn find(&self, context: &CommandContext, name: &Path) -> Result<PathBuf> {
        let below = self.folder(context);
        let places = [name.to_path_buf(), below.join(name)];
        places.into_iter().find(|place| place.join(ABOUT).is_file()).ok_or_else(|| {
            ExitKind::Usage(format!(
                "there is no campaign {}: neither a folder with {ABOUT} nor one of that name below {}",
                name.display(),
                below.display()
            ))
            .into()
        })
    }
}
