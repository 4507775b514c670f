// SPDX-License-Identifier: GPL-2.0-or-later
//! The boots of the main job: each guest several times under each condition.

use anyhow::Result;
use chaos_wire::{Request, Target, Targets};
use guest_run::Images;

use crate::boot::Boot;
use crate::guest::{GuestKind, Host, MachineOptions};
use crate::settings::Settings;

/// A boot: the guest, the condition and the boot's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedBoot {
    pub guest: GuestKind,
    pub isolated: bool,
    pub number: u32,
}

/// Isolated boots of each guest: two show whether they repeat; more would add nothing.
const ISOLATED_BOOTS: u32 = 2;

/// Every boot of the main job, `ordinary` of each guest with ordinary time. Guests alternate, so that changes on the
/// host affect both.
#[must_use]
pub fn all(ordinary: u32) -> Vec<PlannedBoot> {
    let mut boots = Vec::new();
    for (isolated, count) in [(false, ordinary), (true, ISOLATED_BOOTS)] {
        for number in 1..=count {
            let guests = [GuestKind::BareMetal, GuestKind::Linux];
            boots.extend(guests.map(|guest| PlannedBoot { guest, isolated, number }));
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

    /// The request to its targets. Isolated boots get the same request, to be comparable; of ordinary ones the
    /// first is the long one.
    #[must_use]
    pub fn request(self, settings: &Settings) -> Request {
        let targets = match self.guest {
            GuestKind::BareMetal => Targets::EMPTY.with(Target::BareMetal),
            GuestKind::Linux => Targets::EMPTY
                .with(Target::LinuxModule)
                .with(Target::LinuxUser)
                .with(Target::LinuxCrng),
        };
        if self.isolated || self.number == 1 {
            settings.request(targets, self.isolated)
        } else {
            settings.short_request(targets)
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine_options::EngineOptions;
    use crate::settings::Restarts;
    use chaos_wire::Job;

    #[test]
    fn guests_alternate_and_only_first_boots_are_long() {
        let settings = Settings {
            quick: false,
            samples: Job::Raw { samples: 1_000_000 },
            stream: Job::Stream { len_bytes: 16 << 20 },
            restarts: Restarts { job: Job::Restart { rows: 1_000, columns: 1_000 }, boots: false },
            jobs: 1,
            engine: EngineOptions::default(),
        };
        let boots = all(3);
        let names: Vec<String> = boots.iter().take(3).map(|boot| boot.name()).collect();
        let first = [
            "bare metal, ordinary, boot 1",
            "linux, ordinary, boot 1",
            "bare metal, ordinary, boot 2",
        ];
        assert_eq!(names, first);
        assert_eq!(boots.iter().filter(|boot| boot.isolated).count(), 4);
        for boot in boots {
            let jobs: Vec<Job> = boot.request(&settings).jobs.iter().collect();
            let long = [settings.samples, settings.stream, settings.restarts.job];
            let short = [settings.samples, Job::Stream { len_bytes: 1 << 20 }];
            let expected = if boot.isolated || boot.number == 1 { &long[..] } else { &short };
            assert_eq!(jobs, expected, "{}", boot.name());
        }
    }
}
