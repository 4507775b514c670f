// SPDX-License-Identifier: GPL-2.0-or-later
//! The boots of the main job: each guest several times under each condition.

use anyhow::Result;
use chaos_wire::{Request, Target, Targets};
use guest_run::Images;

use crate::boot::Boot;
use crate::guest::{GuestKind, Host, MachineOptions};
use crate::settings::Settings;

/// Which guest, under which condition, for which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedBoot {
    pub guest: GuestKind,
    pub isolated: bool,
    pub number: u32,
}

/// Every boot of the main job.
#[must_use]
pub fn all(per_condition: u32) -> Vec<PlannedBoot> {
    let mut boots = Vec::new();
    for isolated in [false, true] {
        for guest in [GuestKind::BareMetal, GuestKind::Linux] {
            boots.extend((1..=per_condition).map(|number| PlannedBoot { guest, isolated, number }));
        }
    }
    boots
}

impl PlannedBoot {
    /// `bare metal, isolated, boot 2`.
    #[must_use]
    pub fn name(self) -> String {
        let guest = match self.guest {
            GuestKind::BareMetal => "bare metal",
            GuestKind::Linux => "linux",
        };
        let condition = if self.isolated { "isolated" } else { "ordinary" };
        format!("{guest}, {condition}, boot {}", self.number)
    }

    /// For file names: `bare-metal-isolated-boot-2`.
    #[must_use]
    pub fn slug(self) -> String {
        self.name().replace(", ", "-").replace(' ', "-")
    }

    /// What its targets are asked for.
    #[must_use]
    pub fn request(self, settings: &Settings) -> Request {
        let targets = match self.guest {
            GuestKind::BareMetal => Targets::EMPTY.with(Target::BareMetal),
            GuestKind::Linux => Targets::EMPTY
                .with(Target::LinuxModule)
                .with(Target::LinuxUser)
                .with(Target::LinuxCrng),
        };
        settings.request(targets, self.isolated)
    }

    /// The boot itself.
    pub fn boot<'a>(
        self,
        images: &'a Images,
        host: &Host,
        options: &MachineOptions,
        request: &'a Request,
    ) -> Result<Boot<'a>> {
        Ok(Boot {
            guest: self.guest.in_images(images)?,
            machine: options.machine(host, self.isolated),
            arguments: request.to_string(),
            request,
            deadline: options.deadline(),
            number: self.number,
        })
    }
}
