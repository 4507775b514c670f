// SPDX-License-Identifier: GPL-2.0-or-later
//! The profile `mariadb` as its users have it: `run-linux` serves, and Debian's client connects by TLS.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use super::Rig;
use super::command::{Running, ended, is_gone, xtask};
use guest_build::preflight;
use guest_build::tools::{TO_MAKE_DISK, TO_TEST_SERVER};
use guest_run::process::{self, OnInterrupt, Wiring};

checks! {
    a_disk_for_data_is_refused_where_nothing_is_served,
    an_isolated_dry_run_names_the_disk_to_build;
    long:
    a_tls_client_creates_inserts_and_selects,
    data_on_a_disk_survives_a_killed_machine,
    compare_reports_what_servers_made_at_their_first_starts
}

/// All that is loaded: kernel, initramfs and disk.
const IMAGE_BYTES_AT_MOST: u64 = 16_000_000;
const MEMORY_MIB: u64 = 96;
/// A quiet machine needs less than 8 s; one that runs checks is not quiet.
const READY_S_AT_MOST: f64 = 60.0;

fn a_disk_for_data_is_refused_where_nothing_is_served(rig: &Rig) -> Result<()> {
    let file = rig.scratch().join("data.img");
    let file_text = file.to_str().context("the scratch folder's name")?;
    let arguments = ["run-linux", "--accel", "tcg", "--data", file_text];
    ended(&mut xtask(rig, &arguments)?)?
        .expect(2, &["--data: the profile uchaos has no server"])?;
    ensure!(!file.exists(), "the disk was made all the same");
    Ok(())
}

/// The machine's memory follows from the size of a disk that is not there.
fn an_isolated_dry_run_names_the_disk_to_build(rig: &Rig) -> Result<()> {
    let run = |profile: &str| {
        let arguments = ["run-linux", "--accel", "tcg", "--isolated", "--dry-run", "--profile"];
        let mut command = xtask(rig, &[&arguments[..], &[profile]].concat())?;
        ended(command.env("CARGO_TARGET_DIR", rig.scratch()))
    };
    run("mariadb")?.expect(5, &["disk.squashfs", "cargo xtask image --profile mariadb"])?;
    let printed = run("uchaos")?;
    printed.expect(0, &[])?;
    ensure!(printed.stdout.contains("-icount"), "{}", printed.stdout);
    Ok(())
}

fn a_tls_client_creates_inserts_and_selects(rig: &Rig) -> Result<()> {
    let server = Server::start(rig, &[])?;
    let figures = server.figures()?;
    let (bytes, memory) = (&figures["image_bytes"], &figures["memory_mib"]);
    ensure!(bytes.as_u64().is_some_and(|bytes| bytes <= IMAGE_BYTES_AT_MOST), "{figures}");
    ensure!(*memory == MEMORY_MIB, "{figures}");
    let ready_s = figures["boot_to_ready_s"].as_f64().context("no time to ready")?;
    ensure!(ready_s > 0.0 && ready_s <= READY_S_AT_MOST, "{figures}");
    ensure!(figures["rss_kb"].as_u64().is_some_and(|kb| kb < MEMORY_MIB * 1024), "{figures}");

    let made = "CREATE DATABASE shop; CREATE TABLE shop.fruit (name VARCHAR(20) PRIMARY KEY, pieces INT); \
                INSERT INTO shop.fruit VALUES ('pear', 3), ('plum', 39);";
    server.query(made)?;
    ensure!(server.query("SELECT SUM(pieces) FROM shop.fruit")? == "42");
    let cipher = "SHOW STATUS LIKE 'Ssl_cipher'";
    ensure!(server.query(cipher)?.contains("AES"), "the connection is not encrypted");
    let plain = server.client(&["--skip-ssl", "--batch", "--execute", cipher])?;
    ensure!(plain.as_ref().is_ok_and(|text| !text.contains("AES")), "without TLS: {plain:?}");
    ensure!(server.query("SELECT uuid FROM uchaos.server")? == figures["server_uuid"]);
    server.end_by_ctrl_c()
}

fn data_on_a_disk_survives_a_killed_machine(rig: &Rig) -> Result<()> {
    let disk = rig.scratch().join("data.img");
    let data = ["--data", disk.to_str().context("the scratch folder's name")?];
    let first = Server::start(rig, &data)?;
    let known_by = first.figures()?;
    first.query("CREATE DATABASE ledger; CREATE TABLE ledger.entry (number INT PRIMARY KEY);")?;
    for number in 1..=20 {
        first.query(&format!("INSERT INTO ledger.entry VALUES ({number})"))?;
    }
    let qemu = first.running.qemu()?;
    kill(qemu, Signal::SIGKILL).context("killing QEMU")?;
    first.running.finish()?.expect(3, &[])?;
    ensure!(is_gone(qemu), "QEMU ({qemu}) is still there");

    let second = Server::start(rig, &data)?;
    ensure!(second.query("SELECT COUNT(*), SUM(number) FROM ledger.entry")? == "20\t210");
    let figures = second.figures()?;
    for what in ["tls_public_key_sha256", "server_uuid"] {
        ensure!(figures[what] == known_by[what], "{what}: {figures}, and was {known_by}");
    }
    second.end_by_ctrl_c()
}

fn compare_reports_what_servers_made_at_their_first_starts(rig: &Rig) -> Result<()> {
    preflight::ensure(&rig.context()?, TO_MAKE_DISK)?;
    let arguments = ["compare", "--keys", "--json", "--accel", "tcg", "--boots", "2"];
    let small = ["--samples", "2000", "--stream", "64K", "--restarts", "20x20"];
    let compared = ended(&mut xtask(rig, &[&arguments[..], &small].concat())?)?;
    compared.expect(0, &["server keys"])?;
    let result: Value = serde_json::from_str(&compared.stdout).context("the result's JSON")?;
    let keys = &result["server_keys"];
    for (pair, same) in [(0, true), (1, false)] {
        let pair = &keys["pairs"][pair];
        ensure!(pair["isolated"] == same, "{keys}");
        ensure!(pair["same_tls_key"] == same && pair["same_uuid"] == same, "{keys}");
        for start in 0..2 {
            let hash = pair["starts"][start]["tls_public_key_sha256"].as_str();
            ensure!(hash.is_some_and(|hash| hash.len() == 64), "{keys}");
        }
    }
    for claim in 0..2 {
        ensure!(keys["claims"][claim]["status"] == "passed", "{keys}");
    }
    // The guest that is compared has no disk; the one that serves has.
    let disks = |artifacts: &Value| artifacts.to_string().matches("linux disk").count();
    ensure!(disks(&keys["artifacts"]) == 1 && disks(&result["provenance"]["artifacts"]) == 0);
    let page = fs::read_to_string(rig.runs().join("latest/report.html"))?;
    ensure!(page.contains("id=\"server-keys\""), "the report has no section about it");
    Ok(())
}

/// `run-linux --profile mariadb`, ready for connections.
struct Server {
    running: Running,
    port: String,
    figures: PathBuf,
}

impl Server {
    fn start(rig: &Rig, more: &[&str]) -> Result<Self> {
        let context = rig.context()?;
        preflight::ensure(&context, TO_MAKE_DISK)?;
        preflight::ensure(&context, TO_TEST_SERVER)?;
        // It is free now, and few programs ask for one.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
        let figures = rig.scratch().join(format!("figures-{port}.json"));
        let arguments =
            ["run-linux", "--profile", "mariadb", "--accel", "tcg", "--json", "--port", &port];
        let mut command = xtask(rig, &[&arguments, more].concat())?;
        let mut running = Running::start_into(&mut command, fs::File::create(&figures)?)?;
        running.wait_for("[uchaos] serving")?;
        Ok(Self { running, port, figures })
    }

    fn figures(&self) -> Result<Value> {
        let text = fs::read_to_string(&self.figures)?;
        serde_json::from_str(&text).with_context(|| format!("the figures are {text:?}"))
    }

    /// What a statement gives, by TLS.
    fn query(&self, statement: &str) -> Result<String> {
        match self.client(&["--ssl", "--batch", "--skip-column-names", "--execute", statement])? {
            Ok(text) => Ok(text.trim().to_owned()),
            Err(text) => bail!("{statement}: {text}"),
        }
    }

    /// What the client says with these arguments, where it succeeds and where it fails.
    fn client(&self, arguments: &[&str]) -> Result<Result<String, String>> {
        let mut command = Command::new("mariadb");
        command
            .args(["--no-defaults", "--host", "127.0.0.1", "--user", "root", "--port", &self.port])
            .args(arguments)
            .stdin(std::process::Stdio::null());
        let finished = process::run(command, Wiring::Pipes, None, OnInterrupt::Kill)?;
        let (text, complaints) = (finished.text(), finished.complaints());
        Ok(if finished.status.success() { Ok(text) } else { Err(complaints) })
    }

    fn end_by_ctrl_c(self) -> Result<()> {
        let qemu = self.running.qemu()?;
        self.running.signal(Signal::SIGINT)?;
        self.running.finish()?.expect(0, &["ended"])?;
        ensure!(is_gone(qemu), "QEMU ({qemu}) outlived the command");
        Ok(())
    }
}
