// SPDX-License-Identifier: GPL-2.0-or-later
//! The two guests as machines to run: the options of the machine, and the images booted on it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::counter_rate::counter_khz;
use crate::surroundings;
use anyhow::Result;
use chaos_wire::{Target, Targets};
use clap::{Args, ValueEnum};
use guest_run::{
    Accelerator, Attached, COMMAND_KERNEL_ARGUMENT, DataPort, Drive, ExitKind, Guest,
    ISOLATED_KERNEL_ARGUMENTS, Images, LinuxImage, Machine, Model, PortKind, Probe, Qemu,
};

/// The machine that a guest is booted on, the same for both guests.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The machine")]
pub struct MachineOptions {
    /// QEMU's machine model
    #[arg(long, value_enum, default_value_t = Model::Q35)]
    pub machine: Model,
    /// The accelerator; `auto` probes KVM and uses TCG where KVM does not work
    #[arg(long, value_enum, default_value_t = AcceleratorChoice::Auto)]
    pub accel: AcceleratorChoice,
    /// QEMU's name of the processor (default: the host's under KVM, qemu64 under TCG)
    #[arg(long, value_name = "NAME")]
    pub cpu: Option<String>,
    /// Memory in MiB
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    pub memory: u32,
    /// Processors of a machine that is not isolated: with several, Linux gets a kernel for them, and its module an engine for each
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=16))]
    pub smp: u32,
    /// Seconds after which a guest that has not finished is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pub deadline: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AcceleratorChoice {
    Auto,
    Kvm,
    Tcg,
}

/// Which guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GuestKind {
    /// The engine in the microkernel
    #[value(name = "bare")]
    BareMetal,
    /// The engine in the kernel module of the Linux guest
    Linux,
}

/// QEMU, and the probe's result if it ran.
#[derive(Debug)]
pub struct Host {
    pub qemu: Qemu,
    pub accelerator: Accelerator,
    /// Why this accelerator was chosen, in a sentence.
    pub reason: String,
    /// Other activity of the host from now on.
    pub surroundings: surroundings::Watch,
}

impl MachineOptions {
    /// Finds QEMU and chooses the accelerator; prints a notice on standard error if timing will reflect the emulator.
    pub fn host(&self) -> Result<Host> {
        let qemu = Qemu::find()?;
        let (accelerator, reason) = match self.accel {
            AcceleratorChoice::Kvm => {
                (Accelerator::Kvm, "requested with --accel kvm, unprobed".to_owned())
            }
            AcceleratorChoice::Tcg => (Accelerator::Tcg, "requested with --accel tcg".to_owned()),
            AcceleratorChoice::Auto => {
                let probe: Probe = guest_run::probe(&qemu)?;
                (probe.accelerator(), probe.kvm.to_string())
            }
        };
        let surroundings = surroundings::Watch::start();
        if accelerator == Accelerator::Tcg {
            eprintln!("== TCG: timing here reflects the emulator, not the hardware ({reason}) ==");
        }
        Ok(Host { qemu, accelerator, reason, surroundings })
    }

    /// The machine under one condition.
    pub fn machine(&self, host: &Host, isolated: bool) -> Machine {
        Machine {
            model: self.machine,
            accelerator: host.accelerator,
            isolated,
            cpu: self.cpu.clone(),
            memory_mib: self.memory,
            // Linux does not start a second processor where instructions are counted (docs/guests.md).
            cpus: if isolated { 1 } else { self.smp },
            network: None,
            generation_id: false,
        }
    }

    /// Checks that the guest supports the number of processors.
    ///
    /// # Errors
    /// Returns an error if it is the microkernel and there are several.
    pub fn check_cpus(&self, kind: GuestKind) -> Result<()> {
        if kind == GuestKind::Linux || self.smp == 1 {
            return Ok(());
        }
        let text =
            "--smp: the microkernel runs on one processor; omit --smp, or use the Linux guest";
        Err(ExitKind::Usage(text.to_owned()).into())
    }

    /// The deadline as a duration.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline)
    }
}

impl GuestKind {
    /// The name in step lines and errors.
    pub fn name(self) -> &'static str {
        match self {
            Self::BareMetal => "the bare-metal guest",
            Self::Linux => "the Linux guest",
        }
    }

    /// The targets that it can run.
    pub fn targets(self) -> Targets {
        match self {
            Self::BareMetal => Targets::EMPTY.with(Target::BareMetal),
            Self::Linux => Targets::EMPTY
                .with(Target::LinuxModule)
                .with(Target::LinuxUser)
                .with(Target::LinuxCrng)
                .with(Target::LinuxHwrng),
        }
    }

    /// The kind of its ports.
    pub fn port_kind(self) -> PortKind {
        match self {
            Self::BareMetal => PortKind::VirtConsole,
            Self::Linux => PortKind::VirtSerialPort,
        }
    }

    /// The least memory with which it is known to start under TCG: `size` measures it for the Linux guest, and an
    /// on-target check for the microkernel.
    pub fn least_memory_mib(self) -> u32 {
        match self {
            Self::BareMetal => 2,
            Self::Linux => 11,
        }
    }

    /// For file names.
    pub fn slug(self) -> &'static str {
        match self {
            Self::BareMetal => "bare",
            Self::Linux => "linux",
        }
    }

    pub fn boot_files<'a>(
        self,
        kernel: &'a Path,
        initrd: &'a Path,
        base: &'a str,
    ) -> BootFiles<'a> {
        BootFiles { kind: self, kernel, initrd, base, image: None, attached: None }
    }

    /// The files and arguments for this guest, from the images.
    pub fn in_images(self, images: &Images) -> Result<BootFiles<'_>> {
        Ok(match self {
            Self::BareMetal => self.boot_files(&images.bare.elf, &images.bare.initrd, ""),
            Self::Linux => images.linux()?.into(),
        })
    }
}

/// The arguments that the machine requires on a Linux guest's command line.
fn kernel_arguments(machine: &Machine) -> String {
    if machine.isolated {
        return ISOLATED_KERNEL_ARGUMENTS.to_owned();
    }
    match machine.runs_on() {
        // Under KVM the hypervisor gives the counter's rate.
        Accelerator::Kvm => String::new(),
        // `tsc=reliable` makes the kernel trust the rate without another clock to compare it with.
        Accelerator::Tcg => {
            counter_khz().map(|khz| format!("tsc=reliable tsc_early_khz={khz}")).unwrap_or_default()
        }
    }
}

/// A guest's files and the fixed part of its command line.
#[derive(Debug, Clone, Copy)]
pub struct BootFiles<'a> {
    pub kind: GuestKind,
    kernel: &'a Path,
    initrd: &'a Path,
    base: &'a str,
    /// The build facts of the Linux guest.
    pub(crate) image: Option<&'a LinuxImage>,
    attached: Option<&'a Attached>,
}

impl<'a> From<&'a LinuxImage> for BootFiles<'a> {
    fn from(image: &'a LinuxImage) -> Self {
        let files =
            GuestKind::Linux.boot_files(image.kernel(), &image.initramfs, &image.command_line);
        Self { image: Some(image), ..files }
    }
}

impl<'a> BootFiles<'a> {
    /// The same with more attached.
    #[must_use]
    pub fn with(self, attached: &'a Attached) -> Self {
        Self { attached: Some(attached), ..self }
    }

    /// Whether it runs a command of the host's, and ends with it.
    pub(crate) fn runs_command(&self) -> bool {
        self.attached.is_some_and(|attached| attached.command.is_some())
    }

    /// The initramfs and attached devices. Disk timing depends on the host, so an isolated machine has its read-only
    /// disk in the initramfs.
    fn parts(&self, machine: &Machine) -> (&'a Path, Attached) {
        let mut attached = self.attached.cloned().unwrap_or_default();
        attached.host_rng |= self.image.is_some_and(|image| image.host_rng);
        match self.image.and_then(|image| image.disk.as_ref()) {
            Some(disk) if machine.isolated => (&disk.initramfs, attached),
            Some(disk) => {
                let drive =
                    Drive { name: "uchaos-program", file: disk.image.clone(), writable: false };
                attached.drives.push(drive);
                (self.initrd, attached)
            }
            None => (self.initrd, attached),
        }
    }

    /// The files that the guest is booted from.
    #[must_use]
    pub fn files(&self) -> [&Path; 2] {
        [self.kernel, self.initrd]
    }

    /// The guest for `machine` with `words` on its command line, and a data port into the file and of the length given.
    pub fn guest(self, machine: &Machine, words: &str, data: Option<(PathBuf, u64)>) -> Guest {
        let kind = self.kind.port_kind();
        let by_machine = match self.kind {
            GuestKind::Linux => kernel_arguments(machine),
            GuestKind::BareMetal => String::new(),
        };
        // Without the local APIC timer a microvm has no timer that Linux accepts, and no interrupt reaches the console.
        let left_out = if machine.model == Model::Microvm { "nolapic" } else { "" };
        let base = self.base.split(' ').filter(|word| *word != left_out);
        let by_command = if self.runs_command() { COMMAND_KERNEL_ARGUMENT } else { "" };
        let words: Vec<&str> = base
            .chain([by_machine.as_str(), by_command, words])
            .filter(|part| !part.is_empty())
            .collect();
        let (initrd, attached) = self.parts(machine);
        Guest {
            name: self.kind.name().to_owned(),
            kernel: self.kernel.to_path_buf(),
            initrd: Some(initrd.to_path_buf()),
            command_line: words.join(" "),
            least_memory_mib: Some(self.kind.least_memory_mib()),
            data: data.map(|(path, expected_bytes)| DataPort { kind, path, expected_bytes }),
            live: None,
            attached,
        }
    }
}
