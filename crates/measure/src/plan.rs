// SPDX-License-Identifier: GPL-2.0-or-later
//! The boots of the main job: each guest several times under each condition.

use anyhow::Result;
use chaos_wire::{Request, Target, Targets};
use guest_run::Images;

use crate::boot::Boot;
use crate::guest::{GuestKind, Host, MachineOptions};
use crate::settings::Settings;

/// A boot: the guest, the condition, the boot's number and the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedBoot {
    pub guest: GuestKind,
    pub isolated: bool,
    pub number: u32,
    pub targets: Targets,
}

/// Isolated boots of each guest: two show whether they repeat; more would add nothing.
const ISOLATED_BOOTS: u32 = 2;

const BARE_METAL: Targets = Targets::EMPTY.with(Target::BareMetal);
const LINUX: Targets =
    Targets::EMPTY.with(Target::LinuxModule).with(Target::LinuxUser).with(Target::LinuxCrng);
/// It has its own kernel, on which no other target is measured.
const HOST_RNG: Targets = Targets::EMPTY.with(Target::LinuxHwrng);

/// The targets that are compared by default.
#[must_use]
pub fn default_targets() -> Targets {
    BARE_METAL.iter().chain(LINUX.iter()).fold(Targets::EMPTY, Targets::with).with(Target::HostUser)
}

/// Every boot of the main job for these targets, `ordinary` of each guest with ordinary time. Guests alternate, so that
/// changes on the host affect all of them.
#[must_use]
pub fn all(ordinary: u32, targets: Targets) -> Vec<PlannedBoot> {
    let guests = [
        (GuestKind::BareMetal, BARE_METAL),
        (GuestKind::Linux, LINUX),
        (GuestKind::Linux, HOST_RNG),
    ]
    .map(|(guest, own)| (guest, own.and(targets)));
    let mut boots = Vec::new();
    for (isolated, count) in [(false, ordinary), (true, ISOLATED_BOOTS)] {
        for number in 1..=count {
            let asked = guests.iter().filter(|(_, targets)| !targets.is_empty());
            boots.extend(asked.map(|(guest, targets)| PlannedBoot {
                targets: *targets,
                ..PlannedBoot::new(*guest, isolated, number)
            }));
        }
    }
    boots
}

impl PlannedBoot {
    /// A boot for all the guest's targets that are compared by default.
    #[must_use]
    pub fn new(guest: GuestKind, isolated: bool, number: u32) -> Self {
        let targets = match guest {
            GuestKind::BareMetal => BARE_METAL,
            GuestKind::Linux => LINUX,
        };
        Self { guest, isolated, number, targets }
    }

    /// Whether it needs a guest with virtio-rng.
    #[must_use]
    pub fn has_host_rng(self) -> bool {
        self.targets == HOST_RNG
    }

    /// `bare metal, isolated, boot 2`.
    #[must_use]
    pub fn name(self) -> String {
        let guest = match self.guest {
            GuestKind::BareMetal => "bare metal",
            GuestKind::Linux if self.has_host_rng() => "linux with virtio-rng",
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

    /// The request to its targets. Isolated boots get the same request, to be comparable; of ordinary ones the first is the
    /// long one. The host's generator gives 64 bytes at a time, so all its boots are short.
    #[must_use]
    pub fn request(self, settings: &Settings) -> Request {
        if (self.isolated || self.number == 1) && !self.has_host_rng() {
            settings.request(self.targets, self.isolated)
        } else {
            settings.short_request(self.targets)
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
        let boots = all(3, default_targets());
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

    #[test]
    fn only_guests_of_the_named_targets_are_booted_and_each_is_asked_for_these() {
        let named = Targets::parse("linux-crng+linux-hwrng").unwrap();
        let boots = all(2, named);
        let names: Vec<String> = boots.iter().map(|boot| boot.name()).collect();
        assert_eq!(
            names[..2],
            ["linux, ordinary, boot 1", "linux with virtio-rng, ordinary, boot 1"]
        );
        assert_eq!(boots.len(), 8);
        for boot in &boots {
            let expected = if boot.has_host_rng() { "linux-hwrng" } else { "linux-crng" };
            assert_eq!(boot.targets.to_string(), expected, "{}", boot.name());
        }
        assert!(all(2, Targets::EMPTY.with(Target::HostUser)).is_empty());
        let default = default_targets();
        assert_eq!(default.to_string(), "baremetal+linux-module+linux-user+linux-crng+host-user");
        assert!(all(2, default).iter().all(|boot| !boot.has_host_rng()));
    }
}
