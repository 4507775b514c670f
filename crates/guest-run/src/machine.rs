// SPDX-License-Identifier: GPL-2.0-or-later
//! The machine and its guest, and the QEMU command line for them.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use chaos_wire::DEBUG_EXIT_PORT;

use crate::attached::{Attached, option_with_path};
use crate::qemu::Qemu;

/// Additional Linux command line arguments that make two isolated boots identical.
pub const ISOLATED_KERNEL_ARGUMENTS: &str = "nokaslr";

/// QEMU's machine models that both guests support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
pub enum Model {
    /// PCI Express, as in a current PC.
    Q35,
    /// PCI, as in a PC of 1996.
    Pc,
    /// No PCI and no ACPI: virtio devices on the memory bus.
    Microvm,
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Q35 => "q35",
            Self::Pc => "pc",
            Self::Microvm => "microvm",
        })
    }
}

/// What runs a guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Accelerator {
    Kvm,
    /// QEMU's translator: timing here reflects the emulator.
    Tcg,
}

impl fmt::Display for Accelerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kvm => "kvm",
            Self::Tcg => "tcg",
        })
    }
}

/// The network that a network card is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    /// QEMU's user network, restricted: the guest reaches nothing but QEMU on the host.
    User,
    /// The same, unrestricted: the guest reaches what the host reaches.
    Open,
    Silent,
}

/// The virtual hardware. It has only the devices named here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub model: Model,
    /// The accelerator; an isolated machine always uses TCG, whatever this says.
    pub accelerator: Accelerator,
    /// Guest time is an instruction count, and nothing physical reaches the guest.
    pub isolated: bool,
    /// QEMU's name of the processor model; by default the host's under KVM, and `qemu64` under TCG.
    pub cpu: Option<String>,
    pub memory_mib: u32,
    /// The number of processors. An isolated machine runs them in turn, on one thread.
    pub cpus: u32,
    /// The network of its network card; `None` means no card.
    pub network: Option<Network>,
    /// Whether it has a vmgenid device, which identifies each start and each restored state by a new random
    /// number. It is announced by ACPI, so a microvm cannot have one.
    pub generation_id: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// A description for error messages.
    pub name: String,
    /// A bzImage, or an ELF with a PVH entry.
    pub kernel: PathBuf,
    pub initrd: Option<PathBuf>,
    pub command_line: String,
    /// The least memory with which it is known to start; used in error messages.
    pub least_memory_mib: Option<u32>,
    pub data: Option<DataPort>,
    /// Ports for a guest that takes commands while it runs, instead of `data`.
    pub live: Option<LivePorts>,
    pub attached: Attached,
}

/// The kind of the guest's data port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortKind {
    /// Port 0 of a virtio console, which the bare-metal guest drives.
    VirtConsole,
    /// A virtio-serial port named `uchaos.data`: a clean binary channel in Linux.
    VirtSerialPort,
}

/// The channel for frames, into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataPort {
    pub kind: PortKind,
    /// The file, which is overwritten.
    pub path: PathBuf,
    /// The approximate amount of data; this much must be free on the disk.
    pub expected_bytes: u64,
}

/// A data port and a control port (`uchaos.control`, always the second), each on a socket that QEMU connects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePorts {
    pub kind: PortKind,
    /// The folder of the sockets `data` and `control`, which must be listening before QEMU starts. A path of up
    /// to 90 bytes.
    pub folder: PathBuf,
}

/// Where the guest's console goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ConsoleTo<'a> {
    /// QEMU's standard input and output, byte for byte.
    Stdio,
    /// The same with QEMU's escapes (Ctrl-A) for interactive use, and a log.
    Terminal(Option<&'a Path>),
}

impl Machine {
    /// A machine under TCG, which works on every host: not isolated, one default processor, no network card.
    #[must_use]
    pub fn tcg(model: Model, memory_mib: u32) -> Self {
        Self {
            model,
            accelerator: Accelerator::Tcg,
            isolated: false,
            cpu: None,
            memory_mib,
            cpus: 1,
            network: None,
            generation_id: false,
        }
    }

    /// The accelerator that runs this machine.
    #[must_use]
    pub fn runs_on(&self) -> Accelerator {
        if self.isolated { Accelerator::Tcg } else { self.accelerator }
    }

    /// The command that runs `guest` with its console on standard input and output.
    #[must_use]
    pub fn command(&self, qemu: &Qemu, guest: &Guest) -> Command {
        self.command_with(qemu, guest, ConsoleTo::Stdio)
    }

    pub(crate) fn command_with(
        &self,
        qemu: &Qemu,
        guest: &Guest,
        console: ConsoleTo<'_>,
    ) -> Command {
        let mut command = Command::new(qemu.path());
        command.args(["-no-user-config", "-nodefaults", "-display", "none", "-no-reboot"]);
        // One processor per socket: the firmware's MP table lists only the first of each socket.
        command.args(["-smp", &format!("{0},sockets={0}", self.cpus)]);
        let model = match self.model {
            // With ACPI the virtio devices are announced there, and our kernels have no ACPI.
            Model::Microvm => "microvm,acpi=off",
            Model::Q35 => "q35",
            Model::Pc => "pc",
        };
        command.args(["-machine", model, "-accel", &self.runs_on().to_string()]);
        let cpu = match (&self.cpu, self.runs_on()) {
            (Some(cpu), _) => cpu,
            (None, Accelerator::Kvm) => "host",
            (None, Accelerator::Tcg) => "qemu64",
        };
        command.args(["-cpu", cpu, "-m", &format!("{}M", self.memory_mib)]);
        if self.isolated {
            command.args(["-icount", "shift=0,sleep=off", "-rtc", "base=2026-03-01,clock=vm"]);
            // QEMU passes a Linux guest a random seed at boot, and emulates RDRAND; both derive from this seed.
            command.args(["-seed", "1"]);
        }
        self.add_network(&mut command, &guest.attached);
        if self.generation_id {
            command.args(["-device", "vmgenid,guid=auto"]);
        }
        add_console(&mut command, console);
        command.args(["-device", &format!("isa-debug-exit,iobase={DEBUG_EXIT_PORT:#x},iosize=4")]);
        let (disk, share) = match self.model {
            Model::Microvm => ("virtio-blk-device", "virtio-9p-device"),
            Model::Q35 | Model::Pc => ("virtio-blk-pci", "virtio-9p-pci"),
        };
        guest.attached.add_drives(&mut command, disk);
        guest.attached.add_share(&mut command, share);
        guest.attached.add_command(&mut command);
        if let Some(socket) = &guest.attached.output {
            self.add_output(&mut command, socket);
        }
        let host_rng = match (self.model, self.isolated) {
            (Model::Microvm, _) => "virtio-rng-device",
            (Model::Q35 | Model::Pc, false) => "virtio-rng-pci",
            // As for the data port: no other thread decides when it answers.
            (Model::Q35 | Model::Pc, true) => "virtio-rng-pci,ioeventfd=off",
        };
        guest.attached.add_host_rng(&mut command, host_rng);
        if let Some(data) = &guest.data {
            self.add_data(&mut command, data);
        }
        if let Some(live) = &guest.live {
            self.add_live(&mut command, live);
        }
        command.arg("-kernel").arg(&guest.kernel);
        if let Some(initrd) = &guest.initrd {
            command.arg("-initrd").arg(initrd);
        }
        if !guest.command_line.is_empty() {
            command.args(["-append", &guest.command_line]);
        }
        command
    }

    fn add_network(&self, command: &mut Command, attached: &Attached) {
        let forward = attached.network_option();
        let backend = match self.network {
            None => {
                command.args(["-net", "none"]);
                return;
            }
            Some(Network::User) => format!("user,id=net,restrict=on{forward}"),
            Some(Network::Open) => format!("user,id=net{forward}"),
            Some(Network::Silent) => "hubport,id=net,hubid=0".to_owned(),
        };
        let card = match self.model {
            Model::Microvm => "virtio-net-device,netdev=net",
            // No boot ROM: some distributions package it separately.
            Model::Q35 | Model::Pc => "virtio-net-pci,netdev=net,romfile=",
        };
        command.args(["-netdev", &backend, "-device", card]);
    }

    fn add_data(&self, command: &mut Command, data: &DataPort) {
        let (ports, port) = match data.kind {
            PortKind::VirtConsole => (1, "virtconsole,chardev=data"),
            // Port 0 is always a console, so a serial port has number 1 or higher.
            PortKind::VirtSerialPort => (2, "virtserialport,chardev=data,name=uchaos.data"),
        };
        let bus = self.serial_bus(command);
        command.arg("-chardev").arg(option_with_path("file,id=data,path=", &data.path));
        command.args(["-device", &format!("{bus},max_ports={ports}"), "-device", port]);
    }

    fn add_output(&self, command: &mut Command, socket: &Path) {
        let bus = self.serial_bus(command);
        let option = "socket,id=output,server=off,path=";
        command.arg("-chardev").arg(option_with_path(option, socket));
        let port = "virtserialport,chardev=output,name=uchaos.output";
        command.args(["-device", &format!("{bus},max_ports=2"), "-device", port]);
    }

    fn add_live(&self, command: &mut Command, live: &LivePorts) {
        let bus = self.serial_bus(command);
        for name in ["data", "control"] {
            let option = format!("socket,id={name},server=off,path=");
            command.arg("-chardev").arg(option_with_path(&option, &live.folder.join(name)));
        }
        match live.kind {
            // A driver of port 0 alone needs a device for each port. It takes them in the order of their places,
            // which on the memory bus are assigned from last to first unless specified.
            PortKind::VirtConsole => {
                for (index, name) in ["data", "control"].into_iter().enumerate() {
                    let place = match self.model {
                        Model::Microvm => format!(",bus=virtio-mmio-bus.{index}"),
                        Model::Q35 | Model::Pc => String::new(),
                    };
                    let device = format!("{bus},id={name}-bus,max_ports=1{place}");
                    let port = format!("virtconsole,chardev={name},bus={name}-bus.0");
                    command.args(["-device", &device, "-device", &port]);
                }
            }
            PortKind::VirtSerialPort => {
                command.args(["-device", &format!("{bus},max_ports=3")]);
                for name in ["data", "control"] {
                    let port = format!("virtserialport,chardev={name},name=uchaos.{name}");
                    command.args(["-device", &port]);
                }
            }
        }
    }

    fn serial_bus(&self, command: &mut Command) -> String {
        let bus = match self.model {
            Model::Microvm => "virtio-serial-device",
            Model::Q35 | Model::Pc => "virtio-serial-pci",
        };
        // Without this a separate thread handles notifications, and the host's scheduler decides at which of the
        // guest's instructions that happens: the only difference seen between two isolated Linux boots.
        match (self.isolated, self.model) {
            (false, _) => bus.to_owned(),
            (true, Model::Q35 | Model::Pc) => format!("{bus},ioeventfd=off"),
            (true, Model::Microvm) => {
                command.args(["-global", "virtio-mmio.ioeventfd=off"]);
                bus.to_owned()
            }
        }
    }
}

fn add_console(command: &mut Command, console: ConsoleTo<'_>) {
    match console {
        ConsoleTo::Stdio => {
            command.args(["-chardev", "stdio,id=console,signal=off"]);
        }
        ConsoleTo::Terminal(log) => {
            let options = "stdio,id=console,signal=off,mux=on";
            let options = log.map_or_else(
                || OsString::from(options),
                |log| option_with_path(&format!("{options},logfile="), log),
            );
            command.arg("-chardev").arg(options).args(["-mon", "chardev=console"]);
        }
    }
    command.args(["-serial", "chardev:console"]);
}
