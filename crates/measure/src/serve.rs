// SPDX-License-Identifier: GPL-2.0-or-later
//! Runs a guest with a server: boots it, shows its figures when it is ready, and runs it until Ctrl-C.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use guest_run::{CommandContext, Guest, Limits, Machine, Qemu, RunError, Session, output, say};
use serde::Serialize;

use entropy_report::format::count;

/// The prefix of the line with which the guest announces that its server is ready.
const SERVING: &str = "[uchaos] serving ";

/// A server's memory, port and identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Serving {
    /// The guest's port.
    pub port: u16,
    /// Resident memory of the server's process, as the guest's kernel counts it.
    pub rss_kb: u64,
    /// Memory still available to the guest's programs.
    pub available_kb: u64,
    /// SHA-256 of the public key in its certificate.
    pub tls_public_key_sha256: String,
    pub server_uuid: String,
}

impl Serving {
    /// Parses the guest's line, if it is that one.
    pub fn parse(line: &str) -> Option<Result<Self>> {
        let (_, facts) = line.split_once(SERVING)?;
        Some(Self::from_facts(facts).with_context(|| format!("reading the guest's line '{line}'")))
    }

    fn from_facts(facts: &str) -> Result<Self> {
        let fact = |name: &str| {
            facts
                .split_whitespace()
                .find_map(|fact| fact.strip_prefix(name)?.strip_prefix('='))
                .filter(|value| !value.is_empty())
                .with_context(|| format!("it has no {name}"))
        };
        let tls_public_key_sha256 = fact("tls_public_key_sha256")?.to_owned();
        if tls_public_key_sha256.len() != 64 {
            bail!("its tls_public_key_sha256 is not a SHA-256");
        }
        Ok(Self {
            port: fact("port")?.parse()?,
            rss_kb: fact("rss_kb")?.parse()?,
            available_kb: fact("available_kb")?.parse()?,
            tls_public_key_sha256,
            server_uuid: fact("server_uuid")?.to_owned(),
        })
    }
}

/// Waits until the guest's server is ready; also returns the time since QEMU was started.
///
/// # Errors
/// Returns an error if the guest ends first or its deadline passes.
pub fn until_serving(session: &mut Session) -> Result<(Serving, Duration)> {
    while let Some(line) = session.next_line()? {
        if let Some(serving) = Serving::parse(&line.text) {
            return Ok((serving?, line.at));
        }
    }
    bail!("the guest ended before its server was ready; to repeat it: {}", session.command())
}

/// The figures that are shown when a server is ready.
#[derive(Debug, Serialize)]
struct Figures<'a> {
    boot_to_ready_s: f64,
    /// Kernel, initramfs and disk.
    image_bytes: u64,
    memory_mib: u32,
    /// The port of 127.0.0.1, if there is a network.
    host_port: Option<u16>,
    #[serde(flatten)]
    serving: &'a Serving,
}

/// Boots the guest, shows its figures, and runs it until Ctrl-C.
pub(crate) fn serve(
    context: &CommandContext,
    qemu: &Qemu,
    machine: &Machine,
    guest: &Guest,
    limits: &Limits,
    image_bytes: u64,
) -> Result<()> {
    let host_port = machine.network.and(guest.attached.forward).map(|forward| forward.host_port);
    let mut session = Session::start(qemu, machine, guest, limits)?;
    let mut is_serving = false;
    loop {
        let line = match session.next_line() {
            Ok(Some(line)) => line,
            Ok(None) => break,
            // The ordinary way to end it.
            Err(RunError::Interrupted { .. }) if is_serving => {
                eprintln!(
                    "ended; data in memory is gone, and data on a disk is as after a power cut"
                );
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let Some(serving) = Serving::parse(&line.text) else {
            eprintln!("{:>9.3} {}", line.at.as_secs_f64(), line.text);
            continue;
        };
        is_serving = true;
        let figures = Figures {
            boot_to_ready_s: line.at.as_secs_f64(),
            image_bytes,
            memory_mib: machine.memory_mib,
            host_port,
            serving: &serving?,
        };
        if context.json {
            output::json(&figures)?;
        } else {
            figures.say()?;
        }
        eprintln!("{:>9.3} {}", line.at.as_secs_f64(), line.text);
    }
    session.finish()?;
    bail!("the guest's server ended by itself; its log is above")
}

impl Figures<'_> {
    fn say(&self) -> Result<()> {
        let Self { boot_to_ready_s, image_bytes, memory_mib, host_port, serving } = self;
        let (image, rss) = (count(*image_bytes), count(serving.rss_kb));
        let available = count(serving.available_kb);
        say!("boot to ready for connections  {boot_to_ready_s:.2} s by the host's clock")?;
        say!(
            "memory of the server (RSS)     {rss} kB; {available} kB of {memory_mib} MiB are free"
        )?;
        say!("size in all                    {image} bytes: kernel, initramfs and disk")?;
        say!("TLS public key (SHA-256)       {}", serving.tls_public_key_sha256)?;
        say!("server UUID                    {}", serving.server_uuid)?;
        match host_port {
            Some(port) => say!(
                "Ctrl-C ends it. To connect:    mariadb --host 127.0.0.1 --port {port} --user root --ssl"
            ),
            None => say!("Ctrl-C ends it. It has no network."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guests_line_is_read_whole_or_refused_with_what_is_missing() {
        let sum = "a".repeat(64);
        let line = format!(
            "[    6.1] [uchaos] serving port=3306 rss_kb=52264 available_kb=28616 tls_public_key_sha256={sum} server_uuid=x-y"
        );
        let serving = Serving::parse(&line).unwrap().unwrap();
        assert_eq!((serving.port, serving.rss_kb, serving.available_kb), (3306, 52264, 28616));
        assert_eq!(serving.server_uuid, "x-y");
        assert!(Serving::parse("[uchaos] ready").is_none());
        let empty = line.replace("52264", "");
        let error = format!("{:#}", Serving::parse(&empty).unwrap().unwrap_err());
        assert!(error.contains("no rss_kb"), "{error}");
        assert!(Serving::parse(&line.replace(&sum, "abc")).unwrap().is_err());
    }
}
