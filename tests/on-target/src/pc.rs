// SPDX-License-Identifier: GPL-2.0-or-later
//! A PC in QEMU that starts from a disk image: firmware of either kind, the stick on a bus of choice, a keyboard, a screen
//! and two serial ports. What it does is awaited by what it writes to the first one.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chaos_wire::Capture;
use chaos_wire::frame::MAGIC;
use guest_run::process::{Event, Process, Wiring};
use guest_run::{Qemu, interrupt};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Value, json};

use super::{Rig, Skip};

/// Firmware, boot loader, kernel and a small job, on a busy machine.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
const CONNECT_PATIENCE_MS: u16 = 20_000;
const UEFI_CODE: &str = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const UEFI_VARIABLES: &str = "/usr/share/OVMF/OVMF_VARS_4M.fd";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Firmware {
    Bios,
    Uefi,
}

/// How the stick is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bus {
    Xhci,
    Ehci,
    Ahci,
    Virtio,
}

/// What a PC is made of.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) firmware: Firmware,
    pub(super) bus: Bus,
    pub(super) stick: &'a Path,
    pub(super) read_only: bool,
    /// Bytes that the stick takes in a second.
    pub(super) write_limit: Option<u32>,
    /// A disk that is not the stick.
    pub(super) internal_disk: Option<&'a Path>,
    /// Where the second serial port is recorded.
    pub(super) second_serial: Option<&'a Path>,
}

impl<'a> Parts<'a> {
    pub(super) fn new(firmware: Firmware, bus: Bus, stick: &'a Path) -> Self {
        Self {
            firmware,
            bus,
            stick,
            read_only: false,
            write_limit: None,
            internal_disk: None,
            second_serial: None,
        }
    }
}

/// A PC that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Pc {
    process: Process,
    replies: BufReader<UnixStream>,
    commands: UnixStream,
    /// All that the first serial port gave.
    said: Vec<u8>,
    /// How far [`Pc::expect`] has read.
    seen: usize,
    ended: bool,
}

impl Pc {
    pub(super) fn start(rig: &Rig, parts: &Parts<'_>) -> Result<Self> {
        let socket = rig.scratch().join("monitor");
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).context("listening for QEMU's monitor")?;
        let process = Process::start(command(rig, parts, &socket)?, Wiring::Pipes)
            .context("starting QEMU")?;
        let mut ready = [PollFd::new(std::os::fd::AsFd::as_fd(&listener), PollFlags::POLLIN)];
        let connected = poll(&mut ready, PollTimeout::from(CONNECT_PATIENCE_MS))?;
        ensure!(connected == 1, "QEMU did not connect to its monitor's socket");
        let (commands, _) = listener.accept().context("accepting QEMU's monitor")?;
        commands.set_read_timeout(Some(DEADLINE)).context("limiting the monitor's answers")?;
        let replies = BufReader::new(commands.try_clone().context("sharing the socket")?);
        let mut pc = Self { process, replies, commands, said: Vec::new(), seen: 0, ended: false };
        let mut greeting = String::new();
        pc.replies.read_line(&mut greeting).context("reading the monitor's greeting")?;
        pc.monitor("qmp_capabilities", &json!({}))?;
        Ok(pc)
    }

    /// Waits until the first serial port has given this text, behind what was awaited before.
    pub(super) fn expect(&mut self, text: &str) -> Result<()> {
        let until = Instant::now() + DEADLINE;
        loop {
            let new = self.said.get(self.seen..).unwrap_or_default();
            let found = new.windows(text.len()).position(|window| window == text.as_bytes());
            if let Some(at) = found {
                self.seen += at + text.len();
                return Ok(());
            }
            if self.ended || !self.take_event(until)? {
                bail!("the PC did not write {text:?}; it wrote:\n{}", self.tail());
            }
        }
    }

    /// Waits until the first serial port has given a whole capture, with nothing behind it.
    pub(super) fn expect_capture(&mut self) -> Result<Capture> {
        let until = Instant::now() + DEADLINE;
        loop {
            let new = self.said.get(self.seen..).unwrap_or_default();
            let begin = new.windows(MAGIC.len()).position(|window| window == MAGIC);
            let frames = begin.and_then(|begin| new.get(begin..)).unwrap_or_default();
            let read = Capture::read_from(frames, Path::new("COM1"));
            match read {
                Ok(capture) => return Ok(capture),
                Err(error) if !error.fault.is_cut() => return Err(error.into()),
                Err(_) if self.take_event(until)? => {}
                Err(error) => return Err(error).context("the capture did not come to its end"),
            }
        }
    }

    /// Waits until the machine has switched itself off.
    pub(super) fn expect_off(&mut self) -> Result<()> {
        let until = Instant::now() + DEADLINE;
        while !self.ended {
            if !self.take_event(until)? {
                bail!("the PC did not switch itself off; it wrote:\n{}", self.tail());
            }
        }
        Ok(())
    }

    /// Presses keys, by QEMU's names for them, one after the other; `shift-r` is two of them at once.
    pub(super) fn press(&mut self, keys: &[&str]) -> Result<()> {
        for key in keys {
            let keys = key.split('-').map(|key| json!({ "type": "qcode", "data": key }));
            let keys: Vec<Value> = keys.collect();
            self.monitor("send-key", &json!({ "keys": keys, "hold-time": 20 }))?;
        }
        Ok(())
    }

    /// Types on the first serial port.
    pub(super) fn type_line(&mut self, line: &str) {
        self.process.input().send(format!("{line}\r").into_bytes()).unwrap_or_default();
    }

    /// What is on the screen, as a PNG file.
    pub(super) fn screenshot(&mut self, path: &Path) -> Result<()> {
        self.monitor("screendump", &json!({ "filename": path, "format": "png" })).map(drop)
    }

    /// Stops the machine between two instructions, or lets it run again. What it wrote is in the stick's file.
    pub(super) fn pause(&mut self, paused: bool) -> Result<()> {
        self.monitor(if paused { "stop" } else { "cont" }, &json!({})).map(drop)
    }

    /// All that the first serial port gave so far.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// Takes what the first serial port gives within a short time; whether it gave something.
    pub(super) fn listen(&mut self, limit: Duration) -> Result<bool> {
        let before = self.said.len();
        self.take_event(Instant::now() + limit)?;
        Ok(self.said.len() > before)
    }

    /// Pulls the stick out.
    pub(super) fn pull_stick_out(&mut self) -> Result<()> {
        self.monitor("device_del", &json!({ "id": "stick" })).map(drop)
    }

    fn monitor(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        let text = json!({ "execute": command, "arguments": arguments });
        writeln!(self.commands, "{text}").with_context(|| format!("giving QEMU {command}"))?;
        loop {
            let mut line = String::new();
            let len = self.replies.read_line(&mut line);
            let len = len.with_context(|| format!("waiting for QEMU's answer to {command}"))?;
            ensure!(len > 0, "QEMU ended before it answered {command}");
            let mut reply: Value = serde_json::from_str(&line).context("QEMU's answer")?;
            if let Some(value) = reply.get_mut("return") {
                return Ok(value.take());
            }
            ensure!(reply.get("error").is_none(), "QEMU refused {command}: {reply}");
        }
    }

    /// Takes one event; false at `until`.
    fn take_event(&mut self, until: Instant) -> Result<bool> {
        match self.process.next_event(Some(until)) {
            Some(Event::Output(_, bytes)) => self.said.extend(bytes),
            Some(Event::Ended) => self.ended = true,
            Some(Event::Interrupted) => interrupt::check()?,
            Some(Event::Complaint(_) | Event::Closed) => {}
            None => return Ok(false),
        }
        Ok(true)
    }

    fn tail(&self) -> String {
        let begin = self.said.len().saturating_sub(3000);
        String::from_utf8_lossy(self.said.get(begin..).unwrap_or_default())
            .escape_debug()
            .to_string()
            .replace("\\n", "\n")
    }
}

fn command(rig: &Rig, parts: &Parts<'_>, monitor: &Path) -> Result<Command> {
    let mut command = Command::new(Qemu::find()?.path());
    command.args(["-no-user-config", "-nodefaults", "-display", "none", "-vga", "std"]);
    command.args(["-machine", "q35", "-accel", "tcg", "-cpu", "qemu64", "-m", "256M"]);
    // As makers leave them: a vendor that is a placeholder, and a board that is only a number.
    command.args(["-smbios", "type=1,manufacturer=To be filled by O.E.M.,product=Laptop 7"]);
    command.args(["-smbios", "type=2,manufacturer=Boards Inc,product=0A1B2C"]);
    if parts.firmware == Firmware::Uefi {
        let variables = uefi_variables(rig)?;
        command
            .args(["-drive", &format!("if=pflash,unit=0,format=raw,readonly=on,file={UEFI_CODE}")]);
        command
            .args(["-drive", &format!("if=pflash,unit=1,format=raw,file={}", variables.display())]);
    }
    let mut drive = format!("if=none,id=stick,format=raw,file={}", parts.stick.display());
    if parts.read_only {
        drive += ",readonly=on";
    }
    if let Some(limit) = parts.write_limit {
        drive += &format!(",throttling.bps-write={limit}");
    }
    command.args(["-drive", &drive]);
    let device = match parts.bus {
        Bus::Xhci => {
            command.args(["-device", "qemu-xhci"]);
            "usb-storage"
        }
        Bus::Ehci => {
            command.args(["-device", "usb-ehci"]);
            "usb-storage"
        }
        Bus::Ahci => "ide-hd",
        Bus::Virtio => "virtio-blk-pci",
    };
    command.args(["-device", &format!("{device},id=stick,drive=stick,bootindex=0")]);
    if let Some(disk) = parts.internal_disk {
        let disk = disk.display();
        command.args(["-drive", &format!("if=none,id=internal,format=raw,file={disk}")]);
        command.args(["-device", "ide-hd,drive=internal,bus=ide.1"]);
    }
    command.args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]);
    if let Some(path) = parts.second_serial {
        command.args(["-serial", &format!("file:{}", path.display())]);
    }
    command.args(["-chardev", &format!("socket,id=monitor,server=off,path={}", monitor.display())]);
    command.args(["-mon", "chardev=monitor,mode=control"]);
    Ok(command)
}

/// The firmware's memory, which it writes to: a fresh one for each check, kept over the check's restarts.
fn uefi_variables(rig: &Rig) -> Result<PathBuf> {
    if !Path::new(UEFI_CODE).exists() {
        return Err(Skip(format!("{UEFI_CODE} is missing: install ovmf")).into());
    }
    let variables = rig.scratch().join("variables.fd");
    if !variables.exists() {
        fs::copy(UEFI_VARIABLES, &variables).context("copying the firmware's variables")?;
    }
    Ok(variables)
}
